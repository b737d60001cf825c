#pragma once

#include <weft/core/create_task.hpp>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/detail/boundary.hpp>
#include <weft/core/future.hpp>
#include <weft/core/task_handle.hpp>

namespace weft {

namespace detail {

template <class T>
task<T> run_shielded(task<T> work) {
  if constexpr (std::is_void_v<T>) {
    co_await masked{std::move(work)};
    const bool stop = co_await stop_pending{};
    if (stop) co_await pass_stop{};
  } else {
    result<T> ended{co_await masked{std::move(work)}};
    const bool stop = co_await stop_pending{};
    if (stop) co_await pass_stop{};
    co_return static_cast<T&&>(*ended);
  }
}

/// Waits for a task without touching it: a stop leaves at once. The end of the task takes one turn more to arrive than
/// at a plain co_await, as it does in asyncio.
class shield_leaf : public completion_leaf {
 public:
  void completed(event_loop& home) noexcept override {
    told_ = true;
    home.push(relay_);
  }
  const char* describe() const noexcept override { return "shield"; }

 protected:
  explicit shield_leaf(completion& awaited) noexcept : completion_leaf{awaited}, relay_{*this} {}
  ~shield_leaf() = default;
  void withdraw() noexcept override {
    if (!told_) completion_leaf::withdraw();
  }

 private:
  class relay final : public node {
   public:
    explicit relay(shield_leaf& to) noexcept : to_{&to} {}
    void* run() noexcept override {
      if (to_->waiting()) to_->wake();
      return nullptr;
    }

   private:
    shield_leaf* to_;
  };

  relay relay_;
  bool told_ = false;
};

template <class T>
completion& completion_of(const task_handle<T>& task) noexcept {
  return *task.running();
}
template <class T>
completion& completion_of(const future<T>& promised) noexcept {
  return *promised.state();
}

template <class Handle>
class shield_awaiter : public shield_leaf {
 public:
  explicit shield_awaiter(Handle handle) noexcept : shield_leaf{completion_of(handle)}, handle_{std::move(handle)} {}
  bool await_ready() const noexcept { return awaited_->done(); }
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) {
    check_may_await(*awaited_, awaited_->home(), waiting.address());
    wait(waiting.address());
  }
  decltype(auto) await_resume() { return handle_.result(); }

 private:
  Handle handle_;
};

template <class Handle>
class [[nodiscard]] shielded_handle {
 public:
  explicit shielded_handle(Handle handle) noexcept : handle_{std::move(handle)} {}
  shield_awaiter<Handle> operator co_await() const { return shield_awaiter<Handle>{handle_}; }

 private:
  Handle handle_;
};

/// What goes on by itself, whoever awaits it.
template <class A>
struct goes_on_by_itself : std::false_type {};
template <class T>
struct goes_on_by_itself<task_handle<T>> : std::true_type {};
template <class T>
struct goes_on_by_itself<future<T>> : std::true_type {};

}  // namespace detail

/// Runs `work` to its end even if a stop comes meanwhile; the stop goes on afterwards. An error of `work` comes out and
/// wins. So `wait_for(shield(op()), 1s)` does not shorten op.
template <class A>
  requires((awaitable<A> || detail::task_function<A>) && !detail::goes_on_by_itself<std::remove_cvref_t<A>>::value)
auto shield(A&& work) {
  return detail::run_shielded(detail::to_awaited_task(std::forward<A>(work)));
}

/// Waits for a running task without cancelling it: a stop of the awaiter leaves at once, and the task goes on in its
/// owner. Gives `T const&`, valid as long as a handle exists. asyncio.shield.
template <class T>
auto shield(task_handle<T> handle) {
  return detail::shielded_handle<task_handle<T>>{std::move(handle)};
}
/// Waits for a future without cancelling it: a stop of the awaiter leaves at once. Gives `T const&`, valid as long as a
/// future or the promise exists.
template <class T>
auto shield(future<T> promised) {
  return detail::shielded_handle<future<T>>{std::move(promised)};
}

}  // namespace weft
