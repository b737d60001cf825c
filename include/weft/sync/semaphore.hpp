#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <weft/sync/detail/described_wait.hpp>
#include <weft/sync/detail/line_leaf.hpp>

namespace weft {

class semaphore;

namespace detail {
class semaphore_leaf;
using semaphore_acquire = described_wait<semaphore_leaf, semaphore>;
}  // namespace detail

/// Limits how many tasks do something at once. asyncio.Semaphore.
///
/// Waiters get permits in the order in which they asked; nobody overtakes, not even a task that asks while a permit is
/// on its way to another. Belongs to one loop; must outlive its waiters and permits.
class semaphore {
 public:
  class permit;

  /// @param permits how many may hold one at the same time; 0 is allowed. Throws std::invalid_argument for what was a
  /// negative number.
  explicit semaphore(std::size_t permits) : semaphore{permits, std::numeric_limits<std::size_t>::max()} {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  /// Waits for a permit, which is given back when the result goes out of scope. Does not suspend if one is free and
  /// nobody waits. A stop while waiting leaves the line; one that comes after the permit was handed over passes it to
  /// the next.
  [[nodiscard]] detail::semaphore_acquire acquire() noexcept { return detail::semaphore_acquire{*this}; }

  /// A permit if one is free and nobody waits, else nothing; never suspends.
  [[nodiscard]] std::optional<permit> try_acquire() noexcept;

  /// Adds a permit, also above the initial number (bounded_semaphore refuses that).
  void release() noexcept {
    ++free_;
    if (!line_.empty()) wake_next();
  }

  /// True if acquire() would have to wait.
  bool locked() const noexcept { return free_ == 0 || granted_ != 0 || !line_.empty(); }

 protected:
  semaphore(std::size_t permits, std::size_t limit);
  bool at_limit() const noexcept { return free_ >= limit_; }

 private:
  friend class detail::semaphore_leaf;
  friend class detail::line_leaf<semaphore>;

  bool try_take() noexcept {
    if (locked()) return false;
    --free_;
    return true;
  }
  void wake_next() noexcept;

  std::size_t free_;
  std::size_t limit_;        // what a permit does not exceed when it is given back
  std::size_t granted_ = 0;  // permits on their way to waiters that have not run yet
  detail::list<detail::line_leaf<semaphore>> line_;
};

/// A semaphore that cannot be released above its initial number. asyncio.BoundedSemaphore.
class bounded_semaphore : public semaphore {
 public:
  /// @param permits how many may hold one at the same time.
  explicit bounded_semaphore(std::size_t permits) : semaphore{permits, permits} {}

  /// Adds a permit. Throws std::logic_error, and adds none, if all permits are free.
  void release();
};

/// A permit of a semaphore: given back when it goes out of scope. Move-only.
class [[nodiscard]] semaphore::permit {
 public:
  /// Holds nothing.
  permit() noexcept = default;
  permit(permit&& other) noexcept : semaphore_{std::exchange(other.semaphore_, nullptr)} {}
  permit& operator=(permit&& other) noexcept {
    if (this != &other) {
      release();
      semaphore_ = std::exchange(other.semaphore_, nullptr);
    }
    return *this;
  }
  ~permit() { release(); }

  /// Gives the permit back now; harmless when repeated.
  void release() noexcept {
    semaphore* from = std::exchange(semaphore_, nullptr);
    if (from != nullptr && !from->at_limit()) from->release();
  }
  /// Keeps the permit taken: somebody will call semaphore::release().
  void detach() noexcept { semaphore_ = nullptr; }
  /// True if it holds a permit.
  explicit operator bool() const noexcept { return semaphore_ != nullptr; }

 private:
  friend class semaphore;
  friend class detail::semaphore_leaf;
  explicit permit(semaphore& from) noexcept : semaphore_{&from} {}

  semaphore* semaphore_ = nullptr;
};

// ---- implementation ------------------------------------------------------------------------------------------------

namespace detail {

class semaphore_leaf final : public line_leaf<semaphore> {
 public:
  using line_leaf::line_leaf;
  bool await_ready() const noexcept { return source_->try_take(); }
  semaphore::permit await_resume() const noexcept { return semaphore::permit{*source_}; }

  void* run() noexcept override;
  const char* describe() const noexcept override { return "semaphore.acquire"; }
  const void* served_in() const noexcept override { return source_; }
};

}  // namespace detail

inline std::optional<semaphore::permit> semaphore::try_acquire() noexcept {
  if (!try_take()) return std::nullopt;
  return permit{*this};
}

}  // namespace weft
