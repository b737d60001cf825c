#pragma once

namespace weft::detail {

/// An entry of the ready queue. Intrusive: making something ready allocates nothing.
class node {
 public:
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Takes its turn. Returns the coroutine frame to resume now, or null.
  virtual void* run() noexcept = 0;

  /// True if its turn is a task's step; a test may shuffle the steps of one round (see round_hook).
  virtual bool is_step() const noexcept { return false; }
  /// The line in which the task is served, if who is served first is a promise: those of one line are never shuffled
  /// among themselves. Null if there is none.
  virtual const void* served_in() const noexcept { return nullptr; }

  node* next = nullptr;

 protected:
  node() = default;
  ~node() = default;
};

}  // namespace weft::detail
