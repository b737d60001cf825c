#pragma once

#include <string_view>
#include <weft/core/task.hpp>
#include <weft/http/body_writer.hpp>

namespace weft::http {

namespace detail {

class server_connection;

}  // namespace detail

/// Where a streamed response writes its body; see server_response::stream. Good for as long as the function that it was
/// given to runs.
///
/// What one turn of the loop writes is sent together at its end; nobody need collect small pieces. When the client has
/// gone, the function is stopped where it waits next; with server_request::stop_when_gone(false) it runs on, and what
/// it writes is dropped.
class response_writer final : public body_writer {
 public:
  /// Takes `bytes`, and waits while too much of what was written before has not been sent. `bytes` must live until
  /// then. Throws std::length_error for more than was announced.
  [[nodiscard]] task<> write(std::string_view bytes) override;
  /// Waits until the kernel has all that was written.
  [[nodiscard]] task<> flush();
  /// Adds a field that follows the body. HTTP/1.0 clients do not get it.
  void trailer(std::string_view name, std::string_view value) override;
  /// The client has gone, and the function runs on all the same.
  [[nodiscard]] bool client_gone() const noexcept;

 private:
  friend class detail::server_connection;
  explicit response_writer(detail::server_connection& connection) noexcept : connection_{&connection} {}
  detail::server_connection* connection_;
};

}  // namespace weft::http
