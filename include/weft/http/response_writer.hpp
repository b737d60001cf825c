#pragma once

#include <cstdint>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/http/body_writer.hpp>

namespace weft::http {

namespace detail {

class server_connection;
class body_filter;

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
  /// Writes a piece of a file, and waits until the kernel has it: straight from the file (sendfile(2)) where that can
  /// be, over TLS and from files that a disk must be asked for through memory. Throws std::length_error if the file
  /// ends before, std::system_error if it cannot be read.
  /// @param file a descriptor, which must stay open until then. Its position neither matters nor changes.
  [[nodiscard]] task<> write_file(int file, std::uint64_t offset, std::uint64_t size);
  /// Waits until the kernel has all that was written.
  [[nodiscard]] task<> flush();
  /// Adds a field that follows the body. HTTP/1.0 clients do not get it.
  void trailer(std::string_view name, std::string_view value) override;
  /// The client has gone, and the function runs on all the same.
  [[nodiscard]] bool client_gone() const noexcept;

  /// For the library's own use: writes what the filter makes of what is written here.
  response_writer(const response_writer& to, detail::body_filter& filter) noexcept
      : connection_{to.connection_}, filter_{&filter} {}

 private:
  friend class detail::server_connection;
  explicit response_writer(detail::server_connection& connection) noexcept : connection_{&connection} {}
  static task<> write_filtered(response_writer& self, std::string_view bytes);
  static task<> write_file_filtered(response_writer& self, int file, std::uint64_t offset, std::uint64_t size);

  detail::server_connection* connection_;
  detail::body_filter* filter_ = nullptr;
};

}  // namespace weft::http
