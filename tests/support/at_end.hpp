#pragma once

#include <utility>

namespace weft::testing {

/// Calls a function at the end of a block: what holds however a program ends.
template <class F>
class at_end {
 public:
  explicit at_end(F check) : check_{std::move(check)} {}
  at_end(const at_end&) = delete;
  at_end& operator=(const at_end&) = delete;
  ~at_end() { check_(); }

 private:
  F check_;
};

}  // namespace weft::testing
