#pragma once

// Programs that must hold their invariants in whatever order tasks go on. WEFT_TEST_SEEDS says under how many seeds.

#include <gtest/gtest.h>

#include <chrono>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace weft::testing {

template <class F>
void under_all_schedules(F program, options how = {}) {
  how.failed = [] { return ::testing::Test::HasFailure(); };
  for_each_seed(200, program, how);
}

/// Runs `work(i)` for 0 to n - 1 at the same time.
template <class F>
task<> all_of(int n, F& work) {
  co_await with(task_group{}, [&](task_group& tg) -> task<> {
    for (int i = 0; i != n; ++i) tg.create_task([&work, i]() -> task<> { co_await work(i); });
    co_return;
  });
}

/// Lets others run, some milliseconds or some turns long.
inline task<> dawdle(int n) {
  if (n % 3 == 0) {
    co_await sleep(std::chrono::milliseconds{n % 2 + 1});
  } else {
    for (int turns = n % 3; turns != 0; --turns) co_await checkpoint();
  }
}

}  // namespace weft::testing
