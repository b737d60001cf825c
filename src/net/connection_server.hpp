#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/core/background_group.hpp>
#include <weft/core/sleep.hpp>
#include <weft/net/detail/connection_handler.hpp>

namespace weft::detail {

/// What is missing for a further connection comes back by itself: descriptors, memory.
inline bool passes_by_itself(const std::error_code& code) noexcept {
  return code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system ||
         code == std::errc::no_buffer_space || code == std::errc::not_enough_memory;
}

/// What servers of all kinds have in common: accepts on their listeners, and serves each connection in a task of its
/// own. end() must have been awaited before it is destroyed, if start() was called.
template <class Listener>
class connection_server {
 public:
  using stream = await_result_t<decltype(std::declval<Listener&>().accept())>;

  explicit connection_server(std::unique_ptr<connection_handler<stream>> handler) noexcept
      : handler_{std::move(handler)} {}

  /// @param name of the tasks that accept: a literal.
  void start(std::vector<Listener> listeners, const char* name) {
    listeners_ = std::move(listeners);
    for (Listener& listener : listeners_) acceptors_.create_task(accept_on(*this, listener), {.name = name});
  }
  void stop_accepting() noexcept {
    for (Listener& listener : listeners_) listener.close();
  }
  /// The same, but serves the connections that have come already.
  void stop_accepting_more() {
    for (Listener& listener : listeners_) {
      for (stream& connection : listener.close_and_take()) {
        connections_.create_task(handler_->serve(std::move(connection)));
      }
    }
  }
  task<> end() {
    co_await acceptors_.shutdown();
    listeners_.clear();
    co_await connections_.shutdown();
  }

  const std::vector<Listener>& listeners() const noexcept { return listeners_; }
  std::size_t connections() const noexcept { return connections_.size(); }

 private:
  static constexpr std::chrono::milliseconds pause{100};

  static task<> accept_on(connection_server& self, Listener& listener) {
    for (;;) {
      bool pauses = false;
      try {
        stream connection = co_await listener.accept();
        self.connections_.create_task(self.handler_->serve(std::move(connection)));
      } catch (const std::system_error& e) {
        pauses = passes_by_itself(e.code());
        if (!pauses) {
          if (e.code() == std::errc::bad_file_descriptor) co_return;  // stop_accepting()
          throw;
        }
      } catch (...) {  // the handler threw before it was a coroutine
        require_loop("a server").report("A connection's handler failed", std::current_exception());
      }
      if (pauses) co_await sleep(pause);
    }
  }

  std::unique_ptr<connection_handler<stream>> handler_;
  std::vector<Listener> listeners_;
  background_group connections_;
  background_group acceptors_;
};

}  // namespace weft::detail
