#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weft::detail {

/// The values of context variables, shared until somebody sets one: the copy that each task starts with costs a count.
/// May go to another thread (to_thread), hence the atomic.
struct context_data {
  struct entry {
    std::uint64_t variable;
    std::shared_ptr<const void> value;
  };
  std::atomic<std::uint32_t> references{1};
  std::vector<entry> entries;  // sorted by variable
};

/// A counted reference to a context's values; null while none is set.
class context_ref {
 public:
  context_ref() noexcept = default;
  explicit context_ref(context_data* adopted) noexcept : data_{adopted} {}
  context_ref(const context_ref& other) noexcept : data_{other.data_} {
    if (data_ != nullptr) data_->references.fetch_add(1, std::memory_order_relaxed);
  }
  context_ref(context_ref&& other) noexcept : data_{std::exchange(other.data_, nullptr)} {}
  context_ref& operator=(context_ref other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~context_ref() {
    if (data_ != nullptr) release();
  }

  bool empty() const noexcept { return data_ == nullptr; }
  /// The value of a variable; null if it is not set.
  std::shared_ptr<const void> find(std::uint64_t variable) const noexcept;
  /// Sets a variable, or unsets it if `value` is null, for this reference alone. Gives what it was.
  std::shared_ptr<const void> exchange(std::uint64_t variable, std::shared_ptr<const void> value);

 private:
  void release() noexcept;
  context_data* data_ = nullptr;
};

/// The values that the running code sees: its task's, or those that a callback or context::run goes by, or the
/// thread's.
context_ref& current_context() noexcept;

/// Makes other values the current ones for a while, without a suspension in between.
class context_override {
 public:
  /// @param values null: what is current without an override.
  explicit context_override(context_ref* values) noexcept;
  context_override(const context_override&) = delete;
  context_override& operator=(const context_override&) = delete;
  ~context_override();

 private:
  context_ref* before_;
};

/// A context that several tasks share: what weft::context refers to.
struct shared_context {
  context_ref values;
};

}  // namespace weft::detail
