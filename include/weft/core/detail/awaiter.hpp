#pragma once

#include <coroutine>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

namespace detail {

template <class A>
concept has_member_co_await = requires(A&& a) { std::forward<A>(a).operator co_await(); };
template <class A>
concept has_free_co_await = requires(A&& a) { operator co_await(std::forward<A>(a)); };
template <class A>
concept is_awaiter = requires(A& a) {
  a.await_ready();
  a.await_resume();
};

template <class A>
decltype(auto) get_awaiter(A&& a) {
  if constexpr (has_member_co_await<A>) {
    return std::forward<A>(a).operator co_await();
  } else if constexpr (has_free_co_await<A>) {
    return operator co_await(std::forward<A>(a));
  } else {
    return std::forward<A>(a);
  }
}

/// Stands for an awaiter that lives elsewhere, since await_transform has to give an object.
template <class Awaiter>
class awaiter_reference {
 public:
  explicit awaiter_reference(Awaiter& awaiter) noexcept : awaiter_{std::addressof(awaiter)} {}
  bool await_ready() const noexcept(noexcept(std::declval<Awaiter&>().await_ready())) {
    return static_cast<bool>(awaiter_->await_ready());
  }
  template <class P>
  decltype(auto) await_suspend(std::coroutine_handle<P> waiting) const {
    return awaiter_->await_suspend(waiting);
  }
  decltype(auto) await_resume() const { return awaiter_->await_resume(); }

 private:
  Awaiter* awaiter_;
};

/// The awaiter of `a` as an object: what its operator co_await gives, or a reference to itself.
template <class A>
auto awaiter_of(A&& a) {
  if constexpr (std::is_object_v<decltype(get_awaiter(std::forward<A>(a)))>) {
    return get_awaiter(std::forward<A>(a));
  } else {
    auto&& awaiter = get_awaiter(std::forward<A>(a));
    return awaiter_reference<std::remove_reference_t<decltype(awaiter)>>{awaiter};
  }
}

}  // namespace detail

/// What can stand behind co_await: a task, a task_handle, what sleep() or mutex.acquire() give, and users' own.
template <class A>
concept awaitable = detail::has_member_co_await<A> || detail::has_free_co_await<A> || detail::is_awaiter<A>;

/// What `co_await a` gives.
template <awaitable A>
using await_result_t = decltype(detail::get_awaiter(std::declval<A>()).await_resume());

}  // namespace weft
