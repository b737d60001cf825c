#include <stdexcept>
#include <utility>
#include <weft/net/tcp_server.hpp>

#include "net/connection_server.hpp"
#include "net/listen_at_host.hpp"

namespace weft {

namespace detail {

class tcp_server_state {
 public:
  tcp_server_state(std::string at, std::uint16_t first_port, std::unique_ptr<connection_handler<tcp_stream>> handler,
                   listen_options how)
      : host{std::move(at)}, port{first_port}, options{how}, server{std::move(handler)} {}

  std::string host;
  std::uint16_t port;
  listen_options options;
  connection_server<tcp_listener> server;
};

}  // namespace detail

tcp_server::tcp_server(std::string host, std::uint16_t port,
                       std::unique_ptr<detail::connection_handler<tcp_stream>> handler, listen_options options)
    : state_{std::make_unique<detail::tcp_server_state>(std::move(host), port, std::move(handler), options)} {}
tcp_server::tcp_server(tcp_server&& other) noexcept = default;
tcp_server::~tcp_server() = default;

std::uint16_t tcp_server::port() const {
  if (state_->server.listeners().empty()) throw std::logic_error{"the server does not listen"};
  return state_->server.listeners().front().local_address().port();
}

std::vector<endpoint> tcp_server::local_addresses() const {
  std::vector<endpoint> addresses;
  for (const tcp_listener& listener : state_->server.listeners()) addresses.push_back(listener.local_address());
  return addresses;
}

std::size_t tcp_server::connections() const noexcept { return state_->server.connections(); }
void tcp_server::stop_accepting() noexcept { state_->server.stop_accepting(); }

task<tcp_server&> tcp_server::enter() { return listen(*this); }

task<tcp_server&> tcp_server::listen(tcp_server& self) {
  detail::tcp_server_state& state = *self.state_;
  std::vector<tcp_listener> listeners = co_await detail::listen_at_host(state.host, state.port, state.options);
  state.server.start(std::move(listeners), "tcp_server");
  co_return self;
}

task<> tcp_server::exit() { return state_->server.end(); }

}  // namespace weft
