#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/detail/generator_promise.hpp>
#include <weft/core/task.hpp>
#include <weft/core/with.hpp>

namespace weft {

namespace detail {
template <class T>
class generator_promise;
template <class T>
class next_awaiter;
template <class F>
class on_close_awaiter;
template <class G>
class closing_manager;
}  // namespace detail

/// A coroutine that gives values on demand with `co_yield`: `while (auto item = co_await items.next()) use(*item);`.
/// Python's asynchronous generator.
///
/// The body runs only while somebody awaits next(), and as part of that task: it may await anything, and what stops the
/// task there stops the body too, which ends the generator. Of T& it gives references, and next() a pointer.
/// Move-only; belongs to one loop. Not to be moved while next() or close() is being awaited by others.
/// Destroying one that has not ended runs the destructors of the body's variables; only close(), closing() and the
/// body's own end also run what was given to on_close.
///
/// g++ 12 destroys twice what `co_yield aggregate{...}` makes if a member has a destructor; yield a named variable
/// there.
template <class T>
class [[nodiscard("a generator does nothing until next() is awaited")]] async_generator
    : private detail::generator_owner {
  static_assert(!std::is_rvalue_reference_v<T> && !std::is_void_v<T>, "a generator gives values or lvalue references");

 public:
  using promise_type = detail::generator_promise<T>;
  using value_type = T;

  /// One that has ended.
  async_generator() noexcept = default;
  async_generator(async_generator&&) noexcept = default;
  async_generator& operator=(async_generator&&) noexcept = default;

  /// Awaiting it runs the body to its next `co_yield` and gives the value as std::optional<T> (T* for references), or
  /// nullopt once the body has ended; throws what the body throws, and gives nullopt from then on.
  /// Throws std::logic_error if the generator is being awaited already.
  /// A stop ends the generator: destructors run, and what was given to on_close is left for close().
  [[nodiscard("next() does nothing until it is awaited")]] auto next() noexcept {
    return detail::next_awaiter<T>{*this};
  }

  /// Ends the generator: runs what the body gave to on_close, then the destructors of its variables. Throws what the
  /// former throws. Harmless once it has ended. Stops wait until it is over. Throws std::logic_error while next() is
  /// being awaited. The generator must live, and stay where it is, until this is done. aclose.
  task<> close() { return close_generator(*this); }

 private:
  friend promise_type;
  friend detail::next_awaiter<T>;
  explicit async_generator(promise_type& promise) noexcept : generator_owner{promise} {}
};

/// Inside the body of an async_generator, `co_await on_close(f)` registers clean-up that has to wait: `f()` gives a
/// task (or another awaitable) that runs when the body ends, by return or error, before next() reports that, or when
/// the generator is closed. The last registered runs first; no stop reaches them. An error of theirs comes out, an
/// earlier one goes to the loop's exception handler.
///
/// `f` is kept in the generator. It may refer to the body's parameters, not to its variables: those are gone when the
/// body has ended.
template <class F>
  requires detail::task_function<F>
[[nodiscard("on_close does nothing until it is awaited")]] auto on_close(F&& f) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  return detail::on_close_awaiter<std::decay_t<F>>{std::forward<F>(f)};
}

/// A manager that closes a generator (or anything with a `close()` that gives an awaitable) when its block is left, by
/// value, error or stop: `with(closing(numbers()), [](auto& numbers) -> task<> {...})`. contextlib.aclosing.
/// Owns an rvalue and refers to an lvalue.
template <class G>
  requires requires(G& generator) {
    { generator.close() } -> awaitable;
  }
[[nodiscard("closing does nothing until it is given to with()")]] auto closing(G&& generator) {
  return detail::closing_manager<G>{std::forward<G>(generator)};
}

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

template <class T>
class generator_promise : public generator_promise_base {
 public:
  async_generator<T> get_return_object() noexcept { return async_generator<T>{*this}; }

  // What is yielded stays where it is, in the body's frame, until the consumer has taken it.
  hand_over yield_value(T&& value) noexcept {
    yielded = std::addressof(value);
    return {};
  }
  hand_over yield_value(const T& value) noexcept
    requires std::copy_constructible<T>
  {
    yielded = const_cast<void*>(static_cast<const void*>(std::addressof(value)));
    must_copy = true;
    return {};
  }

  using given = std::optional<T>;
  given take() {
    T* value = static_cast<T*>(std::exchange(yielded, nullptr));
    if constexpr (std::copy_constructible<T>) {
      if (std::exchange(must_copy, false)) return given{std::as_const(*value)};
    }
    return given{std::move(*value)};
  }
};

template <class T>
class generator_promise<T&> : public generator_promise_base {
 public:
  async_generator<T&> get_return_object() noexcept { return async_generator<T&>{*this}; }

  hand_over yield_value(T& value) noexcept {
    yielded = const_cast<void*>(static_cast<const void*>(std::addressof(value)));
    return {};
  }

  using given = T*;
  given take() noexcept { return static_cast<T*>(std::exchange(yielded, nullptr)); }
};

/// Runs the body of a generator inside the awaiting task. Trivially destructible, like task_awaiter.
template <class T>
class next_awaiter {
 public:
  using given = typename generator_promise<T>::given;

  explicit next_awaiter(async_generator<T>& from) noexcept : from_{&from} {}

  bool await_ready() {
    promise_ = from_->promise();
    if (promise_ == nullptr) return true;
    promise_->check_idle();
    return false;
  }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> consumer) noexcept {
    scope& in = *static_cast<promise_base&>(consumer.promise()).in_scope;
    return transfer_to(*in.loop, promise_->resume_for(consumer.address(), in));
  }
  given await_resume() {
    if (promise_ == nullptr) return {};
    promise_->in_use = false;
    if (promise_->yielded != nullptr) return static_cast<generator_promise<T>*>(promise_)->take();
    promise_->finish();
    return {};
  }

 private:
  async_generator<T>* from_;
  generator_promise_base* promise_ = nullptr;
};

template <class F>
class closer_of final : public closer {
 public:
  explicit closer_of(F&& f) : f_{std::move(f)} {}
  task<> call() override { return run(f_); }

 private:
  static task<> run(F& f) { (void)co_await f(); }
  F f_;
};

template <class F>
class on_close_awaiter {
 public:
  template <class G>
    requires(!std::same_as<std::remove_cvref_t<G>, on_close_awaiter>)
  explicit on_close_awaiter(G&& f) : f_{std::forward<G>(f)} {}

  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  bool await_suspend(std::coroutine_handle<P> body) {
    static_assert(std::is_base_of_v<generator_promise_base, P>,
                  "on_close can be awaited only inside an async_generator");
    body.promise().add_closer(make_owned<closer_of<F>>(std::move(f_)));
    return false;
  }
  void await_resume() const noexcept {}

 private:
  F f_;
};

template <class G>
class closing_manager {
 public:
  explicit closing_manager(G&& generator) : generator_{std::forward<G>(generator)} {}
  std::remove_reference_t<G>& enter() noexcept { return generator_; }
  auto exit() { return generator_.close(); }

 private:
  G generator_;
};

}  // namespace detail
}  // namespace weft
