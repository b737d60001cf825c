#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <support/at_end.hpp>
#include <support/stop_injection.hpp>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using stop_injection::ledger;
using stop_injection::stop_everywhere;
using weft::task;
using weft::task_group;
using weft::testing::at_end;

task<int> nap(ledger& kept, std::chrono::milliseconds d, int value = 0) {
  const ledger::item outer{kept};
  co_await weft::checkpoint();
  const ledger::item inner{kept};
  co_await weft::sleep(d);
  co_return value;
}

task<int> deep_nap(ledger& kept, std::chrono::milliseconds d, int frames) {
  const ledger::item here{kept};
  if (frames == 0) co_return co_await nap(kept, d);
  const int value = co_await deep_nap(kept, d, frames - 1);
  co_return value + 1;
}

task<int> fail_after(ledger& kept, std::chrono::milliseconds d) {
  const ledger::item here{kept};
  co_await nap(kept, d);
  throw std::runtime_error{"failed"};
}

/// Its clean-up waits, and counts on being let through.
task<int> careful_nap(ledger& kept, std::chrono::milliseconds d) {
  const ledger::item here{kept};
  co_await weft::with(ledger::manager{kept}, [&]() -> task<> {
    const ledger::item inside{kept};
    co_await nap(kept, d);
  });
  co_return 1;
}

TEST(StopInjection, PlainCoroutines) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    const int depth = co_await deep_nap(kept, 2ms, 5);
    EXPECT_EQ(depth, 5);
  });
  EXPECT_EQ(ends.failed, 0U);
}

TEST(StopInjection, SeveralManagers) {
  stop_everywhere([](ledger& kept) -> task<> {
    const ledger::item here{kept};
    const int got =
        co_await weft::with(ledger::manager{kept}, ledger::manager{kept}, ledger::manager{kept}, [&]() -> task<int> {
          const ledger::item inside{kept};
          co_return co_await nap(kept, 2ms, 7);
        });
    EXPECT_EQ(got, 7);
  });
}

TEST(StopInjection, ManagerCoroutines) {
  static const auto scope = [](ledger& kept) -> weft::manager<int> {
    const ledger::item here{kept};
    co_await nap(kept, 1ms);
    int given = 3;
    const weft::exit_reason how = co_yield given;
    const ledger::item leaving{kept};
    co_await nap(kept, how.stopped() ? 2ms : 1ms);
  };
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(scope(kept), [&](int& given) -> task<> {
      EXPECT_EQ(given, 3);
      co_await weft::with(scope(kept), [&]() -> task<> { co_await nap(kept, 1ms); });
    });
  });
}

TEST(StopInjection, Finally) {
  stop_everywhere([](ledger& kept) -> task<> {
    int cleaned = 0;
    bool begun = false;
    const at_end checked{[&] { EXPECT_EQ(cleaned, begun ? 1 : 0); }};
    co_await nap(kept, 1ms);
    begun = true;
    co_await weft::with(weft::finally([&]() -> task<> {
                          const ledger::item here{kept};
                          co_await careful_nap(kept, 1ms);
                          ++cleaned;
                        }),
                        [&]() -> task<> { co_await careful_nap(kept, 1ms); });
  });
}

TEST(StopInjection, FinallyWithALimit) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(weft::finally([&]() -> task<> { co_await nap(kept, 5ms); }, 2ms),
                        [&]() -> task<> { co_await nap(kept, 2ms); });
  });
  EXPECT_GT(ends.failed, 0U);  // the limit's timeout_error wins over the stop
}

TEST(StopInjection, TaskGroup) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    const ledger::item here{kept};
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      const ledger::item inside{kept};
      tg.create_task(nap(kept, 3ms));
      tg.create_task([&, item = ledger::item{kept}]() -> task<> { co_await careful_nap(kept, 1ms); });
      co_await nap(kept, 1ms);
      tg.create_task(deep_nap(kept, 2ms, 3));
    });
  });
  EXPECT_EQ(ends.failed, 0U);
}

TEST(StopInjection, NestedTaskGroups) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(task_group{}, [&](task_group& outer) -> task<> {
      outer.create_task(careful_nap(kept, 4ms));
      outer.create_task([&]() -> task<> {
        co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
          tg.create_task(careful_nap(kept, 2ms));
          tg.create_task(nap(kept, 1ms));
          co_return;
        });
      });
      co_await weft::with(task_group{}, [&](task_group& inner) -> task<> {
        inner.create_task(careful_nap(kept, 1ms));
        co_await nap(kept, 1ms);
        outer.create_task(nap(kept, 2ms));
      });
      co_await nap(kept, 1ms);
    });
  });
  EXPECT_EQ(ends.failed, 0U);
}

TEST(StopInjection, TaskGroupWithAFailingChild) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    try {
      co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
        tg.create_task(careful_nap(kept, 10ms));
        tg.create_task(fail_after(kept, 2ms));
        tg.create_task(nap(kept, 10ms));
        co_await careful_nap(kept, 10ms);
      });
      ADD_FAILURE() << "unreachable";
    } catch (const weft::exception_group& group) {
      EXPECT_EQ(group.exceptions().size(), 1U);
    }
    co_await nap(kept, 1ms);
  });
  EXPECT_EQ(ends.failed, 0U);
}

TEST(StopInjection, TaskGroupCancelledFromInside) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      tg.create_task(careful_nap(kept, 10ms));
      co_await nap(kept, 2ms);
      tg.cancel();
      co_await nap(kept, 10ms);
    });
    co_await nap(kept, 1ms);
  });
}

TEST(StopInjection, TaskGroupStart) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      const int port = co_await tg.start<int>([&](weft::task_status<int> status) -> task<> {
        const ledger::item here{kept};
        co_await careful_nap(kept, 1ms);
        status.started(80);
        co_await careful_nap(kept, 2ms);
      });
      EXPECT_EQ(port, 80);
      co_await nap(kept, 1ms);
    });
  });
}

TEST(StopInjection, BackgroundGroup) {
  stop_everywhere([](ledger& kept) -> task<> {
    weft::background_group group;
    co_await weft::with(weft::finally([&]() -> task<> { co_await group.shutdown(); }), [&]() -> task<> {
      group.create_task(careful_nap(kept, 2ms));
      group.create_task(nap(kept, 20ms));
      co_await nap(kept, 4ms);
    });
  });
}

TEST(StopInjection, Gather) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    const auto [a, b, c] = co_await weft::gather(nap(kept, 3ms, 1), careful_nap(kept, 1ms), deep_nap(kept, 2ms, 3));
    EXPECT_EQ(a + b + c, 5);
    const auto more = co_await weft::gather(std::vector<weft::task_handle<int>>{});
    EXPECT_TRUE(more.empty());
  });
  EXPECT_EQ(ends.failed, 0U);
}

TEST(StopInjection, GatherOfHandlesInAGroup) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      std::vector<weft::task_handle<int>> handles;
      handles.push_back(tg.create_task(nap(kept, 2ms, 1)));
      handles.push_back(tg.create_task(careful_nap(kept, 1ms)));
      handles.push_back(handles.front());
      const std::vector<int> values = co_await weft::gather(handles);
      EXPECT_EQ(values, (std::vector{1, 1, 1}));
    });
  });
}

TEST(StopInjection, GatherWithAFailingChild) {
  const auto ends = stop_everywhere([](ledger& kept) -> task<> {
    try {
      co_await weft::gather(careful_nap(kept, 10ms), fail_after(kept, 2ms), nap(kept, 10ms));
      ADD_FAILURE() << "unreachable";
    } catch (const std::runtime_error&) {
    }
    co_await nap(kept, 1ms);
  });
  EXPECT_EQ(ends.failed, 0U);
}

TEST(StopInjection, GatherReturnExceptions) {
  stop_everywhere([](ledger& kept) -> task<> {
    const auto [a, b, c] = co_await weft::gather(weft::return_exceptions, careful_nap(kept, 2ms), fail_after(kept, 1ms),
                                                 nap(kept, 3ms, 5));
    EXPECT_TRUE(a.has_value());
    EXPECT_FALSE(b.has_value());
    EXPECT_EQ(c.value(), 5);
  });
}

TEST(StopInjection, Race) {
  stop_everywhere([](ledger& kept) -> task<> {
    const int first = co_await weft::race(careful_nap(kept, 20ms), nap(kept, 2ms, 9), deep_nap(kept, 20ms, 2));
    EXPECT_EQ(first, 9);
    std::vector<task<int>> runners;
    runners.push_back(careful_nap(kept, 20ms));
    runners.push_back(nap(kept, 1ms, 8));
    const int second = co_await weft::race(std::move(runners));
    EXPECT_EQ(second, 8);
  });
}

TEST(StopInjection, WaitFor) {
  stop_everywhere([](ledger& kept) -> task<> {
    const int in_time = co_await weft::wait_for(careful_nap(kept, 1ms), 9ms);
    EXPECT_EQ(in_time, 1);
    try {
      co_await weft::wait_for(careful_nap(kept, 20ms), 3ms);
      ADD_FAILURE() << "unreachable";
    } catch (const weft::timeout_error&) {
    }
    const std::optional<int> moved_on = co_await weft::move_on_after(2ms, deep_nap(kept, 20ms, 3));
    EXPECT_FALSE(moved_on);
  });
}

TEST(StopInjection, Timeout) {
  stop_everywhere([](ledger& kept) -> task<> {
    try {
      co_await weft::with(weft::timeout(5ms), [&](weft::timeout_scope& scope) -> task<> {
        co_await careful_nap(kept, 1ms);
        scope.reschedule(weft::now() + 2ms);
        co_await careful_nap(kept, 20ms);
      });
      ADD_FAILURE() << "unreachable";
    } catch (const weft::timeout_error&) {
    }
    co_await nap(kept, 1ms);
  });
}

TEST(StopInjection, NestedTimeoutsAtOneInstant) {
  stop_everywhere([](ledger& kept) -> task<> {
    try {
      co_await weft::with(weft::timeout(2ms), [&]() -> task<> {
        co_await weft::with(weft::timeout(2ms), [&]() -> task<> { co_await careful_nap(kept, 20ms); });
      });
      ADD_FAILURE() << "unreachable";
    } catch (const weft::timeout_error&) {
    }
    co_await nap(kept, 1ms);
  });
}

TEST(StopInjection, CancelScope) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(weft::cancel_scope{}, [&](weft::cancel_scope& scope) -> task<> {
      co_await careful_nap(kept, 1ms);
      scope.cancel();
      co_await careful_nap(kept, 1ms);
      ADD_FAILURE() << "unreachable";
    });
    co_await nap(kept, 1ms);
  });
}

TEST(StopInjection, Shield) {
  stop_everywhere([](ledger& kept) -> task<> {
    bool saved = false;
    bool begun = false;
    const at_end checked{[&] { EXPECT_EQ(saved, begun); }};
    co_await nap(kept, 1ms);
    begun = true;
    co_await weft::shield([&]() -> task<> {
      co_await careful_nap(kept, 2ms);
      saved = true;
    });
    co_await nap(kept, 1ms);
  });
}

TEST(StopInjection, ShieldOfAHandle) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      auto saving = tg.create_task(careful_nap(kept, 2ms));
      co_await weft::wait_for(weft::shield(saving), 20ms);
      try {
        co_await weft::wait_for(weft::shield(tg.create_task(careful_nap(kept, 4ms))), 1ms);
        ADD_FAILURE() << "unreachable";
      } catch (const weft::timeout_error&) {
      }
    });
  });
}

TEST(StopInjection, AwaitedTasks) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      auto inner = tg.create_task(careful_nap(kept, 2ms));
      auto outer = tg.create_task([inner]() -> task<> { co_await inner; });
      auto last = tg.create_task([outer]() -> task<> {
        try {
          co_await outer;
        } catch (const weft::cancelled_error&) {
          ADD_FAILURE() << "nobody cancelled it alone";
        }
      });
      co_await last;
    });
  });
}

TEST(StopInjection, WaitAndAsCompleted) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      std::vector<weft::task_handle<int>> tasks;
      for (int i = 1; i != 4; ++i) tasks.push_back(tg.create_task(nap(kept, i * 1ms, i)));
      const auto first = co_await weft::wait(tasks, {.when = weft::first_completed});
      EXPECT_EQ(first.done.size(), 1U);
      const auto none = co_await weft::wait(first.pending, {.timeout = 0ms});
      EXPECT_EQ(none.pending.size(), 2U);
      auto order = weft::as_completed(tasks);
      int sum = 0;
      for (auto ended = co_await order.next(); ended; ended = co_await order.next()) sum += ended->result();
      EXPECT_EQ(sum, 6);
    });
  });
}

TEST(StopInjection, PromiseAndFuture) {
  stop_everywhere([](ledger& kept) -> task<> {
    auto promise = std::make_unique<weft::promise<int>>();
    weft::future<int> future = promise->get_future();
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> {
        const ledger::item here{kept};
        const int value = co_await weft::shield(future);
        EXPECT_EQ(value, 4);
      });
      co_await nap(kept, 2ms);
      promise->set_value(4);
      const int value = co_await future;
      EXPECT_EQ(value, 4);
    });
  });
}

weft::async_generator<int> count(ledger& kept, int end) {
  const ledger::item here{kept};
  for (int i = 0; i != end; ++i) {
    co_await nap(kept, 1ms);
    co_yield i;
  }
}

/// What is acquired with clean-up that waits: balanced by close().
weft::async_generator<int> careful_count(ledger& kept, int end, int& open) {
  co_await weft::on_close([&kept, &open]() -> task<> {
    co_await nap(kept, 1ms);
    --open;
  });
  ++open;
  const ledger::item here{kept};
  for (int i = 0; i != end; ++i) {
    co_await nap(kept, 1ms);
    co_yield i;
  }
}

TEST(StopInjection, Generators) {
  stop_everywhere([](ledger& kept) -> task<> {
    int sum = 0;
    auto numbers = count(kept, 3);
    for (auto n = co_await numbers.next(); n; n = co_await numbers.next()) sum += *n;
    EXPECT_EQ(sum, 3);
    const std::vector<int> collected = co_await weft::collect(count(kept, 2));
    EXPECT_EQ(collected.size(), 2U);
  });
}

TEST(StopInjection, GeneratorsWithCleanUp) {
  stop_everywhere([](ledger& kept) -> task<> {
    int open = 0;
    const at_end checked{[&] { EXPECT_EQ(open, 0); }};
    co_await weft::with(weft::closing(careful_count(kept, 3, open)), [&](auto& numbers) -> task<> {
      const auto first = co_await numbers.next();
      EXPECT_EQ(first, 0);
      co_await nap(kept, 1ms);
      const auto second = co_await numbers.next();
      EXPECT_EQ(second, 1);
    });
    EXPECT_EQ(open, 0);
    const std::vector<int> collected = co_await weft::collect(careful_count(kept, 2, open));
    EXPECT_EQ(collected.size(), 2U);
  });
}

TEST(StopInjection, QueueLosesNothing) {
  stop_everywhere([](ledger& kept) -> task<> {
    weft::queue<int> queue{2};
    int put = 0;
    int got = 0;
    const at_end checked{[&] { EXPECT_EQ(put, got + static_cast<int>(queue.size())); }};
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      for (int producer = 0; producer != 2; ++producer) {
        tg.create_task([&]() -> task<> {
          const ledger::item here{kept};
          for (int i = 0; i != 4; ++i) {
            co_await queue.put(i);
            ++put;
          }
        });
      }
      for (int consumer = 0; consumer != 2; ++consumer) {
        tg.create_task([&]() -> task<> {
          const ledger::item here{kept};
          for (int i = 0; i != 4; ++i) {
            const int item = co_await queue.get();
            ++got;
            EXPECT_LT(item, 4);
            co_await weft::sleep(1ms);
            queue.task_done();
          }
        });
      }
      co_await queue.join();
    });
    EXPECT_EQ(got, 8);
  });
}

TEST(StopInjection, AStoppedConsumerLeavesItsItemToTheOthers) {
  // Only one of two consumers is stopped: the other one gets everything that is not taken.
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      auto queue = std::make_shared<weft::queue<int>>();
      int got = 0;
      const auto consume = [&]() -> task<> {
        const ledger::item here{kept};
        for (auto item = co_await queue->next(); item; item = co_await queue->next()) ++got;
      };
      co_await weft::with(task_group{}, [&](task_group& inner) -> task<> {
        auto first = inner.create_task(consume);
        inner.create_task(consume);
        co_await weft::sleep(1ms);
        queue->put_nowait(1);  // on its way to the first
        first.cancel();
        co_await weft::sleep(1ms);
        EXPECT_EQ(got, 1);
        queue->shutdown();
      });
      tg.create_task(nap(kept, 1ms));
    });
  });
}

TEST(StopInjection, LockIsFreeAfterwards) {
  stop_everywhere([](ledger& kept) -> task<> {
    weft::lock lock;
    int inside = 0;
    const at_end checked{[&] { EXPECT_FALSE(lock.locked()); }};
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      for (int i = 0; i != 3; ++i) {
        tg.create_task([&]() -> task<> {
          const ledger::item here{kept};
          const auto held = co_await lock.acquire();
          EXPECT_EQ(++inside, 1);
          const at_end left{[&] { --inside; }};
          co_await careful_nap(kept, 1ms);
        });
      }
      const auto held = co_await lock.acquire();
      co_await nap(kept, 1ms);
    });
  });
}

TEST(StopInjection, SemaphoreKeepsItsPermits) {
  stop_everywhere([](ledger& kept) -> task<> {
    weft::semaphore permits{2};
    const at_end checked{[&] {
      const auto first = permits.try_acquire();
      const auto second = permits.try_acquire();
      EXPECT_TRUE(first && second);
    }};
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      for (int i = 0; i != 5; ++i) {
        tg.create_task([&]() -> task<> {
          const auto permit = co_await permits.acquire();
          co_await careful_nap(kept, 1ms);
        });
      }
      try {
        const auto permit = co_await weft::wait_for(permits.acquire(), 1ms);
      } catch (const weft::timeout_error&) {
      }
    });
  });
}

TEST(StopInjection, ConditionOwnsItsLockAgain) {
  stop_everywhere([](ledger& kept) -> task<> {
    weft::lock lock;
    weft::condition changed{lock};
    int tickets = 0;
    const at_end checked{[&] { EXPECT_FALSE(lock.locked()); }};
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      for (int i = 0; i != 3; ++i) {
        tg.create_task([&]() -> task<> {
          auto held = co_await lock.acquire();
          const at_end still_ours{[&] { EXPECT_TRUE(lock.locked()); }};
          co_await changed.wait(held, [&] { return tickets > 0; });
          --tickets;
          co_await weft::checkpoint();
        });
      }
      for (int i = 0; i != 3; ++i) {
        co_await nap(kept, 1ms);
        auto held = co_await lock.acquire();
        ++tickets;
        changed.notify_one();
      }
    });
    EXPECT_EQ(tickets, 0);
  });
}

TEST(StopInjection, EventAndBarrier) {
  stop_everywhere([](ledger& kept) -> task<> {
    weft::event go;
    weft::barrier barrier{3};
    co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
      for (int i = 0; i != 3; ++i) {
        tg.create_task([&]() -> task<> {
          const ledger::item here{kept};
          co_await go.wait();
          co_await barrier.wait();
          co_await nap(kept, 1ms);
        });
      }
      co_await nap(kept, 1ms);
      go.set();
    });
  });
}

TEST(StopInjection, AllTogether) {
  stop_everywhere([](ledger& kept) -> task<> {
    co_await weft::with(weft::timeout(50ms), [&]() -> task<> {
      co_await weft::with(task_group{}, [&](task_group& tg) -> task<> {
        tg.create_task([&]() -> task<> {
          co_await weft::gather(careful_nap(kept, 2ms), weft::race(nap(kept, 1ms), careful_nap(kept, 9ms)),
                                weft::wait_for(deep_nap(kept, 2ms, 2), 9ms));
        });
        co_await weft::with(ledger::manager{kept}, [&]() -> task<> {
          const auto late = co_await weft::move_on_after(2ms, [&]() -> task<int> {
            co_await weft::with(task_group{}, [&](task_group& inner) -> task<> {
              inner.create_task(careful_nap(kept, 9ms));
              co_await weft::shield(careful_nap(kept, 1ms));
            });
            co_return 1;
          });
          EXPECT_FALSE(late);
        });
      });
    });
  });
}

}  // namespace
