#pragma once

#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>
#include <weft/weft.hpp>

#include "program.hpp"
#include "trace.hpp"

namespace ops {

using any_queue =
    std::variant<weft::queue<std::int64_t>, weft::lifo_queue<std::int64_t>, weft::priority_queue<std::int64_t>>;

/// What the tasks of a program share.
struct things {
  explicit things(const program& of);

  std::deque<weft::lock> locks;
  std::deque<weft::event> events;
  std::deque<weft::condition> conds;
  std::deque<weft::semaphore> sems;
  std::deque<any_queue> queues;
  std::deque<weft::barrier> barriers;
};

/// Where a task is: its name, and the position of the operation in its script.
struct place {
  place(const std::string& name, std::string op_position) : task{&name}, position{std::move(op_position)} {}

  /// The i-th operation of a script that stands here.
  place at(std::size_t i) const {
    return {*task, position.empty() ? std::to_string(i) : position + "." + std::to_string(i)};
  }
  /// One of the two scripts of an operation: `b`, the body, or `f`, the clean-up.
  place block(char which) const { return {*task, position + "." + which}; }

  const std::string* task;
  std::string position;
};

/// Runs one program with weft's primitives, as a user would call them.
///
/// An operation gives the text of its result, and a script the number of its operations that ended normally.
class interpreter {
 public:
  explicit interpreter(const program& p) : program_{&p}, things_{p} {}

  /// The main task: starts the tasks, waits for them, cancels what is left, and tells how they ended.
  weft::task<> main();

  std::vector<std::string> lines() const { return trace_.lines(); }

 private:
  using result = weft::task<std::string>;

  // interpreter.cpp
  weft::task<> cancel_what_is_left();
  weft::task<std::int64_t> child(std::string name, const script& ops);
  weft::task<std::int64_t> run(place here, const script& ops);
  weft::task<std::int64_t> step(place here, const op& o);
  result perform(const place& here, const op& o);
  void log(const place& here, std::string_view text) { trace_.add(*here.task, here.position, text); }

  // operations.cpp
  result perform_plain(const op& o);
  result sleep(const op& o);
  result yield();
  result acquire(const op& o);
  std::string release(const op& o);
  result sem_acquire(const op& o);
  result put(const op& o);
  result get(const op& o);
  std::string put_nowait(const op& o);
  std::string get_nowait(const op& o);
  std::string task_done(const op& o);
  result join(const op& o);
  result wait(const op& o);
  result cond_wait(const op& o);
  result cond_notify(const op& o);
  result barrier(const op& o);
  result await(const op& o);
  result shield(const op& o);
  result raise(const op& o);

  // blocks.cpp
  result hold_lock(const place& here, const op& o);
  result hold_permit(const place& here, const op& o);
  result timeout(const place& here, const op& o);
  result try_block(const place& here, const op& o);
  result finally(const place& here, const op& o);
  result group(const place& here, const op& o);
  result gather(const place& here, const op& o);
  std::string child_name(const place& here, std::size_t i) const;

  const program* program_;
  things things_;
  trace trace_;
  std::vector<weft::task_handle<std::int64_t>> tasks_;
  std::vector<std::pair<std::string, weft::any_task_handle>> started_;  // all, in the order of their first steps
};

/// Runs a program on the simulated clock; gives the lines of its trace.
std::vector<std::string> run_program(const program& p);

}  // namespace ops
