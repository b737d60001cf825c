#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <weft/core/errors.hpp>
#include <weft/core/task.hpp>
#include <weft/core/with.hpp>

namespace weft {

template <class T>
class manager;

namespace detail {

/// The part of a manager coroutine's promise that does not depend on what it gives.
class manager_promise_base : public hooked_promise {
 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }

  /// Gives control back to with(), at the co_yield and at the end.
  struct hand_back {
    bool await_ready() const noexcept { return false; }
    template <weft_promise P>
    transfer await_suspend(std::coroutine_handle<P> from) const noexcept {
      promise_base& promise = from.promise();
      return transfer_to(*promise.in_scope->loop, unmarked(promise.continuation));
    }
    void await_resume() const noexcept {}
  };
  /// The co_yield: gives back how the block ended.
  struct yielded : hand_back {
    explicit yielded(manager_promise_base& promise) noexcept : promise_{&promise} {}
    exit_reason await_resume() const noexcept { return std::move(promise_->how); }

   private:
    manager_promise_base* promise_;
  };

  hand_back final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }
  void return_void() noexcept { returned = true; }

  std::exception_ptr error;
  exit_reason how;
  bool returned = false;
};

template <class T>
class manager_promise : public manager_promise_base {
 public:
  manager<T> get_return_object() noexcept;
  yielded yield_value(std::remove_reference_t<T>& value) noexcept {
    given = std::addressof(value);
    return yielded{*this};
  }
  yielded yield_value(std::remove_reference_t<T>&& value) noexcept {
    given = std::addressof(value);  // lives in the co_yield expression, which lasts until the exit
    return yielded{*this};
  }
  std::remove_reference_t<T>* given = nullptr;
  manager<T>* owner = nullptr;
};

/// Runs a manager coroutine to its co_yield or to its end.
template <class Promise>
class manager_step {
 public:
  manager_step(std::coroutine_handle<Promise>& frame) noexcept : frame_{&frame} {}

  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    Promise& promise = frame_->promise();
    promise.in_scope = awaiting.promise().in_scope;
    promise.continuation = marked(awaiting.address());
    return transfer_to(*promise.in_scope->loop, frame_->address());
  }
  void await_resume() const {
    Promise& promise = frame_->promise();
    if (promise.error) std::rethrow_exception(std::exchange(promise.error, nullptr));
  }

 private:
  std::coroutine_handle<Promise>* frame_;
};

}  // namespace detail

/// A manager for with() written as a coroutine: what stands before its one co_yield enters, what stands after it exits.
/// The co_yield gives what the body gets, and comes back with the exit_reason. contextlib.asynccontextmanager.
///
///     manager<session&> transaction(session& s) {
///       co_await s.begin();
///       exit_reason how = co_yield s;
///       if (how.ok()) co_await s.commit(); else co_await s.rollback();
///     }
///
/// The part after the co_yield runs out of reach of stops, however the body ended. It cannot swallow an error; one that
/// it throws itself wins. Used once.
template <class T>
class [[nodiscard("pass a manager to with()")]] manager {
 public:
  using promise_type = detail::manager_promise<T>;

  manager(manager&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
  manager& operator=(manager&&) = delete;
  ~manager() {
    if (frame_) frame_.destroy();
  }

  /// For with().
  task<std::remove_reference_t<T>&> enter();
  task<> exit(exit_reason how);

 private:
  friend promise_type;
  explicit manager(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}
  static void unwound(detail::hooked_promise& promise) noexcept {
    std::exchange(static_cast<promise_type&>(promise).owner->frame_, nullptr).destroy();
  }

  std::coroutine_handle<promise_type> frame_;
};

// ---- implementation ------------------------------------------------------------------------------------------------

template <class T>
manager<T> detail::manager_promise<T>::get_return_object() noexcept {
  return manager<T>{std::coroutine_handle<manager_promise>::from_promise(*this)};
}

template <class T>
task<std::remove_reference_t<T>&> manager<T>::enter() {
  promise_type& promise = frame_.promise();
  if (promise.given != nullptr) throw std::logic_error{"a manager coroutine can be used only once"};
  promise.owner = this;
  promise.unwound = &unwound;
  co_await detail::manager_step<promise_type>{frame_};
  if (promise.returned) throw std::logic_error{"a manager coroutine ended before its co_yield"};
  co_return *promise.given;
}

template <class T>
task<> manager<T>::exit(exit_reason how) {
  promise_type& promise = frame_.promise();
  promise.how = std::move(how);
  co_await detail::manager_step<promise_type>{frame_};
  if (!frame_.done()) throw std::logic_error{"a manager coroutine may co_yield only once"};
}

}  // namespace weft
