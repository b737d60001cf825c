#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <weft/core/task_group.hpp>
#include <weft/core/timeout.hpp>
#include <weft/http/client_connection.hpp>
#include <weft/http/request.hpp>
#include <weft/sync/event.hpp>

namespace weft::http::detail {

/// Sends a request whose body takes its time, and hears the server meanwhile: it may say that it wants the body
/// (RFC 9110, section 10.1.1), or answer before it has read it (section 9.5 of RFC 9112).
class upload {
 public:
  struct limits {
    std::chrono::nanoseconds write;  ///< how long the server may take nothing
    std::chrono::nanoseconds read;   ///< how long it may say nothing once it has everything
  };

  /// @param head   as it goes over the wire. All of these must outlive this.
  /// @param length of the body; nothing for chunks.
  upload(client_connection& on, const request_spec& spec, std::string_view head, std::optional<std::uint64_t> length,
         limits time) noexcept
      : connection_{&on}, spec_{&spec}, head_{head}, length_{length}, time_{time} {}
  upload(const upload&) = delete;
  upload& operator=(const upload&) = delete;

  /// Until the head of the response is there. Throws what the body throws, and as client_connection does;
  /// timeout_error.
  task<> run();
  /// All of the request was sent; the connection may be used again.
  bool complete() const noexcept { return complete_; }

 private:
  task<> talk(task_group& group);
  task<> listen();
  task<> send(cancel_scope& scope);
  task<> send_all();

  client_connection* connection_;
  const request_spec* spec_;
  std::string_view head_;
  std::optional<std::uint64_t> length_;
  limits time_;
  event may_go_on_;
  event heard_;  // the server has answered, or never will
  cancel_scope* sending_ = nullptr;
  std::exception_ptr not_sent_;
  std::exception_ptr not_heard_;
  bool complete_ = false;
};

}  // namespace weft::http::detail
