#include <weft/core/detail/boundary.hpp>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/running_task.hpp>

namespace weft::detail {

void leaf::on_stop() noexcept {
  switch (phase_) {
    case phase::waiting:
      withdraw();
      phase_ = phase::stopped;
      loop().push(*this);
      break;
    case phase::woken:
      phase_ = phase::stopped_when_woken;
      break;
    case phase::stopped:
    case phase::stopped_when_woken:
      break;
  }
}

void* leaf::run() noexcept {
  scope& in = in_scope();
  in.waiting_on = nullptr;
  in.loop->current = &in;
  if (phase_ == phase::woken) [[likely]]
    return frame_;
  return run_to_unwind();
}

void* leaf::run_to_unwind() noexcept {
  abandon();
  return unwind(frame_);
}

void destroy_frames(void* frame, scope& end) noexcept {
  while (frame != static_cast<void*>(&end)) {
    promise_base& promise = promise_of(frame);
    void* awaiting = promise.continuation;
    if (is_marked(awaiting)) {
      auto& hooked = static_cast<hooked_promise&>(promise);
      awaiting = unmarked(awaiting);
      hooked.unwound(hooked);
    } else {
      std::coroutine_handle<>::from_address(frame).destroy();
    }
    frame = awaiting;
  }
}

void* unwind(void* frame) noexcept {
  for (;;) {
    scope& in = *promise_of(frame).in_scope;
    event_loop& loop = *in.loop;
    loop.unwinding = true;
    destroy_frames(frame, in);
    loop.unwinding = false;
    if (!in.nested) {
      static_cast<running_task&>(in).stopped();
      return nullptr;
    }
    const after_stop next = static_cast<boundary_base&>(static_cast<inner_scope&>(in)).stopped();
    if (next.unwind == nullptr) return next.resume;
    frame = next.unwind;
  }
}

}  // namespace weft::detail
