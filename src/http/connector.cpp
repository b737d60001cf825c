#include "http/connector.hpp"

#include <string>
#include <utility>
#include <weft/http/client_connection.hpp>
#include <weft/http/error.hpp>
#include <weft/http/writer.hpp>
#include <weft/net/open_connection.hpp>
#include <weft/net/resolve.hpp>
#include <weft/net/tls_stream.hpp>

#include "http/time_limit.hpp"

namespace weft::http::detail {

namespace {

bool is_secure(const http::url& of) noexcept { return of.scheme() == "https" || of.scheme() == "wss"; }

}  // namespace

task<byte_stream> connector::open() {
  const std::chrono::nanoseconds limit = client_->options.connect_timeout;
  byte_stream stream;
  const bool connected = co_await in_time(open_next_hop(stream), limit);
  if (!connected) {
    throw timeout_error{"no connection to " + std::string{next_hop().host_header()} + " in " + seconds_text(limit)};
  }
  tell_(request_stage::connected);
  if (is_secure(next_hop())) stream = co_await begin_tls(std::move(stream), next_hop());
  if (tunnels()) {
    const bool through = co_await in_time(open_tunnel(stream), limit);
    if (!through) {
      throw timeout_error{"no tunnel through the proxy " + std::string{next_hop().host_header()} + " in " +
                          seconds_text(limit)};
    }
    if (is_secure(*server_)) stream = co_await begin_tls(std::move(stream), *server_);
  }
  co_return stream;
}

task<> connector::open_next_hop(byte_stream& opened) {
  const http::url& to = next_hop();
  if (client_->connect) {
    opened = co_await client_->connect(to);
    co_return;
  }
  std::string host{to.host_without_brackets()};
  if (client_->hook) {  // what is found here is known to open_connection
    co_await resolve(host, to.port());
    tell_(request_stage::resolved);
  }
  opened = co_await open_connection(std::move(host), to.port());
}

task<byte_stream> connector::begin_tls(byte_stream plain, const http::url& to) {
  const tls_options how{.verify = client_->options.verify,
                        .alpn = "http/1.1",
                        .context = client_->tls ? &*client_->tls : nullptr,
                        .handshake_timeout = client_->options.tls_timeout};
  tls_stream stream = co_await start_tls(std::move(plain), std::string{to.host_without_brackets()}, how);
  tell_(request_stage::encrypted);
  co_return stream;
}

task<> connector::open_tunnel(byte_stream& through) {
  const std::string target = std::string{server_->host()} + ":" + std::to_string(server_->port());
  request_head head{.method = "CONNECT", .target = target};
  head.headers.add("host", target);
  if (!proxy_->authorization.empty()) head.headers.add("proxy-authorization", proxy_->authorization);
  std::string wire;
  write_request_head(wire, head);
  client_connection asking{std::move(through)};
  co_await asking.send("CONNECT", wire);
  const response_head& answer = asking.head();
  if (answer.status / 100 != 2) {
    throw protocol_error{"the proxy " + std::string{next_hop().host_header()} + " refuses a tunnel to " + target +
                         ": " + std::to_string(answer.status) + " " + answer.reason};
  }
  through = asking.take_stream();
}

}  // namespace weft::http::detail
