#pragma once

#include <cstdint>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/net/detail/socket_leaf.hpp>

namespace weft::http {

namespace detail {

class server_connection;

/// Waits until there is room for more output.
class room_leaf final : public weft::detail::leaf {
 public:
  room_leaf(server_connection* connection, std::string_view bytes) noexcept : connection_{connection}, bytes_{bytes} {}
  bool await_ready();
  template <weft::detail::weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    wait(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "response_writer.write"; }

 private:
  void wait(void* frame) noexcept;
  void withdraw() noexcept override;

  server_connection* connection_;
  std::string_view bytes_;
};

using room_operation = weft::detail::in_place<room_leaf, server_connection*, std::string_view>;

}  // namespace detail

/// Where a streamed response writes its body; see server_response::stream. Good for as long as the function that it was
/// given to runs.
///
/// What one turn of the loop writes is sent together at its end; nobody need collect small pieces. When the client has
/// gone, the function is stopped where it waits next; with server_request::stop_when_gone(false) it runs on, and what
/// it writes is dropped.
class response_writer {
 public:
  /// Takes `bytes`, and waits while too much of what was written before has not been sent. `bytes` must live until
  /// then.
  [[nodiscard]] detail::room_operation write(std::string_view bytes WEFT_LIFETIMEBOUND);
  /// Waits until the kernel has all that was written.
  [[nodiscard]] task<> flush();
  /// Adds a field that follows the body. The client sees it only if the body is chunked: HTTP/1.1 and no known length.
  /// Throws std::invalid_argument as headers::add does, and for fields that cannot be trailers (see write_last_chunk).
  void trailer(std::string_view name, std::string_view value);
  /// The client has gone, and the function runs on all the same.
  [[nodiscard]] bool client_gone() const noexcept;

 private:
  friend class detail::server_connection;
  explicit response_writer(detail::server_connection& connection) noexcept : connection_{&connection} {}
  detail::server_connection* connection_;
};

}  // namespace weft::http
