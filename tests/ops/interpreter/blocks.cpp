// The operations with inner scripts.

#include <support/python_errors.hpp>

#include "interpreter.hpp"

namespace ops {

using scenario::show;
using std::chrono::microseconds;
using weft::task;

namespace {

/// `async with lock`. A guard would do, but here leaving a lock that somebody else has released is an error, and
/// destructors report none.
class holding {
 public:
  explicit holding(weft::lock& wanted) : lock_{&wanted} {}
  task<> enter() {
    weft::lock::guard held = co_await lock_->acquire();
    held.detach();
  }
  void exit() { lock_->release(); }

 private:
  weft::lock* lock_;
};

void add_word(std::string& to, const std::string& word) { to += (to.empty() ? "" : " ") + word; }

}  // namespace

interpreter::result interpreter::hold_lock(const place& here, const op& o) {
  const std::int64_t count = co_await weft::with(holding{things_.locks[o.index()]}, [&]() -> task<std::int64_t> {
    log(here, "lock entered");
    return run(here, o.scripts[0]);
  });
  co_return std::to_string(count);
}

interpreter::result interpreter::hold_permit(const place& here, const op& o) {
  const weft::semaphore::permit held = co_await things_.sems[o.index()].acquire();
  log(here, "sem entered");
  const std::int64_t count = co_await run(here, o.scripts[0]);
  co_return std::to_string(count);
}

interpreter::result interpreter::timeout(const place& here, const op& o) {
  weft::timeout_scope limit = weft::timeout(microseconds{o.numbers[0]});
  co_await weft::with(limit, [&]() -> task<std::int64_t> { return run(here, o.scripts[0]); });
  co_return limit.expired() ? "expired" : "in time";
}

interpreter::result interpreter::try_block(const place& here, const op& o) {
  try {
    const std::int64_t count = co_await run(here, o.scripts[0]);
    co_return std::to_string(count);
  } catch (...) {
    co_return "caught " + scenario::show_current();
  }
}

interpreter::result interpreter::finally(const place& here, const op& o) {
  const auto clean_up = [&]() -> task<> {
    log(here, "cleanup");
    co_await run(here.block('f'), o.scripts[1]);
  };
  const std::int64_t count = co_await weft::with(
      weft::finally(clean_up), [&]() -> task<std::int64_t> { return run(here.block('b'), o.scripts[0]); });
  co_return std::to_string(count);
}

interpreter::result interpreter::group(const place& here, const op& o) {
  std::vector<weft::task_handle<std::int64_t>> children;
  co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<std::int64_t> {
    for (std::size_t i = 0; i + 1 < o.scripts.size(); ++i) {
      children.push_back(tg.create_task(child(child_name(here, i), o.scripts[i])));
    }
    return run(here.block('b'), o.scripts.back());
  });
  std::string values;
  for (const auto& c : children) add_word(values, c.cancelled() ? "cancelled" : std::to_string(c.result()));
  co_return values;
}

interpreter::result interpreter::gather(const place& here, const op& o) {
  std::vector<task<std::int64_t>> children;
  for (std::size_t i = 0; i != o.scripts.size(); ++i) {
    children.push_back(child(child_name(here, i), o.scripts[i]));
  }
  std::string values;
  const bool settle = o.numbers[0] != 0;
  if (settle) {
    const auto results = co_await weft::gather(weft::return_exceptions, std::move(children));
    for (const auto& r : results) add_word(values, r ? std::to_string(*r) : show(r.error()));
  } else {
    const std::vector<std::int64_t> results = co_await weft::gather(std::move(children));
    for (const std::int64_t value : results) add_word(values, std::to_string(value));
  }
  co_return values;
}

std::string interpreter::child_name(const place& here, std::size_t i) const {
  return *here.task + "/" + here.position + "." + std::to_string(i);
}

}  // namespace ops
