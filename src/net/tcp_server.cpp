#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/net/resolve.hpp>
#include <weft/net/tcp_server.hpp>

#include "net/connection_server.hpp"

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
  std::vector<endpoint> addresses;
  if (state.host.empty()) {
    addresses = {*endpoint::parse("0.0.0.0", state.port), *endpoint::parse("::", state.port)};
  } else {
    addresses = co_await resolve(state.host, state.port);
  }
  std::vector<tcp_listener> listeners;
  std::exception_ptr missing;
  for (const endpoint& address : addresses) {
    const std::uint16_t port = listeners.empty() ? state.port : listeners.front().local_address().port();
    try {
      listeners.emplace_back(*endpoint::parse(address.address(), port), state.options);
    } catch (const std::system_error& e) {
      // A machine without IPv6 serves what it has.
      if (e.code() != std::errc::address_family_not_supported && e.code() != std::errc::address_not_available) throw;
      missing = std::current_exception();
    }
  }
  if (listeners.empty()) std::rethrow_exception(missing);
  state.server.start(std::move(listeners), "tcp_server");
  co_return self;
}

task<> tcp_server::exit() { return state_->server.end(); }

}  // namespace weft
