#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/detail/timer.hpp>
#include <weft/core/iterate.hpp>
#include <weft/patterns/chunks.hpp>
#include <weft/patterns/detail/feed.hpp>

namespace weft {

namespace detail {

/// Collects items, and hands them over when there are enough or when the time has come.
template <class T>
class chunk_feed final : public feed<std::vector<T>>, private timer {
 public:
  using producer = typename feed<std::vector<T>>::producer;

  // One chunk may wait to be taken while the next one grows.
  chunk_feed(std::size_t size, std::int64_t time) : feed<std::vector<T>>{2}, size_{size}, time_{time} {}
  ~chunk_feed() override { disarm(); }

  template <class S>
  task<> collect(S source, producer self) {
    std::exception_ptr error;
    try {
      auto loop = [this](auto& from) -> task<> {
        for (;;) {
          auto item = co_await from.next();
          if (!item) break;
          if (chunk_.empty()) {
            semaphore::permit room = co_await this->untaken.acquire();
            room.detach();
          }
          add(*std::move(item));
        }
      };
      co_await run_over<S>(source, loop);
    } catch (...) {
      error = std::current_exception();
    }
    hand_over();
    if (error) {
      self.failed(std::move(error));
    } else {
      self.done();
    }
  }

 private:
  template <class U>
  void add(U&& item) {
    chunk_.push_back(std::forward<U>(item));
    if (chunk_.size() >= size_) {
      hand_over();
    } else if (chunk_.size() == 1 && time_ != never) {
      event_loop& loop = *this_thread_loop;
      loop.arm(*this, deadline_after(loop.now(), time_));
    }
  }
  void hand_over() {
    disarm();
    // Once the source's task has been stopped, nobody wants them any more.
    if (!chunk_.empty() && !this->results.is_shutdown()) this->results.put_nowait(std::exchange(chunk_, {}));
  }
  void disarm() noexcept {
    if (armed()) this_thread_loop->disarm(*this);
  }
  void fired() noexcept override { hand_over(); }

  std::size_t size_;
  std::int64_t time_;
  std::vector<T> chunk_;
};

}  // namespace detail

/// What an asynchronous source gives in vectors of at most `size` items, handed over at the latest `time` after their
/// first item has come, for a block:
///
///     co_await with(chunks(events, 100, 50ms), [&](auto& batches) -> task<> {
///       while (auto batch = co_await batches.next()) co_await insert(*batch);
///     });
///
/// The source runs from the beginning of the block, and pauses when two chunks wait to be taken.
/// An error of the source comes out behind the items before it. Leaving the block stops the source, waits for it, and
/// closes it if it was given as an rvalue; items that were not taken are dropped. Throws std::invalid_argument for a
/// size below 1 and a time that is not more than 0.
template <async_iterable S, class Rep, class Period>
[[nodiscard("chunks does nothing until it is given to with()")]] auto chunks(S&& source, std::ptrdiff_t size,
                                                                             std::chrono::duration<Rep, Period> time) {
  detail::check_chunk_size(size);
  const std::int64_t limit = detail::nanoseconds_of(time);
  if (limit <= 0) throw std::invalid_argument{"chunks: the time must be more than 0"};
  using item = detail::item_value_t<S>;
  auto feed = std::make_unique<detail::chunk_feed<item>>(static_cast<std::size_t>(size), limit);
  feed->work.push_back(
      feed->template collect<S>(std::forward<S>(source), typename detail::chunk_feed<item>::producer{*feed}));
  return detail::feed_manager<std::vector<item>>{std::move(feed)};
}

}  // namespace weft
