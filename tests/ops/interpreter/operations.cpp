// The operations without inner scripts: each is one call of a primitive.

#include <support/python_errors.hpp>

#include "interpreter.hpp"

namespace ops {

using std::chrono::microseconds;
using weft::task;

namespace {
task<std::string> immediately(std::string result = {}) { co_return result; }
}  // namespace

interpreter::result interpreter::perform_plain(const op& o) {
  switch (o.kind) {
    case op_kind::sleep:
      return sleep(o);
    case op_kind::yield:
      return yield();
    case op_kind::acquire:
      return acquire(o);
    case op_kind::release:
      return immediately(release(o));
    case op_kind::sem_acquire:
      return sem_acquire(o);
    case op_kind::sem_release:
      things_.sems[o.index()].release();
      return immediately();
    case op_kind::put:
      return put(o);
    case op_kind::get:
      return get(o);
    case op_kind::put_nowait:
      return immediately(put_nowait(o));
    case op_kind::get_nowait:
      return immediately(get_nowait(o));
    case op_kind::task_done:
      return immediately(task_done(o));
    case op_kind::join:
      return join(o);
    case op_kind::set:
      things_.events[o.index()].set();
      return immediately();
    case op_kind::clear:
      things_.events[o.index()].clear();
      return immediately();
    case op_kind::wait:
      return wait(o);
    case op_kind::cond_wait:
      return cond_wait(o);
    case op_kind::cond_notify:
      return cond_notify(o);
    case op_kind::barrier:
      return barrier(o);
    case op_kind::cancel:
      return immediately(std::to_string(tasks_[o.index()].cancel()));
    case op_kind::await:
      return await(o);
    case op_kind::shield:
      return shield(o);
    case op_kind::raise:
      return raise(o);
    default:
      throw std::logic_error{"an operation without an answer"};
  }
}

interpreter::result interpreter::sleep(const op& o) {
  co_await weft::sleep(microseconds{o.numbers[0]});
  co_return "";
}

interpreter::result interpreter::yield() {
  co_await weft::checkpoint();
  co_return "";
}

interpreter::result interpreter::acquire(const op& o) {
  weft::lock::guard held = co_await things_.locks[o.index()].acquire();
  held.detach();
  co_return "";
}

std::string interpreter::release(const op& o) {
  try {
    things_.locks[o.index()].release();
    return "";
  } catch (const std::logic_error&) {
    return "RuntimeError";
  }
}

interpreter::result interpreter::sem_acquire(const op& o) {
  weft::semaphore::permit held = co_await things_.sems[o.index()].acquire();
  held.detach();
  co_return "";
}

interpreter::result interpreter::put(const op& o) {
  return std::visit(
      [item = o.numbers[1]](auto& queue) -> result {
        return [](auto& to, std::int64_t value) -> result {
          co_await to.put(value);
          co_return "";
        }(queue, item);
      },
      things_.queues[o.index()]);
}

interpreter::result interpreter::get(const op& o) {
  return std::visit(
      [](auto& queue) -> result {
        const std::int64_t item = co_await queue.get();
        co_return std::to_string(item);
      },
      things_.queues[o.index()]);
}

std::string interpreter::put_nowait(const op& o) {
  try {
    std::visit([&](auto& queue) { queue.put_nowait(o.numbers[1]); }, things_.queues[o.index()]);
    return "";
  } catch (const weft::queue_full&) {
    return "QueueFull";
  }
}

std::string interpreter::get_nowait(const op& o) {
  try {
    return std::to_string(std::visit([](auto& queue) { return queue.get_nowait(); }, things_.queues[o.index()]));
  } catch (const weft::queue_empty&) {
    return "QueueEmpty";
  }
}

std::string interpreter::task_done(const op& o) {
  try {
    std::visit([](auto& queue) { queue.task_done(); }, things_.queues[o.index()]);
    return "";
  } catch (const std::logic_error&) {
    return "ValueError";
  }
}

interpreter::result interpreter::join(const op& o) {
  return std::visit(
      [](auto& queue) -> result {
        co_await queue.join();
        co_return "";
      },
      things_.queues[o.index()]);
}

interpreter::result interpreter::wait(const op& o) {
  co_await things_.events[o.index()].wait();
  co_return "";
}

interpreter::result interpreter::cond_wait(const op& o) {
  weft::condition& condition = things_.conds[o.index()];
  weft::lock::guard held = co_await condition.acquire();
  co_await condition.wait(held);
  co_return "";
}

interpreter::result interpreter::cond_notify(const op& o) {
  weft::condition& condition = things_.conds[o.index()];
  const weft::lock::guard held = co_await condition.acquire();
  condition.notify(static_cast<std::size_t>(o.numbers[1]));
  co_return "";
}

interpreter::result interpreter::barrier(const op& o) {
  const std::size_t index = co_await things_.barriers[o.index()].wait();
  co_return std::to_string(index);
}

interpreter::result interpreter::await(const op& o) {
  const std::int64_t value = co_await tasks_[o.index()];
  co_return std::to_string(value);
}

interpreter::result interpreter::shield(const op& o) {
  const std::int64_t value = co_await weft::shield(tasks_[o.index()]);
  co_return std::to_string(value);
}

interpreter::result interpreter::raise(const op& o) {
  throw scenario::value_error{o.tag};
  co_return "";
}

}  // namespace ops
