#pragma once

namespace weft::detail {

/// An entry of the ready queue. Intrusive: making something ready allocates nothing.
class node {
 public:
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Takes its turn. Returns the coroutine frame to resume now, or null.
  virtual void* run() noexcept = 0;

  node* next = nullptr;

 protected:
  node() = default;
  ~node() = default;
};

}  // namespace weft::detail
