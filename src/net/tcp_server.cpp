#include <chrono>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <weft/core/background_group.hpp>
#include <weft/core/sleep.hpp>
#include <weft/net/resolve.hpp>
#include <weft/net/tcp_server.hpp>

namespace weft {

namespace detail {

namespace {

/// How long a server waits for descriptors to become free.
constexpr std::chrono::milliseconds pause_without_descriptors{100};

bool passes_by_itself(const std::error_code& code) noexcept {
  return code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system ||
         code == std::errc::no_buffer_space || code == std::errc::not_enough_memory;
}

}  // namespace

class server_state {
 public:
  server_state(std::string at, std::uint16_t first_port, std::unique_ptr<connection_handler> serves, listen_options how)
      : host{std::move(at)}, port{first_port}, handler{std::move(serves)}, options{how} {}

  std::string host;
  std::uint16_t port;
  std::unique_ptr<connection_handler> handler;
  listen_options options;
  std::vector<tcp_listener> listeners;
  background_group connections;
  background_group acceptors;
};

namespace {

task<> accept_connections(server_state& server, tcp_listener& listener) {
  for (;;) {
    bool pause = false;
    try {
      tcp_stream connection = co_await listener.accept();
      server.connections.create_task(server.handler->serve(std::move(connection)));
    } catch (const std::system_error& e) {
      pause = passes_by_itself(e.code());
      if (!pause) {
        if (e.code() == std::errc::bad_file_descriptor) co_return;  // stop_accepting()
        throw;
      }
    } catch (...) {  // the handler threw before it was a coroutine
      require_loop("tcp_server").report("A connection's handler failed", std::current_exception());
    }
    if (pause) co_await sleep(pause_without_descriptors);
  }
}

}  // namespace
}  // namespace detail

tcp_server::tcp_server(std::string host, std::uint16_t port, std::unique_ptr<detail::connection_handler> handler,
                       listen_options options)
    : state_{std::make_unique<detail::server_state>(std::move(host), port, std::move(handler), options)} {}
tcp_server::tcp_server(tcp_server&& other) noexcept = default;
tcp_server::~tcp_server() = default;

std::uint16_t tcp_server::port() const {
  if (state_->listeners.empty()) throw std::logic_error{"the server does not listen"};
  return state_->listeners.front().local_address().port();
}

std::vector<endpoint> tcp_server::local_addresses() const {
  std::vector<endpoint> addresses;
  for (const tcp_listener& listener : state_->listeners) addresses.push_back(listener.local_address());
  return addresses;
}

std::size_t tcp_server::connections() const noexcept { return state_->connections.size(); }

void tcp_server::stop_accepting() noexcept {
  for (tcp_listener& listener : state_->listeners) listener.close();
}

task<tcp_server&> tcp_server::enter() { return listen(*this); }

task<tcp_server&> tcp_server::listen(tcp_server& self) {
  detail::server_state& state = *self.state_;
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
  state.listeners = std::move(listeners);
  for (tcp_listener& listener : state.listeners) {
    state.acceptors.create_task(detail::accept_connections(state, listener), {.name = "tcp_server"});
  }
  co_return self;
}

task<> tcp_server::exit() {
  detail::server_state& state = *state_;
  co_await state.acceptors.shutdown();
  state.listeners.clear();
  co_await state.connections.shutdown();
}

}  // namespace weft
