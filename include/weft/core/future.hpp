#pragma once

#include <exception>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <weft/core/detail/future_state.hpp>

namespace weft {

/// What a promise will give, or an error: awaited by any number of tasks, any number of times. asyncio.Future.
///
/// Copies refer to the same thing. Awaiting gives `T const&`, valid as long as a future or the promise exists; awaiting
/// an rvalue (`co_await std::move(f)`) moves the value out. It throws the exception that was set, cancelled_error if
/// the future was cancelled, and broken_promise_error if the promise went away without an outcome; it does not suspend
/// if the outcome is there. A stop of an awaiter cancels the future for all of them, as in asyncio; shield() prevents
/// that. Belongs to one loop's thread. An exception that nobody ever looks at goes to the loop's exception handler.
template <class T = void>
class future {
  using reference = std::conditional_t<std::is_void_v<T>, void, std::add_lvalue_reference_t<const T>>;

 public:
  using value_type = T;

  /// Refers to nothing.
  future() noexcept = default;

  /// True if it refers to a promise's outcome.
  explicit operator bool() const noexcept { return state_.get() != nullptr; }

  auto operator co_await() const& { return detail::future_reference_awaiter<T>{*checked().get()}; }
  auto operator co_await() && { return detail::future_value_awaiter<T>{checked()}; }

  /// It has a value or an exception, or was cancelled.
  bool done() const { return checked().get()->done(); }
  bool cancelled() const { return checked().get()->state() == detail::completion::status::cancelled; }
  /// Awaiters get cancelled_error, in one of the next turns of the loop. True unless it was done.
  bool cancel() const { return checked().get()->cancel(); }

  /// The value, or throws the exception, cancelled_error, or invalid_state_error if there is no outcome yet.
  reference result() const { return static_cast<reference>(checked().get()->value()); }
  /// The exception, null if there is a value. Throws cancelled_error or invalid_state_error like result().
  std::exception_ptr exception() const { return checked().get()->exception(); }

  /// Calls `callback` from the ready queue once the future is done (also if it is already).
  void add_done_callback(std::function<void(future)> callback) const {
    detail::add_done_callback(*checked().get(),
                              [self = *this, callback = std::move(callback)]() mutable { callback(std::move(self)); });
  }

  /// For the library's own use.
  explicit future(detail::task_ref<detail::future_state<T>> state) noexcept : state_{std::move(state)} {}
  detail::future_state<T>* state() const noexcept { return state_.get(); }

 private:
  const detail::task_ref<detail::future_state<T>>& checked() const {
    if (state_.get() == nullptr) throw std::logic_error{"an empty future refers to nothing"};
    return state_;
  }
  detail::task_ref<detail::future_state<T>> state_;
};

/// The giving end of a future: how a callback of the same loop completes what tasks wait for. Move-only.
///
/// To be made, completed and destroyed on the loop's thread, while the loop runs. From other threads use
/// loop_handle::call_soon_threadsafe.
template <class T = void>
class promise {
 public:
  /// Throws std::logic_error outside a loop.
  promise() : state_{new detail::future_state<T>{detail::require_loop("promise")}} {}
  promise(promise&& other) noexcept = default;
  promise& operator=(promise&& other) noexcept {
    if (this != &other) {
      give_up();
      state_ = std::move(other.state_);
      future_taken_ = other.future_taken_;
    }
    return *this;
  }
  /// Without an outcome, awaiters get broken_promise_error.
  ~promise() { give_up(); }

  /// The future; throws std::logic_error the second time (copy the future instead).
  future<T> get_future() {
    (void)checked();
    if (std::exchange(future_taken_, true))
      throw std::logic_error{"get_future can be called only once; copy the future"};
    return future<T>{state_};
  }

  /// Completes the future; awaiters go on in the order in which they came, in the next turn of the loop, never inside
  /// this call. Throws invalid_state_error if it is done already, or was cancelled. asyncio.Future.set_result.
  template <class U = T>
    requires(!std::is_void_v<T> &&
             (std::is_reference_v<T> ? std::is_convertible_v<U &&, T> : std::is_constructible_v<T, U &&>))
  void set_value(U&& value) {
    checked().set_value(std::forward<U>(value));
  }
  void set_value()
    requires std::is_void_v<T>
  {
    checked().set_value();
  }
  /// Completes the future with an error, which must not be null. Throws like set_value.
  void set_exception(std::exception_ptr error) { checked().set_exception(std::move(error)); }

  /// The future has an outcome, or was cancelled: there is nothing left to do.
  bool done() const { return checked().done(); }
  bool cancelled() const { return checked().state() == detail::completion::status::cancelled; }

 private:
  detail::future_state<T>& checked() const {
    if (state_.get() == nullptr) throw std::logic_error{"the promise was moved from"};
    return *state_.get();
  }
  void give_up() noexcept {
    if (state_.get() != nullptr) state_.get()->break_promise();
  }

  detail::task_ref<detail::future_state<T>> state_;
  bool future_taken_ = false;
};

}  // namespace weft
