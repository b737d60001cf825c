#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>
#include <weft/core/background_group.hpp>
#include <weft/core/errors.hpp>
#include <weft/core/result.hpp>
#include <weft/core/task.hpp>
#include <weft/sync/queue.hpp>
#include <weft/sync/semaphore.hpp>

namespace weft::detail {

/// Results that tasks behind the scenes produce while a block consumes them: what map_unordered, merge and chunks in
/// time stand on. The tasks belong to the block: leaving it stops them and waits for them.
template <class T>
class feed {
 public:
  explicit feed(std::size_t most_untaken) : untaken{most_untaken} {}
  feed(const feed&) = delete;
  feed& operator=(const feed&) = delete;
  virtual ~feed() = default;

  /// Held by each task that may still produce something; when the last is gone, the stream ends. A task that ends
  /// without a word, because somebody has cancelled it, leaves a cancelled_error.
  class producer {
   public:
    explicit producer(feed& to) noexcept : feed_{&to} { ++to.producers_; }
    producer(producer&& other) noexcept : feed_{std::exchange(other.feed_, nullptr)} {}
    producer& operator=(producer&&) = delete;
    ~producer() {
      if (feed_ == nullptr) return;
      feed_->results.put_nowait(std::make_exception_ptr(cancelled_error{}));
      leave();
    }
    /// There is nothing more to come from this one.
    void done() noexcept {
      if (feed_ != nullptr) leave();
    }
    void failed(std::exception_ptr error) {
      feed_->results.put_nowait(std::move(error));
      leave();
    }

   private:
    void leave() noexcept {
      feed* const left = std::exchange(feed_, nullptr);
      if (--left->producers_ == 0) left->results.shutdown();
    }
    feed* feed_;
  };

  background_group tasks;
  queue<result<T>> results;
  /// A permit is given back for each result that is taken.
  semaphore untaken;
  /// What runs behind the scenes from the beginning of the block.
  std::vector<task<>> work;
  bool started = false;

 private:
  std::size_t producers_ = 0;
};

[[noreturn]] void refuse_second_block();
[[noreturn]] void refuse_next_outside_block();

/// The consumer's side of a feed, and its manager for with().
template <class T>
class feed_manager {
 public:
  using value_type = T;

  explicit feed_manager(std::unique_ptr<feed<T>> from) noexcept : feed_{std::move(from)} {}

  /// For with().
  feed_manager& enter() {
    if (feed_->started) refuse_second_block();
    feed_->started = true;
    for (task<>& each : std::exchange(feed_->work, {})) feed_->tasks.create_task(std::move(each));
    return *this;
  }
  task<> exit() { return feed_->tasks.shutdown(); }

  /// The next result, or nullopt when there will be no more; throws an error in its turn. A stop loses nothing.
  /// Throws std::logic_error outside of with().
  [[nodiscard]] task<std::optional<T>> next() {
    if (!feed_->started) refuse_next_outside_block();
    return next_of(*feed_);
  }

 private:
  static task<std::optional<T>> next_of(feed<T>& from) {
    std::optional<result<T>> got = co_await from.results.next();
    if (!got) co_return std::nullopt;
    from.untaken.release();
    co_return std::move(*got).value();
  }
  std::unique_ptr<feed<T>> feed_;
};

}  // namespace weft::detail
