#include <sys/socket.h>

#include <stdexcept>
#include <utility>
#include <vector>
#include <weft/core/timeout.hpp>
#include <weft/http/server.hpp>

#include "http/server_connection.hpp"
#include "http/server_state.hpp"
#include "net/listen_at_host.hpp"
#include "net/stream_core.hpp"

namespace weft::http {

namespace detail {

namespace {

task<> close(byte_stream) { co_return; }

task<> serve(server_state& server, byte_stream stream, const endpoint& peer) {
  if (server.overrun()) return close(std::move(stream));
  return server_connection::serve(connection_reference{*new server_connection{server, std::move(stream), peer}});
}

class tcp_connections final : public weft::detail::connection_handler<tcp_stream> {
 public:
  explicit tcp_connections(server_state& server) noexcept : server_{server} {}
  task<> serve(tcp_stream connection) override {
    const endpoint peer = connection.remote_address();
    return detail::serve(server_, std::move(connection), peer);
  }

 private:
  server_state& server_;
};

class unix_connections final : public weft::detail::connection_handler<unix_stream> {
 public:
  explicit unix_connections(server_state& server) noexcept : server_{server} {}
  task<> serve(unix_stream connection) override { return detail::serve(server_, std::move(connection), {}); }

 private:
  server_state& server_;
};

}  // namespace
}  // namespace detail

server::server(std::unique_ptr<detail::request_handler> handler, const server_options& options)
    : state_{std::make_unique<detail::server_state>(std::move(handler), options)} {}
server::server(server&& other) noexcept = default;
server::~server() = default;

std::uint16_t server::port() const {
  if (!state_->tcp || state_->tcp->listeners().empty()) throw std::logic_error{"the server does not listen on a port"};
  return state_->tcp->listeners().front().local_address().port();
}

std::string server::url() const {
  std::string host =
      state_->host.empty() || state_->host == "0.0.0.0" || state_->host == "::" ? "127.0.0.1" : state_->host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return (state_->tls ? "https://" : "http://") + host + ":" + std::to_string(port());
}

std::size_t server::connections() const noexcept { return state_->connections; }
void server::stop_accepting() { state_->stop_accepting(); }
bool server::draining() const noexcept { return state_->draining.is_set(); }

namespace {

task<> wait_for_connections(detail::server_state& state) {
  while (state.connections != 0) {
    state.ended.clear();
    co_await state.ended.wait();
  }
}

task<bool> drain_state(detail::server_state& state, std::chrono::nanoseconds limit) {
  state.begin_to_drain();
  const bool ended = co_await move_on_after(limit, wait_for_connections(state));
  co_return ended;
}

}  // namespace

task<bool> server::drain(std::chrono::nanoseconds limit) { return drain_state(*state_, limit); }

task<server&> server::enter() { return listen(*this); }

namespace {

bool is_unix(const owned_descriptor& socket) noexcept {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

}  // namespace

server& server::listen_on(owned_descriptor listening) & {
  state_->given.push_back(std::move(listening));
  return *this;
}

void server::serve(byte_stream connection, const endpoint& peer) {
  if (draining()) throw std::logic_error{"a server that drains takes no further connections"};
  state_->given_connections.create_task(detail::serve(*state_, std::move(connection), peer), {.name = "http::server"});
}

std::vector<int> server::listening() const {
  std::vector<int> all;
  if (state_->tcp)
    for (const tcp_listener& each : state_->tcp->listeners()) all.push_back(each.native_handle());
  if (state_->at_path)
    for (const unix_listener& each : state_->at_path->listeners()) all.push_back(each.native_handle());
  return all;
}

task<server&> server::listen(server& self) {
  detail::server_state& state = *self.state_;
  if (state.tls) state.tls->load();
  std::vector<unix_listener> at_path;
  std::vector<tcp_listener> tcp;
  if (!state.given.empty()) {
    for (owned_descriptor& each : state.given) {
      if (is_unix(each)) {
        at_path.emplace_back(std::move(each));
      } else {
        tcp.emplace_back(std::move(each));
      }
    }
    state.given.clear();
  } else if (!state.unix_path.empty()) {
    at_path.emplace_back(state.unix_path, unix_listen_options{.backlog = state.options.backlog});
  } else if (state.options.listen) {
    tcp = co_await weft::detail::listen_at_host(
        state.host, state.options.port,
        listen_options{.backlog = state.options.backlog, .reuse_port = state.options.reuse_port});
  }
  if (!at_path.empty()) {
    state.at_path.emplace(std::make_unique<detail::unix_connections>(state));
    state.at_path->start(std::move(at_path), "http::server");
  }
  if (!tcp.empty()) {
    state.tcp.emplace(std::make_unique<detail::tcp_connections>(state));
    state.tcp->start(std::move(tcp), "http::server");
  }
  co_return self;
}

task<> server::leave(detail::server_state& state) {
  state.begin_to_drain();  // which takes the connections that have come already
  if (state.options.drain_timeout.count() > 0 && state.connections != 0) {
    const bool ended = co_await drain_state(state, state.options.drain_timeout);
    static_cast<void>(ended);
  }
  if (state.tcp) co_await state.tcp->end();
  if (state.at_path) co_await state.at_path->end();
  co_await state.given_connections.shutdown();
  co_await state.helpers.shutdown();
}

task<> server::exit() { return leave(*state_); }

}  // namespace weft::http
