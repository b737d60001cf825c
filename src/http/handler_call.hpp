#pragma once

#include <coroutine>
#include <utility>
#include <weft/core/detail/boundary.hpp>
#include <weft/http/server_response.hpp>

namespace weft::http::detail {

/// Runs a handler in a scope of its own, so that it can be stopped by itself; keeps what it has answered.
class handler_call final : public weft::detail::boundary_base {
 public:
  using outcome = weft::detail::slot<server_response>;

  handler_call() noexcept : boundary_base{false} {}
  handler_call(const handler_call&) = delete;
  handler_call& operator=(const handler_call&) = delete;
  ~handler_call() { finish(); }

  void adopt(task<server_response> work) { child_ = work.release(); }
  bool await_ready() const noexcept { return false; }
  template <weft::detail::weft_promise P>
  weft::detail::transfer await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    enter(awaiting.address(), child_.promise());
    return weft::detail::transfer_to(*scope::loop, child_.address());
  }
  /// Null if it was stopped; good until finish().
  outcome* await_resume() noexcept {
    if (was_stopped_) child_ = nullptr;
    return was_stopped_ ? nullptr : &child_.promise().outcome;
  }
  void finish() noexcept {
    if (child_) std::exchange(child_, nullptr).destroy();
  }

 private:
  std::coroutine_handle<weft::detail::task_promise<server_response>> child_;
};

}  // namespace weft::http::detail
