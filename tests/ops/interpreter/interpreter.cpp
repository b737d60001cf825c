#include "interpreter.hpp"

#include <algorithm>
#include <support/python_errors.hpp>

namespace ops {

using scenario::show;
using std::chrono::microseconds;
using weft::task;

namespace {

/// Logs the stop that unwinds the coroutine it stands in.
template <class Log>
class stop_note {
 public:
  explicit stop_note(Log log) : log_{log} {}
  stop_note(const stop_note&) = delete;
  stop_note& operator=(const stop_note&) = delete;
  ~stop_note() {
    if (weft::stopping()) log_();
  }

 private:
  Log log_;
};

std::string outcome(const weft::task_handle<std::int64_t>& task) {
  if (!task.done()) return "pending";
  if (task.cancelled()) return "cancelled";
  if (const std::exception_ptr error = task.exception()) return "error " + show(error);
  return "value " + std::to_string(task.result());
}

}  // namespace

things::things(const program& of) : locks(of.locks), events(of.events), conds(of.conds) {
  for (const std::size_t permits : of.sems) sems.emplace_back(permits);
  for (const auto& [kind, size] : of.queues) {
    switch (kind) {
      case queue_kind::fifo:
        queues.emplace_back(std::in_place_index<0>, size);
        break;
      case queue_kind::lifo:
        queues.emplace_back(std::in_place_index<1>, size);
        break;
      case queue_kind::prio:
        queues.emplace_back(std::in_place_index<2>, size);
        break;
    }
  }
  for (const std::size_t parties : of.barriers) barriers.emplace_back(parties);
}

task<> interpreter::main() {
  for (std::size_t i = 0; i != program_->tasks.size(); ++i) {
    tasks_.push_back(weft::create_task(child("T" + std::to_string(i), program_->tasks[i])));
  }
  co_await weft::wait(tasks_, {.timeout = microseconds{program_->deadline}});
  co_await cancel_what_is_left();
  for (std::size_t i = 0; i != tasks_.size(); ++i) {
    trace_.add("main", "-", "T" + std::to_string(i) + " " + outcome(tasks_[i]));
  }
}

task<> interpreter::cancel_what_is_left() {
  constexpr int rounds = 40;  // no task outlives so many stops of all others, unless weft is wrong
  const auto done = [](const weft::any_task_handle& t) { return t.done(); };
  int waits = 0;
  for (int round = 0; round != rounds && !std::all_of(tasks_.begin(), tasks_.end(), done); ++round) {
    const auto started = started_;  // tasks that start meanwhile have to wait for the next round
    for (const auto& [name, task] : started) {
      if (task.done()) continue;
      trace_.add("main", "-", "cancels " + name);
      task.cancel();
      ++waits;
      const std::vector<weft::any_task_handle> only_it(1, task);
      co_await weft::wait(only_it, {.timeout = microseconds{1'000'003 + 7 * waits}});
    }
  }
}

task<std::int64_t> interpreter::child(std::string name, const script& ops) {
  const place here{name, {}};
  const stop_note note{[&] { trace_.add(name, "-", "leaves with CancelledError"); }};
  started_.emplace_back(name, weft::current_task());
  trace_.add(name, "-", "start");
  std::int64_t count = 0;
  try {
    count = co_await run(here, ops);
  } catch (...) {
    trace_.add(name, "-", "leaves with " + scenario::show_current());
    throw;
  }
  trace_.add(name, "-", "returns " + std::to_string(count));
  co_return count;
}

task<std::int64_t> interpreter::run(place here, const script& ops) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i != ops.size(); ++i) count += co_await step(here.at(i), ops[i]);
  co_return count;
}

task<std::int64_t> interpreter::step(place here, const op& o) {
  if (o.kind == op_kind::nap) {  // is not logged
    co_await weft::sleep(microseconds{o.numbers[0]});
    co_return 0;
  }
  const std::string name{o.name};
  const stop_note note{[&] { log(here, name + " raises CancelledError"); }};
  std::string got;
  try {
    got = co_await perform(here, o);
  } catch (...) {
    log(here, name + " raises " + scenario::show_current());
    throw;
  }
  log(here, got.empty() ? name : name + " " + got);
  co_return 1;
}

interpreter::result interpreter::perform(const place& here, const op& o) {
  switch (o.kind) {
    case op_kind::lock:
      return hold_lock(here, o);
    case op_kind::sem:
      return hold_permit(here, o);
    case op_kind::timeout:
      return timeout(here, o);
    case op_kind::try_block:
      return try_block(here, o);
    case op_kind::finally:
      return finally(here, o);
    case op_kind::group:
      return group(here, o);
    case op_kind::gather:
      return gather(here, o);
    default:
      return perform_plain(o);
  }
}

std::vector<std::string> run_program(const program& p) {
  interpreter world{p};
  weft::runner runner{{.clock = weft::clock_mode::simulated, .handle_signals = false}};
  runner.get_loop().set_exception_handler([](const weft::exception_context&) {});  // lost errors are part of the game
  runner.run(world.main());
  return world.lines();
}

}  // namespace ops
