#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/errors.hpp>
#include <weft/sync/detail/described_wait.hpp>
#include <weft/sync/detail/queue_storage.hpp>

namespace weft {

/// A queue had no item to give at once. asyncio.QueueEmpty.
class queue_empty : public error {
 public:
  queue_empty();
};

/// A queue had no room at once. asyncio.QueueFull.
class queue_full : public error {
 public:
  queue_full();
};

/// A queue was shut down: it takes no more items, or has none left. asyncio.QueueShutDown.
class queue_shutdown : public error {
 public:
  queue_shutdown();
};

namespace detail {

class queue_waiter;
class queue_base;
class queue_joiner;
template <class Queue>
class queue_get_leaf;
template <class Queue>
class queue_next_leaf;

using queue_join = described_wait<queue_joiner, queue_base>;
template <class Queue>
using queue_get = described_wait<queue_get_leaf<Queue>, Queue>;
template <class Queue>
using queue_next = described_wait<queue_next_leaf<Queue>, Queue>;
template <class Queue>
class queue_put;

/// What queues have in common whatever they hold.
class queue_base {
 public:
  queue_base(const queue_base&) = delete;
  queue_base& operator=(const queue_base&) = delete;

  /// How many items it holds.
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// It holds maxsize() items. Never true of an unbounded queue.
  bool full() const noexcept { return size_ >= limit_; }
  /// How many items it may hold; 0 for any number.
  std::size_t maxsize() const noexcept { return maxsize_; }

  /// Waits until task_done() was called for every item that was ever put; does not suspend if that is so. A stop ends
  /// the waiting.
  [[nodiscard]] queue_join join() noexcept { return queue_join{*this}; }
  /// Says that an item taken from the queue has been dealt with. Throws std::logic_error if called more often than
  /// items were put.
  void task_done();

  /// Ends the queue: put() throws queue_shutdown from now on, waiting or not; get() gives what is left, then throws,
  /// and next() then gives nothing. With `immediate`, what is left is dropped and counts as dealt with. Harmless when
  /// repeated.
  void shutdown(bool immediate = false);
  /// shutdown() has been called.
  bool is_shutdown() const noexcept { return shutdown_; }

 protected:
  explicit queue_base(std::size_t maxsize) noexcept
      : limit_{maxsize != 0 ? maxsize : std::numeric_limits<std::size_t>::max()}, maxsize_{maxsize} {}
  ~queue_base() = default;

  /// Counts an item that was added, and wakes a getter.
  void added() noexcept {
    ++size_;
    ++unfinished_;
    if (!getters_.empty()) wake_next(getters_);
  }
  /// Counts an item that was taken, and wakes a putter.
  void taken() noexcept {
    --size_;
    if (!putters_.empty()) wake_next(putters_);
  }
  void check_put() const {
    if (shutdown_ || full()) [[unlikely]]
      refuse_put();
  }
  void check_get() const {
    if (empty()) [[unlikely]]
      refuse_get();
  }

 private:
  friend class queue_waiter;
  friend class queue_getter;
  friend class queue_putter;
  friend class queue_joiner;

  virtual void drop_all() = 0;
  static void wake_next(list<queue_waiter>& line) noexcept;
  static void wake_all(list<queue_waiter>& line) noexcept;
  [[noreturn]] void refuse_put() const;
  [[noreturn]] void refuse_get() const;

  std::size_t size_ = 0;
  std::size_t limit_;  // the greatest number if there is none
  std::size_t unfinished_ = 0;
  list<queue_waiter> getters_;  // those not woken yet
  list<queue_waiter> putters_;
  list<queue_waiter> joiners_;
  std::size_t maxsize_;
  bool shutdown_ = false;
};

template <class T, class Storage>
class basic_queue : public queue_base {
 public:
  using value_type = T;

  /// @param maxsize how many items it may hold; 0 for any number.
  explicit basic_queue(std::size_t maxsize = 0) noexcept : queue_base{maxsize} {}

  /// Waits for room and adds the item; does not suspend if there is room. Putters get room in the order in which they
  /// asked, unless put_nowait() takes it from under them. Throws queue_shutdown. A stop while waiting: the item is not
  /// added, and the room goes to the next.
  [[nodiscard]] queue_put<basic_queue> put(T item);
  /// Waits for an item and takes it; does not suspend if there is one. Getters are served in the order in which they
  /// asked, unless get_nowait() takes an item from under them. Throws queue_shutdown if the queue was shut down and is
  /// empty. A stop while waiting: the item stays in the queue, and the next getter is woken.
  [[nodiscard]] queue_get<basic_queue> get() noexcept { return queue_get<basic_queue>{*this}; }
  /// The same, but gives nothing where get() throws queue_shutdown:
  /// `while (std::optional<T> item = co_await q.next())`.
  [[nodiscard]] queue_next<basic_queue> next() noexcept { return queue_next<basic_queue>{*this}; }

  /// Adds the item now. Throws queue_full or queue_shutdown.
  void put_nowait(T item) {
    check_put();
    items_.push(std::move(item));
    added();
  }
  /// Takes an item now. Throws queue_empty, or queue_shutdown.
  T get_nowait() {
    check_get();
    const taker after{*this};
    return items_.pop();
  }

 private:
  struct taker {
    basic_queue& from;
    ~taker() { from.taken(); }
  };
  void drop_all() override {
    while (items_.size() != 0) (void)items_.pop();
  }

  Storage items_;
};

}  // namespace detail

/// Items from tasks to tasks, first in first out, with room for `maxsize` or for any number. asyncio.Queue.
///
/// A put wakes the getter that has waited longest but leaves the item in the queue until that one runs. Belongs to one
/// loop; must outlive those who wait for it. Items need to be movable only.
template <class T>
class queue final : public detail::basic_queue<T, detail::fifo_storage<T>> {
 public:
  using detail::basic_queue<T, detail::fifo_storage<T>>::basic_queue;
};

/// A queue that gives the smallest item first, and equal ones in the order in which they were put.
/// asyncio.PriorityQueue.
template <class T, class Compare = std::less<T>>
class priority_queue final : public detail::basic_queue<T, detail::priority_storage<T, Compare>> {
 public:
  using detail::basic_queue<T, detail::priority_storage<T, Compare>>::basic_queue;
};

/// A queue that gives the latest item first. asyncio.LifoQueue.
template <class T>
class lifo_queue final : public detail::basic_queue<T, detail::lifo_storage<T>> {
 public:
  using detail::basic_queue<T, detail::lifo_storage<T>>::basic_queue;
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

/// Waits in one of a queue's lines. Whoever is woken looks again, and may have to wait again, at the end of the line.
class queue_waiter : public leaf, public list_hook<queue_waiter> {
 public:
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    wait(waiting.address());
  }
  void* run() noexcept override;

 protected:
  explicit queue_waiter(queue_base& queue) noexcept : queue_{&queue} {}
  ~queue_waiter() = default;

  virtual list<queue_waiter>& line() const noexcept = 0;
  virtual bool must_wait() const noexcept = 0;

  queue_base* queue_;

 private:
  void wait(void* frame) noexcept {
    line().push_back(*this);
    suspend(frame);
  }
  void withdraw() noexcept override { line().remove(*this); }
};

class queue_getter : public queue_waiter {
 public:
  bool await_ready() const noexcept { return !queue_->empty() || queue_->shutdown_; }
  const char* describe() const noexcept override { return "queue.get"; }
  const void* served_in() const noexcept final { return &line(); }

 protected:
  using queue_waiter::queue_waiter;
  ~queue_getter() = default;

 private:
  list<queue_waiter>& line() const noexcept override { return queue_->getters_; }
  bool must_wait() const noexcept override { return !queue_getter::await_ready(); }
  void abandon() noexcept override;
};

class queue_putter : public queue_waiter {
 public:
  bool await_ready() const noexcept { return !queue_->full() || queue_->shutdown_; }
  const char* describe() const noexcept override { return "queue.put"; }
  const void* served_in() const noexcept final { return &line(); }

 protected:
  using queue_waiter::queue_waiter;
  ~queue_putter() = default;

 private:
  list<queue_waiter>& line() const noexcept override { return queue_->putters_; }
  bool must_wait() const noexcept override { return !queue_putter::await_ready(); }
  void abandon() noexcept override;
};

/// Waits for join().
class queue_joiner final : public queue_waiter {
 public:
  explicit queue_joiner(queue_base& queue) noexcept : queue_waiter{queue} {}
  bool await_ready() const noexcept { return queue_->unfinished_ == 0; }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "queue.join"; }

 private:
  list<queue_waiter>& line() const noexcept override { return queue_->joiners_; }
  // Everything was done when it was woken; new items since then are not its business.
  bool must_wait() const noexcept override { return false; }
};

template <class Queue>
class queue_get_leaf final : public queue_getter {
 public:
  explicit queue_get_leaf(Queue& from) noexcept : queue_getter{from} {}
  typename Queue::value_type await_resume() { return static_cast<Queue&>(*queue_).get_nowait(); }
};

template <class Queue>
class queue_next_leaf final : public queue_getter {
 public:
  explicit queue_next_leaf(Queue& from) noexcept : queue_getter{from} {}
  std::optional<typename Queue::value_type> await_resume() {
    if (queue_->empty()) return std::nullopt;
    return static_cast<Queue&>(*queue_).get_nowait();
  }
};

template <class Queue>
class queue_put_leaf final : public queue_putter {
 public:
  queue_put_leaf(Queue& to, typename Queue::value_type&& item) : queue_putter{to}, item_{std::move(item)} {}
  void await_resume() { static_cast<Queue&>(*queue_).put_nowait(std::move(item_)); }

 private:
  typename Queue::value_type item_;
};

/// What put() gives: a description that owns the item.
template <class Queue>
class [[nodiscard("put does nothing until it is awaited")]] queue_put {
 public:
  queue_put(Queue& to, typename Queue::value_type&& item) : queue_{&to}, item_{std::move(item)} {}
  queue_put_leaf<Queue> operator co_await() && { return queue_put_leaf<Queue>{*queue_, std::move(item_)}; }

 private:
  Queue* queue_;
  typename Queue::value_type item_;
};

template <class T, class Storage>
queue_put<basic_queue<T, Storage>> basic_queue<T, Storage>::put(T item) {
  return queue_put<basic_queue>{*this, std::move(item)};
}

}  // namespace detail
}  // namespace weft
