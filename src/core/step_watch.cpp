#include "core/step_watch.hpp"

#include <utility>
#include <weft/core/detail/running_task.hpp>

namespace weft::detail {

void step_watch::begin() {
  const std::lock_guard held{mutex_};
  step_.task = "a callback";
  step_.made_at = {};
  step_.from = {};
  step_.began = monotonic_now();
}

void step_watch::is_of(running_task* task, const std::source_location& from) {
  const std::lock_guard held{mutex_};
  if (task != nullptr) {
    step_.task = task->name();
    step_.made_at = task->notes().made_at;
  }
  step_.from = from;
}

std::int64_t step_watch::end() noexcept {
  const std::lock_guard held{mutex_};
  return monotonic_now() - std::exchange(step_.began, 0);
}

step_watch::step step_watch::current() const {
  const std::lock_guard held{mutex_};
  return step_;
}

}  // namespace weft::detail
