#include <weft/core/sleep.hpp>

namespace weft::detail {

void sleep_leaf::wait(void* frame) {
  event_loop& loop = *promise_of(frame).in_scope->loop;
  std::int64_t deadline = until_;
  if (deadline < 0) {
    const std::int64_t length = ~deadline;
    if (length == 0) {
      suspend(frame);
      if (waiting()) wake();
      return;
    }
    deadline = deadline_after(loop.now(), length);
  }
  if (deadline != never) loop.arm(*this, deadline);
  suspend(frame);
}

void sleep_leaf::withdraw() noexcept {
  if (armed()) loop().disarm(*this);
}

}  // namespace weft::detail
