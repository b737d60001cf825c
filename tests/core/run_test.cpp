#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

struct note_on_exit {
  std::string& trace;
  std::string text;
  note_on_exit(std::string& t, std::string what) : trace{t}, text{std::move(what)} {}
  ~note_on_exit() { trace += text; }
};

TEST(Run, GivesTheValueOrThrowsTheError) {
  EXPECT_EQ(weft::run([]() -> weft::task<int> { co_return 1; }), 1);
  auto box = weft::run([]() -> weft::task<std::unique_ptr<int>> { co_return std::make_unique<int>(2); });
  EXPECT_EQ(*box, 2);
  static int variable = 0;
  int& same = weft::run([]() -> weft::task<int&> { co_return variable; });
  EXPECT_EQ(&same, &variable);
  weft::run(weft::sleep(1h), simulated);
  EXPECT_THROW(weft::run([]() -> weft::task<> {
                 throw std::domain_error{"no"};
                 co_return;
               }),
               std::domain_error);
}

TEST(Run, InsideARunningLoopIsRefusedAndStartsNothing) {
  bool started = false;
  weft::run(
      [&]() -> weft::task<> {
        EXPECT_THROW(weft::run([&]() -> weft::task<> {
                       started = true;
                       co_return;
                     }),
                     std::logic_error);
        co_return;
      },
      simulated);
  EXPECT_FALSE(started);
  weft::run([]() -> weft::task<> { co_return; });  // the loop of before has gone
}

TEST(Run, StoppedByItsOwnTaskThrowsCancelledError) {
  EXPECT_THROW(weft::run(
                   []() -> weft::task<> {
                     weft::current_task().cancel();
                     co_await weft::checkpoint();
                   },
                   simulated),
               weft::cancelled_error);
  EXPECT_EQ(weft::run(
                []() -> weft::task<int> {
                  weft::current_task().cancel();
                  co_return 1;  // what has completed has completed
                },
                simulated),
            1);
}

weft::task<> leftover(std::string& trace, std::string name) {
  note_on_exit left{trace, name + " "};
  co_await weft::sleep(1h);
}
weft::task<> slow_leftover(std::string& trace) {
  auto clean_up = [&]() -> weft::task<> {
    co_await weft::sleep(1s);
    trace += "slow ";
  };
  co_await weft::with(weft::finally(clean_up), [&]() -> weft::task<> { co_await leftover(trace, "c"); });
}

TEST(Run, CancelsTheLeftoversInOrderOfCreationAndWaitsForThem) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        weft::create_task(leftover(trace, "a"));
        weft::create_task(leftover(trace, "b"));
        weft::create_task(slow_leftover(trace));
        co_await weft::checkpoint();
        weft::create_task(leftover(trace, "d"));
        trace += "main ";
      },
      simulated);
  EXPECT_EQ(trace, "main a b c d slow ");
}

TEST(Run, LetsATaskBeginThatMainCreatedLast) {
  bool begun = false;
  weft::run(
      [&]() -> weft::task<> {
        weft::create_task([&]() -> weft::task<> {
          begun = true;
          co_await weft::sleep(1h);
        });
        co_return;
      },
      simulated);
  EXPECT_TRUE(begun);
}

TEST(Run, ReportsTheErrorsOfLeftovers) {
  std::string reported;
  weft::run(
      [&]() -> weft::task<> {
        weft::this_loop().set_exception_handler(
            [&](const weft::exception_context& context) { reported += weft::what(context.exception); });
        weft::create_task([]() -> weft::task<> {
          auto clean_up = []() -> weft::task<> {
            throw std::runtime_error{"clean-up failed"};
            co_return;
          };
          co_await weft::with(weft::finally(clean_up), []() -> weft::task<> { co_await weft::sleep(1h); });
        });
        co_await weft::checkpoint();
      },
      simulated);
  EXPECT_EQ(reported, "clean-up failed");
}

TEST(Run, NamesWhoWaitsForWhatWhenNothingCanHappenAnyMore) {
  std::string what;
  std::string trace;
  try {
    weft::run(
        [&]() -> weft::task<> {
          note_on_exit left{trace, "main left "};
          weft::promise<> never;
          auto future = never.get_future();
          auto other = weft::create_task([&]() -> weft::task<> { co_await future; }, {.name = "helper"});
          co_await other;
        },
        simulated);
  } catch (const weft::deadlock_error& e) {
    what = e.what();
  }
  EXPECT_TRUE(std::regex_match(what, std::regex{"nothing can ever happen again:\n"
                                                "  main waits in co_await task at .*run_test.cpp:\\d+\\)\n"
                                                "  helper waits in co_await future at .*run_test.cpp:\\d+\\)"}))
      << what;
  EXPECT_EQ(trace, "main left ");
}

/// Takes the kernel's side of the loop away from it.
void close_epoll() {
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != "anon_inode:[eventpoll]") continue;
    ::close(std::stoi(entry.path().filename().string()));
    return;
  }
}

TEST(Run, LeavesTheThreadFreeForAnotherWhenTheKernelFails) {
  const auto main = []() -> weft::task<> {
    close_epoll();
    co_await weft::sleep(1h);
  };
  EXPECT_THROW(weft::run(main, {.backend = weft::backend_kind::epoll}), std::system_error);
  EXPECT_EQ(weft::run([]() -> weft::task<int> { co_return 1; }), 1);
}

TEST(Run, TurnsTheFirstSignalIntoAStopOfMain) {
  std::string trace;
  int signal = 0;
  try {
    weft::run([&]() -> weft::task<> {
      note_on_exit left{trace, "left "};
      std::raise(SIGINT);
      co_await weft::sleep(1h);
    });
  } catch (const weft::interrupted& e) {
    signal = e.signal();
  }
  EXPECT_EQ(signal, SIGINT);
  EXPECT_EQ(trace, "left ");
}

TEST(Runner, SharesOneLoopBetweenRuns) {
  weft::runner runner{simulated};
  weft::task_handle<int> background;
  auto first = runner.run([&]() -> weft::task<weft::loop_handle> {
    background = weft::create_task([]() -> weft::task<int> {
      co_await weft::sleep(2s);
      co_return 5;
    });
    co_await weft::sleep(1s);
    co_return weft::this_loop();
  });
  EXPECT_EQ(first, runner.get_loop());
  EXPECT_FALSE(background.done());
  int got = runner.run([&]() -> weft::task<int> {
    EXPECT_EQ(weft::now().time_since_epoch(), 1s);
    int value = co_await background;
    co_return value;
  });
  EXPECT_EQ(got, 5);
}

TEST(Runner, GoesOnAfterARunThatFailed) {
  weft::runner runner{simulated};
  EXPECT_THROW(runner.run([]() -> weft::task<> {
    throw std::runtime_error{"failed"};
    co_return;
  }),
               std::runtime_error);
  EXPECT_EQ(runner.run([]() -> weft::task<int> { co_return 1; }), 1);
}

TEST(Runner, ClosedTwiceIsClosedAndRunsNoMore) {
  std::string trace;
  weft::runner runner{simulated};
  runner.run([&]() -> weft::task<> {
    weft::create_task([&]() -> weft::task<> {
      note_on_exit left{trace, "left "};
      co_await weft::sleep(1h);
    });
    co_await weft::checkpoint();
  });
  EXPECT_EQ(trace, "");
  runner.close();
  EXPECT_EQ(trace, "left ");
  runner.close();
  EXPECT_THROW(runner.run([]() -> weft::task<> { co_return; }), std::logic_error);
  EXPECT_THROW((void)runner.get_loop(), std::logic_error);
}

}  // namespace
