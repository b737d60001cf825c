#include "postgres/background.hpp"

#include <utility>
#include <weft/core/create_task.hpp>

namespace weft::postgres::detail {

namespace {

/// Outlives every loop of its thread.
class background_tasks final : public weft::detail::task_owner {
 public:
  void child_done(weft::detail::running_task& child) noexcept override { child.look_at(); }
  bool internal() const noexcept override { return true; }
};

}  // namespace

void start_background(task<> work) {
  static thread_local background_tasks owner;
  (void)weft::detail::start_task(weft::detail::require_loop("postgres"), owner, std::move(work), {});
}

}  // namespace weft::postgres::detail
