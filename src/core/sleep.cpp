#include <weft/core/sleep.hpp>

namespace weft::detail {

void sleep_leaf::wait(void* frame) {
  event_loop& loop = *promise_of(frame).in_scope->loop;
  if (relative_) {
    if (until_ <= 0) {
      suspend(frame);
      if (waiting()) wake();
      return;
    }
    until_ = deadline_after(loop.now(), until_);
  }
  if (until_ != never) loop.arm(*this, until_);
  suspend(frame);
}

void sleep_leaf::withdraw() noexcept {
  if (armed()) loop().disarm(*this);
}

}  // namespace weft::detail
