#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/core/detail/posted.hpp>

namespace weft::detail {

class channel_core;

/// Who waits at one end of a channel. All but its leaf's own phase is guarded by the channel's mutex, since those at
/// the other end may be on other threads.
class channel_waiter : public leaf, public list_hook<channel_waiter> {
 public:
  enum class standing : std::uint8_t { none, in_line, served, refused };

  void* run() noexcept override;
  /// Suspends, once it stands in line; without the mutex.
  void stand(void* frame) noexcept { suspend(frame); }

 protected:
  channel_waiter() = default;
  ~channel_waiter() = default;

  /// Gives back what it was served with; the mutex is held.
  virtual void undo(channel_core& channel) noexcept = 0;
  virtual channel_core& channel() const noexcept = 0;

  standing standing_ = standing::none;

 private:
  friend class channel_core;
  void withdraw() noexcept final;
  void abandon() noexcept final;

  list<channel_waiter>* line_ = nullptr;
  class channel_port* port_ = nullptr;
};

/// The part of a channel that is the same for all types: the lines at both ends, and waking those of other loops.
class channel_core : public std::enable_shared_from_this<channel_core> {
 public:
  explicit channel_core(std::size_t capacity);
  channel_core(const channel_core&) = delete;
  channel_core& operator=(const channel_core&) = delete;
  virtual ~channel_core();

  std::size_t capacity() const noexcept { return capacity_; }
  /// No more can be sent; those who wait at either end hear of it. Any thread.
  void close() noexcept;

  /// For the holder of the mutex.
  bool closed() const noexcept { return closed_; }
  std::mutex mutex;

 protected:
  friend class channel_waiter;
  using line = list<channel_waiter>;

  /// Makes `waiter` stand in line, for the loop of this thread.
  void join(line& at, channel_waiter& waiter);
  /// Takes the first out of the line; it will be woken on its loop.
  channel_waiter& serve_first(line& at, channel_waiter::standing how) noexcept;
  /// Sends out the wake-ups that serve_first() has made necessary. Without the mutex.
  void wake_served() noexcept;
  /// True if some must be sent out; the mutex is held.
  bool has_served() const noexcept { return must_wake_; }

  line receivers_;
  line senders_;

 private:
  friend class channel_port;
  class channel_port& port_of_this_loop();
  void leave(channel_waiter& waiter) noexcept;

  std::size_t capacity_;
  bool closed_ = false;
  bool must_wake_ = false;
  std::vector<std::unique_ptr<class channel_port>> ports_;
};

}  // namespace weft::detail
