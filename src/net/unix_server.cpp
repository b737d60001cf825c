#include <utility>
#include <vector>
#include <weft/net/unix_server.hpp>

#include "net/connection_server.hpp"

namespace weft {

namespace detail {

class unix_server_state {
 public:
  unix_server_state(std::string at, std::unique_ptr<connection_handler<unix_stream>> handler, unix_listen_options how)
      : path{std::move(at)}, options{how}, server{std::move(handler)} {}

  std::string path;
  unix_listen_options options;
  connection_server<unix_listener> server;
};

}  // namespace detail

unix_server::unix_server(std::string path, std::unique_ptr<detail::connection_handler<unix_stream>> handler,
                         unix_listen_options options)
    : state_{std::make_unique<detail::unix_server_state>(std::move(path), std::move(handler), options)} {}
unix_server::unix_server(unix_server&& other) noexcept = default;
unix_server::~unix_server() = default;

const std::string& unix_server::path() const noexcept { return state_->path; }
std::size_t unix_server::connections() const noexcept { return state_->server.connections(); }
void unix_server::stop_accepting() noexcept { state_->server.stop_accepting(); }

unix_server& unix_server::enter() {
  std::vector<unix_listener> listeners;
  listeners.emplace_back(state_->path, state_->options);
  state_->server.start(std::move(listeners), "unix_server");
  return *this;
}

task<> unix_server::exit() { return state_->server.end(); }

}  // namespace weft
