#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <weft/core/task.hpp>
#include <weft/http/server.hpp>
#include <weft/net/tls_context.hpp>

namespace weft::web {

using http::server_options;

/// How an app serves a main program; see app::serve.
struct serve_options {
  std::string_view host = "127.0.0.1";  ///< "" is every address of the machine
  std::uint16_t port = 8000;            ///< 0, the kernel's choice, is for one worker only
  /// How many loops serve, each on a thread of its own; 0: one for each processor.
  std::size_t workers = 1;
  /// Serve over TLS; see http::server_options.
  const tls_context* tls = nullptr;
  /// How long requests that are under way have at the end.
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds{10};
  /// Print where it serves.
  bool announce = true;
  /// All else that a server can be told: limits, times, the PROXY protocol. What has a name above is taken from there.
  server_options engine = {};
};
static_assert(std::is_trivially_destructible_v<serve_options>);

namespace detail {
class app_core;
class server_core;
}  // namespace detail

/// An app that serves, inside a block: see app::server. Entering makes what the app provides, and listens; leaving
/// drains (see http::server), waits for background tasks, and lets go what was provided. Belongs to one loop.
class server {
 public:
  server(server&& other) noexcept;
  server& operator=(server&& other) = delete;
  ~server();

  /// The port it listens on. Throws std::logic_error before it listens.
  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:8080", for clients on this machine.
  [[nodiscard]] std::string url() const;
  /// How many background tasks have not ended.
  [[nodiscard]] std::size_t background_tasks() const noexcept;
  /// The server beneath.
  [[nodiscard]] http::server& engine() noexcept;

  /// For with(). Throws what http::server::enter() does, what the app's factories throw, and std::logic_error if a
  /// handler uses what nobody provides.
  task<server&> enter();
  task<> exit();

  /// For the library's own use.
  server(const detail::app_core& app, const server_options& options, std::size_t worker = 0);

 private:
  static task<server&> begin(server& self);
  static task<> end(server& self);

  std::unique_ptr<detail::server_core> core_;
};

}  // namespace weft::web
