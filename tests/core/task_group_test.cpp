#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::task_group;

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

task<> note(std::string& trace, std::string text, std::chrono::milliseconds after) {
  co_await weft::sleep(after);
  trace += text + " ";
}

TEST(TaskGroup, GivesTheValueOfItsBlock) {
  const int value = weft::run(
      []() -> task<int> {
        co_return co_await weft::with(task_group{}, [](task_group& tg) -> task<int> {
          auto child = tg.create_task([]() -> task<int> { co_return 3; });
          co_return co_await child + 1;
        });
      },
      simulated);
  EXPECT_EQ(value, 4);
}

TEST(TaskGroup, CancelEndsBlockAndChildrenWithoutAnError) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
          tg.create_task(note(trace, "child", 1h));
          co_await weft::sleep(1ms);
          tg.cancel();
          tg.cancel();
          trace += "cancelled ";
          co_await weft::checkpoint();
          trace += "unreachable ";
        });
        trace += "after";
      },
      simulated);
  EXPECT_EQ(trace, "cancelled after");
}

TEST(TaskGroup, CancelBeforeTheBlockStopsItAtItsFirstSuspension) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        task_group tg;
        tg.cancel();
        co_await weft::with(tg, [&]() -> task<> {
          trace += "begun ";
          co_await weft::checkpoint();
          trace += "unreachable ";
        });
        trace += "after";
      },
      simulated);
  EXPECT_EQ(trace, "begun after");
}

TEST(TaskGroup, ABlockThatWasCancelledHasNoValue) {
  EXPECT_THROW(weft::run(
                   []() -> task<int> {
                     co_return co_await weft::with(task_group{}, [](task_group& tg) -> task<int> {
                       tg.cancel();
                       co_await weft::checkpoint();
                       co_return 1;
                     });
                   },
                   simulated),
               weft::cancelled_error);
}

TEST(TaskGroup, ErrorsWinOverAStopAndTheStopStays) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        auto victim = weft::create_task([&]() -> task<> {
          try {
            co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
              tg.create_task([]() -> task<> {
                co_await weft::with(weft::finally([]() -> task<> {
                                      throw std::runtime_error{"clean-up"};
                                      co_return;
                                    }),
                                    []() -> task<> { co_await weft::sleep(1h); });
              });
              co_return;
            });
          } catch (const weft::exception_group& group) {
            trace += weft::what(group.exceptions().front()) + " ";
          }
          co_await weft::checkpoint();
          trace += "unreachable ";
        });
        co_await weft::sleep(1ms);
        victim.cancel();
        co_await weft::wait(std::vector(1, victim));
        EXPECT_TRUE(victim.cancelled());
      },
      simulated);
  EXPECT_EQ(trace, "clean-up ");
}

/// Says in its destructor that it was stopped.
task<> until_stopped(std::string& trace, std::string name) {
  struct note_stop {
    std::string& trace;
    std::string& name;
    ~note_stop() { trace += name + " "; }
  } const last{trace, name};
  co_await weft::sleep(1h);
}

TEST(TaskGroup, StopsItsChildrenInOrderOfCreation) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
          for (const char* name : {"a", "b", "c", "d"}) tg.create_task(until_stopped(trace, name));
          co_await weft::sleep(1ms);
          tg.cancel();
        });
      },
      simulated);
  EXPECT_EQ(trace, "a b c d ");
}

TEST(TaskGroup, AFailureOutsideStopsAnInnerGroupWhichAddsNothing) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        try {
          co_await weft::with(task_group{}, [&](task_group& outer) -> task<> {
            outer.create_task([]() -> task<> {
              co_await weft::sleep(1ms);
              throw std::runtime_error{"outer child"};
            });
            co_await weft::with(task_group{}, [&](task_group& inner) -> task<> {
              inner.create_task(until_stopped(trace, "inner child"));
              co_await until_stopped(trace, "inner block");
            });
            trace += "unreachable ";
          });
        } catch (const weft::exception_group& group) {
          EXPECT_EQ(group.exceptions().size(), 1U);
          trace += weft::what(group.exceptions().front());
        }
      },
      simulated);
  EXPECT_EQ(trace, "inner block inner child outer child");
}

TEST(TaskGroup, RefusesNewChildrenWhileItIsBeingStopped) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
          tg.cancel();
          try {
            tg.create_task(note(trace, "child", 0ms));
          } catch (const std::logic_error&) {
            trace += "refused";
          }
          co_return;
        });
      },
      simulated);
  EXPECT_EQ(trace, "refused");
}

TEST(TaskGroup, ChildrenEndBeforeTheBlocksOwnerGoesOn) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
          tg.create_task(note(trace, "slow", 20ms));
          tg.create_task(note(trace, "fast", 10ms));
          co_return;
        });
        trace += "after";
      },
      simulated);
  EXPECT_EQ(trace, "fast slow after");
}

TEST(TaskGroup, ABlockThatIsNoCoroutineMayCreateTasks) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        co_await weft::with(task_group{}, [&](task_group& tg) {
          tg.create_task(note(trace, "child", 10ms));
          return note(trace, "block", 20ms);
        });
        trace += "after";
      },
      simulated);
  EXPECT_EQ(trace, "child block after");
}

TEST(TaskGroup, ABlockThatThrowsBeforeItIsACoroutineStopsItsTasks) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        try {
          co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
            tg.create_task(note(trace, "child", 10ms));
            if (trace.empty()) throw std::runtime_error{"block"};
            return note(trace, "block", 20ms);
          });
        } catch (const weft::exception_group& group) {
          for (const std::exception_ptr& e : group.exceptions()) trace += weft::what(e);
        }
      },
      simulated);
  EXPECT_EQ(trace, "block");
}

TEST(TaskGroupStart, GivesWhatTheTaskSaysAndLetsItGoOn) {
  std::string trace;
  weft::run(
      [&]() -> task<> {
        co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
          const int port = co_await tg.start<int>([&](weft::task_status<int> status) -> task<> {
            co_await weft::sleep(5ms);
            status.started(80);
            co_await weft::sleep(5ms);
            trace += "served";
          });
          trace += std::to_string(port) + " ";
        });
      },
      simulated);
  EXPECT_EQ(trace, "80 served");
}

TEST(TaskGroupStart, ThrowsWhatTheTaskThrowsBeforeItIsReady) {
  weft::run(
      []() -> task<> {
        co_await weft::with(task_group{}, [](task_group& tg) -> task<> {
          try {
            co_await tg.start([](weft::task_status<>) -> task<> {
              co_await weft::checkpoint();
              throw std::runtime_error{"no port"};
            });
            ADD_FAILURE() << "unreachable";
          } catch (const std::runtime_error& e) {
            EXPECT_STREQ(e.what(), "no port");
          }
          co_await weft::sleep(1ms);  // the group goes on
        });
      },
      simulated);
}

TEST(TaskGroupStart, ThrowsIfTheTaskEndsWithoutAWord) {
  weft::run(
      []() -> task<> {
        co_await weft::with(task_group{}, [](task_group& tg) -> task<> {
          try {
            co_await tg.start([](weft::task_status<>) -> task<> { co_return; });
            ADD_FAILURE() << "unreachable";
          } catch (const weft::error&) {
          }
        });
      },
      simulated);
}

}  // namespace
