#pragma once

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <weft/core/iterate.hpp>
#include <weft/patterns/detail/feed.hpp>

namespace weft {

namespace detail {

/// Hands over what one source gives, as it comes, as long as there is room.
template <class S, class T>
task<> pump(S source, feed<T>& to, typename feed<T>::producer self) {
  std::exception_ptr error;
  try {
    auto loop = [&](auto& from) -> task<> {
      for (;;) {
        semaphore::permit room = co_await to.untaken.acquire();
        auto item = co_await from.next();
        if (!item) break;
        room.detach();
        to.results.put_nowait(result<T>{T(*std::move(item))});
      }
    };
    co_await run_over<S>(source, loop);
    self.done();
  } catch (...) {
    error = std::current_exception();
  }
  if (error) self.failed(std::move(error));
}

}  // namespace detail

/// What several asynchronous sources (generators, queues) give, as it comes, for a block:
///
///     co_await with(merge(ticks(), messages), [](auto& events) -> task<> {
///       while (auto event = co_await events.next()) handle(*event);
///     });
///
/// The sources run from the beginning of the block, each up to one item ahead of the consumer; what comes at the same
/// time comes in the order of the arguments. next() gives nullopt when all have ended, and throws the error of a source
/// in its turn; the others go on. Leaving the block, early too, stops the sources and waits for them; closes those that
/// it owns, which are the rvalues. Items are values of the type that all sources' items have in common.
template <async_iterable... S>
  requires(sizeof...(S) > 0)
[[nodiscard("merge does nothing until it is given to with()")]] auto merge(S&&... sources) {
  using item = std::common_type_t<detail::item_value_t<S>...>;
  auto feed = std::make_unique<detail::feed<item>>(sizeof...(S));
  (feed->work.push_back(
       detail::pump<S, item>(std::forward<S>(sources), *feed, typename detail::feed<item>::producer{*feed})),
   ...);
  return detail::feed_manager<item>{std::move(feed)};
}

}  // namespace weft
