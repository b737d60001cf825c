#include <gtest/gtest.h>

#include <string>
#include <vector>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::task_group;
using weft::testing::failure;
using weft::testing::for_each_stop;

template <class F>
std::string failure_of(F&& program, weft::testing::options how = {}) {
  try {
    for_each_stop(std::forward<F>(program), how);
  } catch (const failure& e) {
    return e.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ForEachStop, StopsAtEveryPlace) {
  std::vector<int> reached;
  const auto counts = for_each_stop([&]() -> task<> {
    reached.push_back(0);
    for (int i = 0; i != 3; ++i) {
      co_await weft::sleep(1ms);
      ++reached.back();
    }
  });
  EXPECT_EQ(counts.stopped, 7U);
  EXPECT_EQ(counts.failed, 0U);
  EXPECT_EQ(counts.returned, 0U);
  EXPECT_EQ(reached, (std::vector{0, 0, 1, 1, 2, 2, 3}));
}

TEST(ForEachStop, FindsAPlantedLeak) {
  int open = 0;
  const auto program = [&]() -> task<> {
    ++open;
    co_await weft::sleep(1ms);
    --open;  // not done by a destructor
  };
  const auto left_open = [&] { return open != 0; };
  const std::string text = failure_of(program, {.failed = left_open});
  EXPECT_TRUE(contains(text, "stopped at place 2: a check has failed")) << text;
  EXPECT_TRUE(contains(text, "WEFT_TEST_STOP=2")) << text;
}

TEST(ForEachStop, FindsATaskThatIsForgottenWhenStopped) {
  const auto program = []() -> task<> {
    auto beside = weft::create_task([]() -> task<> { co_await weft::sleep(5ms); }, {.name = "beside"});
    co_await weft::sleep(1ms);
    co_await beside;
  };
  const std::string text = failure_of(program);
  EXPECT_TRUE(contains(text, "stopped at place 2")) << text;
  EXPECT_TRUE(contains(text, "beside waits in sleep")) << text;
}

TEST(ForEachStop, FindsAHangInCleanUp) {
  const auto program = []() -> task<> {
    weft::event saved;
    co_await weft::with(weft::finally([&]() -> task<> { co_await saved.wait(); }), [&]() -> task<> {
      co_await weft::sleep(1ms);
      saved.set();
    });
  };
  const std::string text = failure_of(program);
  EXPECT_TRUE(contains(text, "stopped at place 2")) << text;
  EXPECT_TRUE(contains(text, "event.wait")) << text;
}

TEST(ForEachStop, FindsAnErrorInsteadOfAStop) {
  const auto program = []() -> task<> {
    bool done = false;
    co_await weft::with(weft::finally([&]() -> task<> {
                          if (!done) throw std::runtime_error{"not done"};
                          co_return;
                        }),
                        [&]() -> task<> {
                          co_await weft::sleep(1ms);
                          done = true;
                        });
  };
  EXPECT_TRUE(contains(failure_of(program), "not done"));
  const auto counts = for_each_stop(program, {.may_fail_when_stopped = true});
  EXPECT_EQ(counts.failed, 2U);
  EXPECT_EQ(counts.stopped, 1U);
}

TEST(ForEachStop, AProgramThatFailsByItselfFails) {
  EXPECT_TRUE(contains(failure_of(
                           []() -> task<> {
                             co_await weft::checkpoint();
                             throw std::runtime_error{"always"};
                           },
                           {.may_fail_when_stopped = true}),
                       "always"));
}

TEST(ForEachStop, StopsAnyTask) {
  std::vector<weft::task_handle<void>> all;
  int others = 0;
  const auto counts = for_each_stop(
      [&]() -> task<> {
        all.clear();
        co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
          for (int i = 0; i != 3; ++i) all.push_back(tg.create_task(weft::sleep((1 + i) * 1ms)));
          co_return;
        });
        for (const auto& each : all) others += each.cancelled() ? 1 : 0;
        all.clear();
      },
      {.stop = weft::testing::stops::any_task, .may_leave_frames = true});
  EXPECT_GT(others, 0);
  EXPECT_EQ(counts.returned, static_cast<std::uint64_t>(others));
}

TEST(ForEachStop, ShuffledToo) {
  for (std::uint64_t seed = 1; seed != 10; ++seed) {
    for_each_stop(
        []() -> task<> {
          co_await weft::gather(weft::sleep(1ms), weft::sleep(1ms), weft::sleep(1ms));
          co_await weft::checkpoint();
        },
        {.seed = seed});
  }
}

}  // namespace
