#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <weft/core/detail/completion.hpp>
#include <weft/core/detail/slot.hpp>
#include <weft/core/errors.hpp>
#include <weft/core/task_handle.hpp>

namespace weft::detail {

/// What a promise and its futures share, whatever its type. Each of them holds a reference.
class future_state_base : public completion, public pooled {
 public:
  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  bool cancel() noexcept override;
  std::exception_ptr error() noexcept override {
    looked_at_ = true;
    return status_ == status::error ? stored_error() : nullptr;
  }
  /// What future::exception() says.
  std::exception_ptr exception();
  /// The promise goes away.
  void break_promise() noexcept;
  void set_exception(std::exception_ptr error);

 protected:
  explicit future_state_base(event_loop& loop) noexcept : loop_{&loop} {}
  event_loop& home() const noexcept override { return *loop_; }
  virtual ~future_state_base() = default;
  virtual std::exception_ptr stored_error() const noexcept = 0;
  virtual void store_error(std::exception_ptr error) noexcept = 0;

  /// Throws unless it may be completed now.
  void check_open() const;
  /// Throws unless there is a value.
  void check_value();
  void report_unseen() noexcept;

 private:
  std::uint32_t references_ = 1;

 protected:
  event_loop* loop_;
};

template <class T>
class future_state final : public future_state_base {
 public:
  explicit future_state(event_loop& loop) noexcept : future_state_base{loop} {}

  template <class... U>
  void set_value(U&&... value) {
    check_open();
    outcome_.set_value(std::forward<U>(value)...);
    complete(status::value, *loop_);
  }
  /// The value; throws if there is none.
  std::add_lvalue_reference_t<T> value() {
    check_value();
    return outcome_.value();
  }

 private:
  ~future_state() override { report_unseen(); }
  std::exception_ptr stored_error() const noexcept override { return outcome_.error(); }
  void store_error(std::exception_ptr error) noexcept override { outcome_.set_error(std::move(error)); }

  slot<T> outcome_;
};

template <class T>
class future_awaiter : public join_leaf {
 public:
  bool await_ready() const noexcept { return awaited_->done(); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    check_may_await(*awaited_, awaited_->home(), waiting.address());
    wait(waiting.address());
  }
  const char* describe() const noexcept override { return "co_await future"; }

 protected:
  explicit future_awaiter(future_state<T>& state) noexcept : join_leaf{state} {}
  future_state<T>& state() const noexcept { return static_cast<future_state<T>&>(*awaited_); }
};

template <class T>
class future_reference_awaiter : public future_awaiter<T> {
 public:
  explicit future_reference_awaiter(future_state<T>& state) noexcept : future_awaiter<T>{state} {}
  std::conditional_t<std::is_void_v<T>, void, std::add_lvalue_reference_t<const T>> await_resume() {
    if constexpr (std::is_void_v<T>) {
      this->state().value();
    } else {
      return this->state().value();
    }
  }
};

template <class T>
class future_value_awaiter : public future_awaiter<T> {
 public:
  explicit future_value_awaiter(task_ref<future_state<T>> state) noexcept
      : future_awaiter<T>{*state.get()}, state_{std::move(state)} {}
  T await_resume() {
    if constexpr (std::is_void_v<T>) {
      this->state().value();
    } else {
      return static_cast<T&&>(this->state().value());
    }
  }

 private:
  task_ref<future_state<T>> state_;
};

}  // namespace weft::detail
