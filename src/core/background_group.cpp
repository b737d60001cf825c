#include <cstdio>
#include <exception>
#include <stdexcept>
#include <weft/core/background_group.hpp>
#include <weft/core/shield.hpp>

namespace weft {

void detail::background_tasks::child_done(running_task&) noexcept {
  if (has_children()) return;
  while (!waiting.empty()) waiting.pop_front().wake();
}

background_group::~background_group() {
  if (empty()) return;
  std::fprintf(stderr,
               "weft: a background_group was destroyed with %zu tasks in it; await shutdown() first. One is %s\n",
               size(), tasks_.children().front()->name().c_str());
  std::terminate();
}

void background_group::check_can_create() const {
  (void)detail::require_loop("background_group::create_task");
  if (tasks_.closed) throw std::logic_error{"background_group::create_task after shutdown()"};
}

task<> background_group::wait_for_children(detail::background_tasks& tasks) {
  while (tasks.has_children()) co_await detail::children_leaf{tasks};
}

task<> background_group::shutdown() {
  tasks_.closed = true;
  tasks_.cancel_children();
  return shield(wait_for_children(tasks_));
}

task<> background_group::join() { return wait_for_children(tasks_); }

}  // namespace weft
