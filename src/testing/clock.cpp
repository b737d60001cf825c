#include <stdexcept>
#include <weft/testing/clock.hpp>

#include "testing/rounds.hpp"

namespace weft::testing::detail {

namespace {

weft::detail::round_hook* hook_of(weft::detail::event_loop& loop) noexcept {
  return static_cast<weft::detail::loop&>(loop).hook;
}

}  // namespace

void idle_leaf::wait(void* frame) {
  weft::detail::event_loop& home = *weft::detail::promise_of(frame).in_scope->loop;
  weft::detail::round_hook* const hook = hook_of(home);
  if (hook == nullptr) throw std::logic_error{"advance and settle are for programs run by weft::testing"};
  until_ = weft::detail::deadline_after(home.now(), until_);
  static_cast<rounds*>(hook)->add(*this);
  suspend(frame);
}

void idle_leaf::withdraw() noexcept { static_cast<rounds*>(hook_of(loop()))->remove(*this); }

}  // namespace weft::testing::detail
