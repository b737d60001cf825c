#include "net/tls_handshake.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>
#include <weft/core/timeout.hpp>

#include "net/tls_context_cache.hpp"
#include "net/tls_context_state.hpp"
#include "net/tls_core.hpp"

namespace weft {

namespace detail {

namespace {

/// Shakes hands until that is done, or until there is something to send for which the kernel has no room.
class handshake_leaf final : public socket_leaf {
 public:
  explicit handshake_leaf(tls_core& core) noexcept : socket_leaf{core, direction::read}, core_{&core} {}
  /// True if it is done.
  bool await_resume() const {
    check("TLS handshake with");
    return done_;
  }
  const char* describe() const noexcept override { return "tls_stream.handshake"; }

 private:
  bool attempt() noexcept override {
    error_ = core_->is_open() ? 0 : EBADF;
    if (error_ != 0) return true;
    done_ = core_->handshake() == 0;
    if (done_) return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      error_ = errno;
      return true;
    }
    return !core_->engine().output().empty();
  }

  tls_core* core_;
  bool done_ = false;
};

/// Waits until the kernel has taken what the handshake has to say.
class flush_leaf final : public socket_leaf {
 public:
  explicit flush_leaf(tls_core& core) noexcept : socket_leaf{core, direction::write}, core_{&core} {}
  void await_resume() const { check("TLS handshake with"); }
  const char* describe() const noexcept override { return "tls_stream.handshake"; }

 private:
  bool attempt() noexcept override {
    error_ = core_->is_open() ? 0 : EBADF;
    if (error_ != 0 || core_->flush() == 0) return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    error_ = errno;
    return true;
  }

  tls_core* core_;
};

task<> shake_hands(tls_core& core) {
  for (;;) {
    const bool done = co_await handshake_leaf{core};
    if (done) co_return;
    co_await flush_leaf{core};
  }
}

task<tls_stream> begin(std::unique_ptr<tls_core> core, std::chrono::nanoseconds limit) {
  if (limit > std::chrono::nanoseconds{0}) {
    const bool in_time = co_await move_on_after(limit, shake_hands(*core));
    if (!in_time) throw timeout_error{"TLS handshake with " + core->describe() + ": timed out"};
  } else {
    co_await shake_hands(*core);
  }
  co_return stream_access::make<tls_stream>(std::move(core));
}

/// What a client wants, in its own words: options without views.
struct client_request {
  client_request(const tls_options& options, const std::string& host)
      : context{context_for(options)}, handshake_timeout{options.handshake_timeout}, connect{options.connect} {
    peer.host = options.server_name.empty() ? host : std::string{options.server_name};
    if (peer.host.starts_with('[') && peer.host.ends_with(']')) peer.host = peer.host.substr(1, peer.host.size() - 2);
    if (peer.host.ends_with('.')) peer.host.pop_back();
    peer.verify = options.verify;
    peer.alpn = alpn_wire_format(options.alpn);
    if (options.resume) peer.session_key = peer.host + (options.verify ? " " : " unverified ");
  }

  std::shared_ptr<tls_context_state> context;
  tls_peer peer;
  std::chrono::nanoseconds handshake_timeout;
  connect_options connect;
};

task<tls_stream> start_client(std::unique_ptr<stream_core> below, client_request request, std::string name) {
  if (!below) throw std::logic_error{"start_tls needs an open connection"};
  if (!request.peer.session_key.empty()) request.peer.session_key += name;
  std::shared_ptr<const tls_setup> setup = request.context->setup();
  auto core = std::make_unique<tls_core>(std::move(below), std::move(name), std::move(request.context),
                                         std::move(setup), std::move(request.peer));
  return begin(std::move(core), request.handshake_timeout);
}

task<tls_stream> connect_client(std::string host, std::uint16_t port, client_request request) {
  connect_options connect = request.connect;
  connect.timeout = std::chrono::nanoseconds{0};
  std::string name = host_and_port(host, port);
  tcp_stream connection = co_await open_connection(std::move(host), port, connect);
  const std::string address = connection.peer_name();
  if (!request.peer.session_key.empty()) request.peer.session_key += name;
  if (address != name) name += " (" + address + ")";
  co_return co_await start_client(stream_access::take(std::move(connection)), std::move(request), std::move(name));
}

task<tls_stream> connect_in_time(std::string host, std::uint16_t port, client_request request) {
  const std::string name = host_and_port(host, port);
  const std::chrono::nanoseconds limit = request.connect.timeout;
  std::optional<tls_stream> stream =
      co_await move_on_after(limit, connect_client(std::move(host), port, std::move(request)));
  if (!stream) throw timeout_error{"connect to " + name + " with TLS: timed out"};
  co_return std::move(*stream);
}

task<tls_stream> start_over(byte_stream connection, std::string host, client_request request) {
  std::string name = host + " (" + connection.peer_name() + ")";
  co_return co_await start_client(stream_access::take(std::move(connection)), std::move(request), std::move(name));
}

}  // namespace

std::string host_and_port(const std::string& host, std::uint16_t port) {
  const bool bare_v6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return (bare_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

task<tls_stream> accept_tls(std::unique_ptr<stream_core> below, tls_context context, std::chrono::nanoseconds limit) {
  if (!below) throw std::logic_error{"start_tls needs an open connection"};
  std::shared_ptr<tls_context_state> state = tls_context_access::state(context);
  if (!state->is_server()) throw std::invalid_argument{"a TLS server needs a server's context: tls_context::server()"};
  std::shared_ptr<const tls_setup> setup = state->setup();
  std::string name = below->describe();
  auto core =
      std::make_unique<tls_core>(std::move(below), std::move(name), std::move(state), std::move(setup), tls_peer{});
  return begin(std::move(core), limit);
}

}  // namespace detail

task<tls_stream> open_connection(std::string host, std::uint16_t port, tls_options options) {
  detail::client_request request{options, host};
  if (options.connect.timeout > std::chrono::nanoseconds{0}) {
    return detail::connect_in_time(std::move(host), port, std::move(request));
  }
  return detail::connect_client(std::move(host), port, std::move(request));
}

task<tls_stream> start_tls(byte_stream connection, std::string host, tls_options options) {
  detail::client_request request{options, host};
  return detail::start_over(std::move(connection), std::move(host), std::move(request));
}

task<tls_stream> start_tls(byte_stream connection, tls_context context, std::chrono::nanoseconds handshake_timeout) {
  return detail::accept_tls(stream_access::take(std::move(connection)), std::move(context), handshake_timeout);
}

}  // namespace weft
