#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <weft/patterns/detail/feed.hpp>
#include <weft/patterns/map.hpp>

namespace weft {

namespace detail {

/// Maps the items of a source, and hands over results as they come.
template <class S, class F, class R>
class unordered_feed final : public feed<or_monostate<R>> {
  using base = feed<or_monostate<R>>;
  using producer = typename base::producer;

 public:
  using value_type = R;

  template <class G, class H>
  unordered_feed(G&& source, H&& function, std::ptrdiff_t limit)
      : base{2 * static_cast<std::size_t>(limit)},
        source_{std::forward<G>(source)},
        function_{std::forward<H>(function)},
        room_{static_cast<std::size_t>(limit), this->untaken} {
    this->work.push_back(run(producer{*this}));
  }

  // What map_item reports to.
  template <class... V>
  void succeeded(std::size_t /*index*/, V&&... value) {
    this->results.put_nowait(result<or_monostate<R>>{or_monostate<R>{std::forward<V>(value)...}});
  }
  void failed(std::size_t /*index*/, std::exception_ptr error) { this->results.put_nowait(std::move(error)); }

 private:
  /// Room to run, and room for the result: nothing is started while `limit` results wait to be taken.
  struct room {
    room(std::size_t limit, semaphore& results) : running{limit}, untaken{&results} {}
    task<semaphore::permit> acquire() {
      semaphore::permit kept = co_await untaken->acquire();
      semaphore::permit permit = co_await running.acquire();
      kept.detach();
      co_return permit;
    }
    semaphore running;
    semaphore* untaken;
  };
  struct held {
    held(producer p, semaphore::permit r) noexcept : producing{std::move(p)}, running{std::move(r)} {}
    held(held&&) noexcept = default;
    held& operator=(held&&) = delete;
    ~held() {
      if (!stopping()) producing.done();
    }
    producer producing;
    semaphore::permit running;
  };

  task<> run(producer self) {
    std::exception_ptr error;
    try {
      auto launch = [this](mapped_item_t<S> item, semaphore::permit permit) {
        this->tasks.create_task(map_item<unordered_feed, F, mapped_item_t<S>, held>(
            *this, 0, function_, static_cast<mapped_item_t<S>&&>(item), held{producer{*this}, std::move(permit)}));
      };
      co_await for_each_with_room<S>(source_, room_, launch);
      self.done();
    } catch (...) {
      error = std::current_exception();
    }
    if (error) self.failed(std::move(error));
  }

  S source_;
  F function_;
  room room_;
};

}  // namespace detail

/// Like map(), but gives the values as they come, in the order in which the calls end, to a block:
///
///     co_await with(map_unordered(urls, fetch, {.limit = 10}), [&](auto& pages) -> task<> {
///       while (std::optional<page> p = co_await pages.next()) use(*p);
///     });
///
/// next() throws the error of a call that failed, in its turn; whoever catches it may go on with the others. Calls
/// start when the block is entered, and pause while `limit` results wait to be taken. Leaving the block, early too,
/// stops what still runs and waits for it. Calls without a value give std::monostate. As for the rest, see map().
template <class S, class F>
  requires detail::maps<S, F>
[[nodiscard("map_unordered does nothing until it is given to with()")]] auto map_unordered(S&& source, F&& function,
                                                                                           map_options options = {}) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  detail::check_limit(options.limit, "map_unordered: limit must be at least 1");
  using result = detail::mapped_result_t<S, F>;
  using feed = detail::unordered_feed<S, detail::callable_t<F>, result>;
  return detail::feed_manager<detail::or_monostate<result>>{
      std::make_unique<feed>(std::forward<S>(source), detail::as_callable(std::forward<F>(function)), options.limit)};
}

}  // namespace weft
