#pragma once

#include <exception>
#include <utility>
#include <weft/core/detail/owned.hpp>
#include <weft/core/task.hpp>

namespace weft::detail {

class generator_promise_base;

/// Clean-up that a generator's body has registered.
class closer : public pooled {
 public:
  closer() = default;
  closer(const closer&) = delete;
  closer& operator=(const closer&) = delete;
  virtual ~closer() = default;
  virtual task<> call() = 0;

  owned<closer> registered_before;
};

/// The generator object, as far as its frame knows it: the frame may end before it.
class generator_owner {
 public:
  generator_promise_base* promise() const noexcept { return promise_; }

 protected:
  generator_owner() noexcept = default;
  explicit generator_owner(generator_promise_base& promise) noexcept;
  generator_owner(generator_owner&& other) noexcept;
  generator_owner& operator=(generator_owner&& other) noexcept;
  ~generator_owner();

 private:
  friend generator_promise_base;
  void attach(generator_promise_base* promise) noexcept;
  generator_promise_base* promise_ = nullptr;  // null once it has ended
};

/// Suspends a generator's body, at a co_yield or at its end; its consumer goes on.
struct hand_over {
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> body) const noexcept;
  void await_resume() const noexcept {}
};

struct generator_end {
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  transfer await_suspend(std::coroutine_handle<P> body) const noexcept;
  void await_resume() const noexcept {}
};

/// What is the same for generators of all types.
class generator_promise_base : public hooked_promise {
 public:
  generator_promise_base() noexcept { unwound = &on_unwound; }
  generator_promise_base(const generator_promise_base&) = delete;
  generator_promise_base& operator=(const generator_promise_base&) = delete;
  ~generator_promise_base();

  std::suspend_always initial_suspend() const noexcept { return {}; }
  generator_end final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  void add_closer(owned<closer> added) noexcept {
    added->registered_before = std::move(closers_);
    closers_ = std::move(added);
  }
  owned<closer> take_closer() noexcept {
    auto last = std::move(closers_);
    if (last) closers_ = std::move(last->registered_before);
    return last;
  }
  bool has_closers() const noexcept { return static_cast<bool>(closers_); }

  /// Throws std::logic_error if next() or close() is being awaited.
  void check_idle() const {
    if (in_use) throw_in_use();
  }
  /// Prepares for running on behalf of `consumer`; returns the frame to resume: the body, or the clean-up if the body
  /// was stopped before.
  void* resume_for(void* consumer, scope& in) noexcept {
    in_use = true;
    in_scope = &in;
    continuation = marked(consumer);
    if (stopped_) return ended();
    return std::coroutine_handle<generator_promise_base>::from_promise(*this).address();
  }
  /// The body is over; returns the frame to resume: the consumer, or clean-up first.
  void* ended() noexcept {
    void* consumer = unmarked(continuation);
    return has_closers() ? start_closers(consumer) : consumer;
  }
  /// Destroys the frame and throws what is to come out.
  void finish();
  /// Destroys the frame; the generator object forgets it.
  void destroy() noexcept;

  void* yielded = nullptr;  ///< what the consumer is to take
  bool must_copy = false;   ///< what was yielded is not to be moved from
  bool in_use = false;      ///< next() or close() is being awaited

 private:
  friend generator_owner;
  static void on_unwound(hooked_promise& promise) noexcept;
  void* start_closers(void* consumer) noexcept;
  void report_not_closed() const noexcept;
  [[noreturn]] static void throw_in_use();

  bool stopped_ = false;  // a stop has passed; the frame is kept for the clean-up
  generator_owner* owner_ = nullptr;
  owned<closer> closers_;
  void* closing_frame_ = nullptr;  // of the clean-up that next() waits for
  std::exception_ptr error_;
};

/// Ends a generator for its close().
task<> close_generator(generator_owner& generator);

// ---- implementation ------------------------------------------------------------------------------------------------

template <weft_promise P>
transfer hand_over::await_suspend(std::coroutine_handle<P> body) const noexcept {
  promise_base& promise = body.promise();
  return transfer_to(*promise.in_scope->loop, unmarked(promise.continuation));
}

template <weft_promise P>
transfer generator_end::await_suspend(std::coroutine_handle<P> body) const noexcept {
  generator_promise_base& promise = body.promise();
  return transfer_to(*promise.in_scope->loop, promise.ended());
}

inline void generator_owner::attach(generator_promise_base* promise) noexcept {
  promise_ = promise;
  if (promise_ != nullptr) promise_->owner_ = this;
}
inline generator_owner::generator_owner(generator_promise_base& promise) noexcept { attach(&promise); }
inline generator_owner::generator_owner(generator_owner&& other) noexcept {
  attach(std::exchange(other.promise_, nullptr));
}
inline generator_owner& generator_owner::operator=(generator_owner&& other) noexcept {
  if (this != &other) {
    if (promise_ != nullptr) promise_->destroy();
    attach(std::exchange(other.promise_, nullptr));
  }
  return *this;
}
inline generator_owner::~generator_owner() {
  if (promise_ != nullptr) promise_->destroy();
}

}  // namespace weft::detail
