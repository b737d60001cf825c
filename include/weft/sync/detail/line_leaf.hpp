#pragma once

#include <weft/core/detail/leaf.hpp>

namespace weft::detail {

/// Stands in the one line of an object, `source.line_`, whose functions take it out and wake it.
template <class Source>
class line_leaf : public leaf, public list_hook<line_leaf<Source>> {
 public:
  explicit line_leaf(Source& source) noexcept : source_{&source} {}
  template <weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    enter_line(waiting.address());
  }

 protected:
  ~line_leaf() = default;

  void enter_line(void* frame) noexcept {
    source_->line_.push_back(*this);
    suspend(frame);
  }
  void withdraw() noexcept override { source_->line_.remove(*this); }

  Source* source_;
};

}  // namespace weft::detail
