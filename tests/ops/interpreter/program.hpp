#pragma once

// Programs in a small language of operations on weft's primitives, with which weft is compared with CPython's asyncio:
// tasks run scripts, and every step leaves a line in a trace. They are JSON, generated at random; all times are whole
// microseconds of the simulated clock.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ops {

/// The text is no program; what() tells where and why.
class bad_program : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class op_kind : std::uint8_t {
  nap,
  sleep,
  yield,
  acquire,
  release,
  sem_acquire,
  sem_release,
  put,
  get,
  put_nowait,
  get_nowait,
  task_done,
  join,
  set,
  clear,
  wait,
  cond_wait,
  cond_notify,
  barrier,
  cancel,
  await,
  shield,
  raise,
  lock,
  sem,
  timeout,
  try_block,
  finally,
  group,
  gather
};

struct op;
using script = std::vector<op>;

/// One operation: its name, and its operands by type, each in the order in which the program has them.
struct op {
  op_kind kind;
  std::string_view name;              ///< as in the program and the trace
  std::vector<std::int64_t> numbers;  ///< indices, times, items, flags
  std::string tag;                    ///< of raise
  std::vector<script> scripts;        ///< of a block; a group's body is the last

  std::size_t index() const { return static_cast<std::size_t>(numbers.at(0)); }
};

enum class queue_kind : std::uint8_t { fifo, lifo, prio };

struct program {
  std::int64_t deadline = 0;  ///< after this time the main task begins to cancel
  std::size_t locks = 0;
  std::size_t events = 0;
  std::size_t conds = 0;
  std::vector<std::size_t> sems;                           ///< their first values
  std::vector<std::pair<queue_kind, std::size_t>> queues;  ///< with their sizes, 0: unbounded
  std::vector<std::size_t> barriers;                       ///< their parties
  std::vector<script> tasks;
};

/// Reads a program. Throws bad_program.
program read_program(std::string_view json);

}  // namespace ops
