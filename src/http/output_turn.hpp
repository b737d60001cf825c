#pragma once

#include <coroutine>
#include <weft/core/detail/leaf.hpp>

#include "http/server_connection.hpp"

namespace weft::http::detail {

/// Waits until something has changed about the output.
class output_turn final : public weft::detail::leaf {
 public:
  explicit output_turn(server_connection& connection) noexcept : connection_{connection} {}
  bool await_ready() const noexcept { return false; }
  template <weft::detail::weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    connection_.waiting_for_output_ = this;
    suspend(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "http::server"; }

 private:
  void withdraw() noexcept override { connection_.waiting_for_output_ = nullptr; }
  server_connection& connection_;
};

}  // namespace weft::http::detail
