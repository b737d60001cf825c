#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weft/core/detail/frame_pool.hpp>
#include <weft/testing/detail/trial.hpp>

#include "core/loop.hpp"
#include "core/task_tree.hpp"
#include "testing/rounds.hpp"

namespace weft::testing {

failure::failure(const std::string& text, std::exception_ptr cause) : error{text}, cause_{std::move(cause)} {}

namespace detail {

namespace {

using weft::detail::list;
using weft::detail::running_task;
using weft::detail::task_owner;

/// The tasks that have not ended, a line for each.
std::string describe_tasks(weft::detail::loop& loop) {
  std::string text;
  for (task_owner* owner = loop.owners.front(); owner != nullptr; owner = list<task_owner>::after(*owner)) {
    for (running_task* task = owner->children().front(); task != nullptr; task = list<running_task>::after(*task)) {
      if (task->done()) continue;
      const weft::detail::task_place place = weft::detail::place_of(*task);
      text.append("\n  ").append(task->name());
      text.append(place.waits_for != nullptr ? std::string{" waits in "} + place.waits_for : " has not begun");
      if (!place.stack.empty()) text.append(" at ").append(weft::detail::describe(place.stack.front()));
    }
  }
  return text;
}

}  // namespace

class trial::state {
 public:
  state(const options& given, bool counts)
      : how{given},
        frames_before{weft::detail::frames_in_use()},
        counts_frames{counts && !given.may_leave_frames},
        runs{{.clock = clock_mode::simulated, .handle_signals = false}},
        loop{weft::detail::loop_of(weft::detail::loop_of(runs))} {
    if (how.seed != 0) loop.random_state = how.seed;
    loop.exception_handler = [this](const exception_context& context) {
      std::string text = context.message;
      if (!context.task.empty()) text.append(" (").append(context.task).append(")");
      if (context.exception) text.append(": ").append(what(context.exception));
      reports.push_back(std::move(text));
    };
    hook.emplace(loop, how);
  }

  options how;
  std::int64_t frames_before;
  bool counts_frames;
  std::vector<std::string> reports;
  weft::runner runs;
  weft::detail::loop& loop;
  std::optional<rounds> hook;  // goes before the loop
  bool was_stopped = false;
  bool was_endless = false;
  std::uint64_t seen_places = 0;
};

trial::trial(const options& how, bool counts_frames) : state_{std::make_unique<state>(how, counts_frames)} {}
trial::~trial() = default;

runner& trial::loop_runner() noexcept { return state_->runs; }
bool trial::stopped() const noexcept { return state_->hook ? state_->hook->stopped() : state_->was_stopped; }
std::uint64_t trial::places() const noexcept { return state_->hook ? state_->hook->places() : state_->seen_places; }

void trial::main_was_cancelled() {
  if (state_->hook->stopped() || state_->hook->endless()) finish();
}

void trial::finish() {
  state& s = *state_;
  if (!s.hook) return;
  s.was_stopped = s.hook->stopped();
  s.was_endless = s.hook->endless();
  s.seen_places = s.hook->places();
  const std::string left = s.how.may_leave_tasks ? std::string{} : describe_tasks(s.loop);
  // What a thread frees is missing from the count.
  const bool counts = s.counts_frames && s.loop.default_executor == nullptr;
  s.hook.reset();
  s.runs.close();
  if (s.was_endless) {
    throw failure{"the program has not ended after " + std::to_string(s.how.max_turns) + " turns of the loop"};
  }
  if (!left.empty()) throw failure{"tasks were left behind:" + left};
  if (!s.reports.empty() && !s.how.may_report) {
    std::string text = "an error reached nobody:";
    for (const std::string& report : s.reports) text.append("\n  ").append(report);
    throw failure{text};
  }
  const std::int64_t frames = weft::detail::frames_in_use() - s.frames_before;
  if (counts && frames > 0) {
    throw failure{std::to_string(frames) + " coroutine frames, tasks or futures were not freed"};
  }
}

}  // namespace detail
}  // namespace weft::testing
