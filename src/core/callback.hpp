#pragma once

#include <exception>
#include <utility>
#include <weft/core/context.hpp>
#include <weft/core/detail/event_loop.hpp>

namespace weft::detail {

/// A function that a loop is to call, in the context in which this was made. What it throws goes to the loop's
/// exception handler.
template <class F>
class callback {
 public:
  explicit callback(F function) : function_{std::move(function)} {}

  void call(event_loop& loop) noexcept {
    loop.current = nullptr;
    const context_override registered{&context_};
    try {
      function_();
    } catch (...) {
      loop.report("Exception in callback", std::current_exception());
    }
  }

 private:
  F function_;
  context_ref context_ = current_context();
};

}  // namespace weft::detail
