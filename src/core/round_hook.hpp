#pragma once

#include <cstdint>
#include <weft/core/detail/node.hpp>

namespace weft::detail {

/// Has a say in the rounds of a loop that goes by the simulated clock: what weft::testing is made of.
class round_hook {
 public:
  /// Puts the turns of a round into the order in which they are to be taken; gives the first.
  virtual node* arrange(node* first) noexcept = 0;
  /// Comes before each turn.
  virtual void before_turn() noexcept = 0;
  /// Nothing is ready or under way, and the clock is about to jump to `deadline`, that of the first timer (`never`:
  /// there is none). May make something ready; else says whether the clock may jump.
  virtual bool idle(std::int64_t deadline) noexcept = 0;

 protected:
  ~round_hook() = default;
};

}  // namespace weft::detail
