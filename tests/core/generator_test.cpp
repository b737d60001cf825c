#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

struct note_on_exit {
  std::string& trace;
  const char* text;
  note_on_exit(std::string& t, const char* what) : trace{t}, text{what} {}
  ~note_on_exit() { trace += text; }
};

weft::async_generator<int> count(int end, std::string& trace) {
  note_on_exit left{trace, "left "};
  for (int i = 0; i < end; ++i) {
    trace += "run ";
    co_yield i;
  }
}

/// Waits before each value, and has clean-up that waits too.
weft::async_generator<int> careful(std::string& trace, const char* name) {
  co_await weft::on_close([&trace, name]() -> weft::task<> {
    co_await weft::sleep(1ms);
    trace.append(name).append(" closed ");
  });
  note_on_exit left{trace, "left "};
  for (int i = 0;; ++i) {
    co_await weft::sleep(10ms);
    co_yield i;
  }
}

TEST(Generator, RunsOnlyWhileTheNextValueIsAwaited) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        auto numbers = count(2, trace);
        co_await weft::checkpoint();
        EXPECT_EQ(trace, "");
        std::optional<int> first = co_await numbers.next();
        EXPECT_EQ(first, 0);
        EXPECT_EQ(trace, "run ");
        std::optional<int> second = co_await numbers.next();
        EXPECT_EQ(second, 1);
        std::optional<int> end = co_await numbers.next();
        EXPECT_EQ(end, std::nullopt);
        EXPECT_EQ(trace, "run run left ");
        std::optional<int> after = co_await numbers.next();
        EXPECT_EQ(after, std::nullopt);
      },
      simulated);
}

TEST(Generator, ThatWasNeverAskedOnlyDestroysItsArguments) {
  auto alive = std::make_shared<int>(1);
  auto keep = [](std::shared_ptr<int> held) -> weft::async_generator<int> { co_yield *held; };
  {
    auto numbers = keep(alive);
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Generator, OfADefaultConstructedObjectHasEnded) {
  weft::run(
      []() -> weft::task<> {
        weft::async_generator<int> none;
        std::optional<int> end = co_await none.next();
        EXPECT_EQ(end, std::nullopt);
        co_await none.close();
      },
      simulated);
}

TEST(Generator, RunsInsideTheConsumersTask) {
  weft::run(
      []() -> weft::task<> {
        auto ask = []() -> weft::async_generator<weft::any_task_handle> {
          for (;;) {
            co_await weft::checkpoint();
            co_yield weft::current_task();
          }
        };
        auto who = ask();
        std::optional<weft::any_task_handle> me = co_await who.next();
        EXPECT_EQ(*me, weft::current_task());
        auto other = weft::create_task([&]() -> weft::task<bool> {
          std::optional<weft::any_task_handle> it = co_await who.next();
          co_return *it == weft::current_task();
        });
        bool same = co_await other;
        EXPECT_TRUE(same);
      },
      simulated);
}

weft::async_generator<std::string> texts() {
  std::string kept = "kept";
  co_yield kept;  // copied
  co_yield kept;
  co_yield std::move(kept);
  co_yield kept.empty() ? "moved" : "not moved";  // NOLINT(bugprone-use-after-move): that is the question
  co_yield std::string(100, 'x');
}

TEST(Generator, CopiesVariablesAndMovesTemporaries) {
  std::vector<std::string> got;
  weft::run(
      [&]() -> weft::task<> {
        auto source = texts();
        while (auto text = co_await source.next()) got.push_back(*std::move(text));
      },
      simulated);
  EXPECT_EQ(got, (std::vector<std::string>{"kept", "kept", "kept", "moved", std::string(100, 'x')}));
}

weft::async_generator<std::unique_ptr<int>> boxes() {
  for (int i = 0; i < 3; ++i) co_yield std::make_unique<int>(i);
}

TEST(Generator, CarriesMoveOnlyValues) {
  int sum = 0;
  weft::run(
      [&]() -> weft::task<> {
        auto source = boxes();
        while (auto box = co_await source.next()) sum += **box;
      },
      simulated);
  EXPECT_EQ(sum, 3);
}

weft::async_generator<int&> each(std::vector<int>& items) {
  for (int& item : items) co_yield item;
}
weft::async_generator<const std::string&> views(const std::string& one) {
  co_yield one;
  co_yield std::string{"temporary"};
}

TEST(Generator, OfReferencesGivesPointers) {
  weft::run(
      []() -> weft::task<> {
        std::vector<int> items{1, 2, 3};
        auto references = each(items);
        while (int* item = co_await references.next()) *item *= 10;
        EXPECT_EQ(items, (std::vector<int>{10, 20, 30}));

        const std::string one = "one";
        auto texts = views(one);
        const std::string* first = co_await texts.next();
        EXPECT_EQ(first, &one);
        const std::string* second = co_await texts.next();
        EXPECT_EQ(*second, "temporary");  // lives until the body goes on
        const std::string* end = co_await texts.next();
        EXPECT_EQ(end, nullptr);
      },
      simulated);
}

TEST(Generator, ThrowsWhatTheBodyThrowsAndHasEndedThen) {
  weft::run(
      []() -> weft::task<> {
        auto make = []() -> weft::async_generator<int> {
          co_yield 1;
          throw std::runtime_error{"broken"};
        };
        auto numbers = make();
        (void)co_await numbers.next();
        std::string error;
        try {
          (void)co_await numbers.next();
        } catch (const std::runtime_error& e) {
          error = e.what();
        }
        EXPECT_EQ(error, "broken");
        std::optional<int> end = co_await numbers.next();
        EXPECT_EQ(end, std::nullopt);
      },
      simulated);
}

TEST(Generator, RefusesASecondConsumerAtTheSameTime) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto numbers = careful(trace, "it");
        auto first = weft::create_task([&]() -> weft::task<> { (void)co_await numbers.next(); });
        co_await weft::checkpoint();
        int refused = 0;
        try {
          (void)co_await numbers.next();
        } catch (const std::logic_error&) {
          ++refused;
        }
        try {
          co_await numbers.close();
        } catch (const std::logic_error&) {
          ++refused;
        }
        EXPECT_EQ(refused, 2);
        co_await first;
        co_await numbers.close();
        EXPECT_EQ(trace, "it closed left ");
      },
      simulated);
}

TEST(Generator, CanBeMovedBetweenValuesAndWhileItsBodyWaits) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto first = count(3, trace);
        (void)co_await first.next();
        auto second = std::move(first);
        std::optional<int> one = co_await second.next();
        EXPECT_EQ(one, 1);
        second = count(1, trace);
        EXPECT_EQ(trace, "run run left ");
        std::optional<int> zero = co_await second.next();
        EXPECT_EQ(zero, 0);

        auto waits = careful(trace, "it");
        auto consumer = weft::create_task([&]() -> weft::task<int> {
          std::optional<int> n = co_await waits.next();
          co_return *n;
        });
        co_await weft::checkpoint();
        auto moved = std::move(waits);
        int got = co_await consumer;
        EXPECT_EQ(got, 0);
        std::optional<int> more = co_await moved.next();
        EXPECT_EQ(more, 1);
      },
      simulated);
}

TEST(Generator, MayBeAskedAMillionTimesWithoutUsingUpTheStack) {
  weft::run(
      []() -> weft::task<> {
        auto make = []() -> weft::async_generator<int> {
          for (int i = 0;; ++i) co_yield i;
        };
        auto numbers = make();
        long sum = 0;
        for (int i = 0; i < 1'000'000; ++i) {
          std::optional<int> n = co_await numbers.next();
          sum += *n;
        }
        EXPECT_EQ(sum, 499'999'500'000);
      },
      simulated);
}

TEST(GeneratorClosing, DestroyingASuspendedOneRunsDestructorsOnly) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        auto numbers = careful(trace, "it");
        (void)co_await numbers.next();
      },
      simulated);
  EXPECT_EQ(trace, "left ");
}

TEST(GeneratorClosing, CloseRunsTheCleanUpThenTheDestructors) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        auto numbers = careful(trace, "it");
        (void)co_await numbers.next();
        co_await numbers.close();
        EXPECT_EQ(trace, "it closed left ");
        EXPECT_EQ(weft::now().time_since_epoch(), 11ms);
        co_await numbers.close();
        std::optional<int> end = co_await numbers.next();
        EXPECT_EQ(end, std::nullopt);
      },
      simulated);
  EXPECT_EQ(trace, "it closed left ");
}

weft::async_generator<int> three_closers(std::string& trace, bool fail) {
  note_on_exit left{trace, "left "};
  for (const char* name : {"a ", "b ", "c "}) {
    co_await weft::on_close([&trace, name]() -> weft::task<> {
      co_await weft::checkpoint();
      trace += name;
    });
  }
  co_yield 1;
  if (fail) throw std::runtime_error{"body failed"};
}

TEST(GeneratorClosing, ItsOwnEndRunsTheLastRegisteredFirstBeforeItIsReported) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        auto numbers = three_closers(trace, false);
        while (co_await numbers.next()) trace += "item ";
        EXPECT_EQ(trace, "item left c b a ");
      },
      simulated);
}

TEST(GeneratorClosing, AnErrorOfTheBodyComesOutAfterTheCleanUp) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        auto numbers = three_closers(trace, true);
        try {
          while (co_await numbers.next()) trace += "item ";
        } catch (const std::runtime_error& e) {
          trace += e.what();
        }
      },
      simulated);
  EXPECT_EQ(trace, "item left c b a body failed");
}

TEST(GeneratorClosing, AnErrorOfCleanUpWinsAndTheEarlierOneIsReported) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        weft::this_loop().set_exception_handler([&](const weft::exception_context& context) {
          trace += "reported " + weft::what(context.exception) + "; ";
        });
        auto make = []() -> weft::async_generator<int> {
          co_await weft::on_close([]() -> weft::task<> {
            co_await weft::checkpoint();
            throw std::runtime_error{"first closer"};
          });
          co_await weft::on_close([]() -> weft::task<> {
            throw std::runtime_error{"last closer"};
            co_return;
          });
          co_yield 1;
          throw std::runtime_error{"body"};
        };
        auto numbers = make();
        (void)co_await numbers.next();
        try {
          (void)co_await numbers.next();
        } catch (const std::runtime_error& e) {
          trace += std::string{"thrown "} + e.what();
        }
        std::optional<int> end = co_await numbers.next();
        EXPECT_EQ(end, std::nullopt);
      },
      simulated);
  EXPECT_EQ(trace, "reported last closer; reported body; thrown first closer");
}

TEST(GeneratorClosing, AManagerClosesOnValueErrorAndStop) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        int got = co_await weft::with(weft::closing(careful(trace, "value")), [](auto& numbers) -> weft::task<int> {
          (void)co_await numbers.next();
          std::optional<int> second = co_await numbers.next();
          co_return *second;
        });
        EXPECT_EQ(got, 1);
        EXPECT_EQ(trace, "value closed left ");

        trace.clear();
        auto referred = careful(trace, "error");
        try {
          co_await weft::with(weft::closing(referred), [](auto& numbers) -> weft::task<> {
            (void)co_await numbers.next();
            throw std::runtime_error{"oops"};
          });
        } catch (const std::runtime_error& e) {
          trace += e.what();
        }
        EXPECT_EQ(trace, "error closed left oops");

        // The stop comes while the body of the generator waits: what it gave to on_close still runs.
        trace.clear();
        try {
          co_await weft::wait_for(weft::with(weft::closing(careful(trace, "stop")),
                                             [](auto& numbers) -> weft::task<> {
                                               while (co_await numbers.next()) {
                                               }
                                             }),
                                  25ms);
        } catch (const weft::timeout_error&) {
          trace += "timed out";
        }
        EXPECT_EQ(trace, "stop closed left timed out");
      },
      simulated);
}

TEST(GeneratorStop, EndsTheGeneratorWithItsDestructors) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        auto make = [&]() -> weft::async_generator<int> {
          note_on_exit left{trace, "left "};
          co_await weft::sleep(1h);
          co_yield 1;
        };
        auto numbers = make();
        auto late = co_await weft::move_on_after(5ms, numbers.next());
        EXPECT_FALSE(late.has_value());
        EXPECT_EQ(trace, "left ");
        std::optional<int> end = co_await numbers.next();
        EXPECT_EQ(end, std::nullopt);
      },
      simulated);
}

TEST(GeneratorStop, LeavesTheCleanUpToCloseOrToTheNextCallOfNext) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        auto closed = careful(trace, "one");
        auto late = co_await weft::move_on_after(5ms, closed.next());
        EXPECT_FALSE(late.has_value());
        EXPECT_EQ(trace, "");
        co_await closed.close();
        EXPECT_EQ(trace, "one closed left ");

        trace.clear();
        auto asked = careful(trace, "two");
        late = co_await weft::move_on_after(5ms, asked.next());
        EXPECT_FALSE(late.has_value());
        std::optional<int> end = co_await asked.next();
        EXPECT_EQ(end, std::nullopt);
        EXPECT_EQ(trace, "two closed left ");

        trace.clear();
        {
          auto dropped = careful(trace, "three");
          late = co_await weft::move_on_after(5ms, dropped.next());
        }
        EXPECT_EQ(trace, "left ");
      },
      simulated);
}

TEST(GeneratorStop, DoesNotReachCleanUp) {
  std::string trace;
  weft::run(
      [&]() -> weft::task<> {
        auto numbers = careful(trace, "it");
        (void)co_await numbers.next();
        auto closer = weft::create_task(numbers.close());
        co_await weft::checkpoint();
        closer.cancel();
        try {
          co_await closer;
        } catch (const weft::cancelled_error&) {
          trace += "cancelled ";
        }
        EXPECT_EQ(trace, "it closed left ");  // what has completed has completed

        trace.clear();
        auto ends = three_closers(trace, false);
        (void)co_await ends.next();
        auto consumer = weft::create_task([&]() -> weft::task<> {
          (void)co_await ends.next();
          trace += "end ";
          co_await weft::checkpoint();
          trace += "never ";
        });
        co_await weft::checkpoint();
        consumer.cancel();
        try {
          co_await consumer;
        } catch (const weft::cancelled_error&) {
          trace += "cancelled ";
        }
        EXPECT_EQ(trace, "left c b a end cancelled ");
      },
      simulated);
}

int alive = 0;
struct counted {
  counted() { ++alive; }
  counted(const counted&) { ++alive; }
  ~counted() { --alive; }
};

weft::task<int> step(int n) {
  const counted here;
  co_await weft::checkpoint();
  co_return n;
}
weft::async_generator<int> inner_source(std::string& trace) {
  const counted parameterless;
  co_await weft::on_close([&trace]() -> weft::task<> {
    const counted here;
    co_await weft::checkpoint();
    co_await weft::checkpoint();
    trace += "i";
  });
  for (int i = 0; i < 3; ++i) {
    int n = co_await step(i);
    co_yield n;
  }
}
weft::async_generator<std::string> outer_source(weft::async_generator<int> from, std::string& trace) {
  const counted here;
  co_await weft::on_close([&from, &trace]() -> weft::task<> {
    co_await from.close();
    trace += "o";
  });
  while (auto n = co_await from.next()) {
    co_await weft::checkpoint();
    co_yield std::to_string(*n);
  }
}

TEST(GeneratorStop, AtEverySuspensionOfAChainLeavesNothingBehind) {
  int stopped_runs = 0;
  bool completed = false;
  for (int n = 0; n < 100 && !completed; ++n) {
    std::string trace;
    weft::run(
        [&]() -> weft::task<> {
          auto consumer = weft::create_task([&]() -> weft::task<> {
            co_await weft::with(weft::closing(outer_source(inner_source(trace), trace)),
                                [&](auto& source) -> weft::task<> {
                                  const counted here;
                                  while (auto text = co_await source.next()) co_await step(1);
                                });
            co_await weft::checkpoint();
            completed = true;
          });
          for (int i = 0; i < n; ++i) co_await weft::checkpoint();
          consumer.cancel();
          try {
            co_await consumer;
          } catch (const weft::cancelled_error&) {
            ++stopped_runs;
          }
        },
        simulated);
    EXPECT_EQ(alive, 0) << "stopped after " << n << " turns";
    EXPECT_EQ(trace, n >= 1 ? "io" : "") << "stopped after " << n << " turns";
  }
  EXPECT_TRUE(completed);
  EXPECT_GT(stopped_runs, 10);
}

TEST(GeneratorStop, AtEverySuspensionWithoutClosingRunsAllDestructors) {
  bool completed = false;
  for (int n = 0; n < 100 && !completed; ++n) {
    std::string trace;
    weft::run(
        [&]() -> weft::task<> {
          auto consumer = weft::create_task([&]() -> weft::task<> {
            auto source = outer_source(inner_source(trace), trace);
            while (auto text = co_await source.next()) co_await step(1);
            co_await weft::checkpoint();
            completed = true;
          });
          for (int i = 0; i < n; ++i) co_await weft::checkpoint();
          consumer.cancel();
          try {
            co_await consumer;
          } catch (const weft::cancelled_error&) {
          }
        },
        simulated);
    EXPECT_EQ(alive, 0) << "stopped after " << n << " turns";
  }
  EXPECT_TRUE(completed);
}

TEST(GeneratorStop, OfALoopThatIsStuckInABodyUnwindsIt) {
  std::string trace;
  const auto stuck = [&]() -> weft::task<> {
    auto make = [&]() -> weft::async_generator<int> {
      note_on_exit left{trace, "left "};
      co_await weft::on_close([]() -> weft::task<> { co_return; });
      co_await weft::sleep(std::chrono::nanoseconds::max());
      co_yield 1;
    };
    auto numbers = make();
    note_on_exit left{trace, "consumer left "};
    (void)co_await numbers.next();
  };
  EXPECT_THROW(weft::run(stuck, simulated), weft::deadlock_error);
  EXPECT_EQ(trace, "consumer left left ");  // the body was kept for close() as long as there was a generator
}

}  // namespace
