#include <memory>
#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using weft::resource_pool;
using weft::task;

/// A connection with a number, and how many there are.
struct factory {
  int made = 0;
  int alive = 0;

  class connection {
   public:
    connection(factory& from, int number) noexcept : from_{&from}, number_{number} { ++from.alive; }
    connection(connection&& other) noexcept : from_{std::exchange(other.from_, nullptr)}, number_{other.number_} {}
    connection& operator=(connection&&) = delete;
    ~connection() {
      if (from_ != nullptr) --from_->alive;
    }
    int number() const noexcept { return number_; }

   private:
    factory* from_;
    int number_;
  };

  task<connection> make() {
    co_await sleep(1);
    co_return connection{*this, ++made};
  }
};

using connection_pool = resource_pool<factory::connection>;

template <class F>
void simulated(F main) {
  weft::run(main, {.clock = weft::clock_mode::simulated});
}

task<> use_for(connection_pool& pool, std::string name, int milliseconds) {
  auto lease = co_await pool.acquire();
  log(name, " has ", lease->number());
  co_await sleep(milliseconds);
}

}  // namespace

TEST(ResourcePool, LendsInOrderAndReuses) {
  expect_trace(R"(
1 A has 1
1 B has 2
11 C has 1
21 D has 2
)",
               []() -> task<> {
                 factory all;
                 connection_pool pool{[&] { return all.make(); }, {.max_size = 2}};
                 co_await weft::gather(use_for(pool, "A", 10), use_for(pool, "B", 20), use_for(pool, "C", 30),
                                       use_for(pool, "D", 1));
                 EXPECT_EQ(pool.statistics().made, 2U);
                 EXPECT_EQ(pool.statistics().lent, 4U);
                 EXPECT_EQ(pool.statistics().idle, 2U);
                 EXPECT_EQ(pool.statistics().in_use, 0U);
               });
}

TEST(ResourcePool, AcquireGivesUpAfterItsTime) {
  simulated([]() -> task<> {
    factory all;
    connection_pool pool{[&] { return all.make(); }, {.max_size = 1, .acquire_timeout = 5ms}};
    auto lease = co_await pool.acquire();
    std::string text;
    try {
      (void)co_await pool.acquire();
    } catch (const weft::pool_timeout_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "resource_pool: nothing to lend for 5 ms: 1 of at most 1 are there, and 0 others wait");
    EXPECT_EQ(weft::now().time_since_epoch(), 6ms);
    bool timed_out = false;
    try {
      (void)co_await pool.acquire(1ms);
    } catch (const weft::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(pool.statistics().waiting, 0U);
    EXPECT_FALSE(pool.try_acquire());
    lease.release();
    EXPECT_TRUE(pool.try_acquire());
  });
}

TEST(ResourcePool, WhatIsBrokenIsReplaced) {
  simulated([]() -> task<> {
    factory all;
    connection_pool pool{[&] { return all.make(); }};
    {
      auto lease = co_await pool.acquire();
      EXPECT_EQ(lease->number(), 1);
      lease.discard();
      EXPECT_FALSE(lease);
    }
    EXPECT_EQ(all.alive, 0);
    auto lease = co_await pool.acquire();
    EXPECT_EQ(lease->number(), 2);
    EXPECT_EQ(pool.statistics().destroyed, 1U);
  });
}

TEST(ResourcePool, ChecksWhatWasIdle) {
  simulated([]() -> task<> {
    factory all;
    int checks = 0;
    auto make = [&] { return all.make(); };
    auto odd_is_bad = [&](factory::connection& c) -> task<bool> {
      ++checks;
      co_await sleep(1);
      if (c.number() == 3) throw value_error{};
      co_return c.number() % 2 == 0;
    };
    connection_pool pool{make, odd_is_bad, {.check_after = 1s}};
    for (int i = 0; i < 2; ++i) {
      auto lease = co_await pool.acquire();
      EXPECT_EQ(lease->number(), 1);  // too fresh to be checked
    }
    EXPECT_EQ(checks, 0);
    co_await weft::sleep(1s);
    {
      auto lease = co_await pool.acquire();
      EXPECT_EQ(lease->number(), 2);
    }
    EXPECT_EQ(checks, 1);
    co_await weft::sleep(1s);
    {
      auto lease = co_await pool.acquire();
      EXPECT_EQ(lease->number(), 2);
    }
    connection_pool plain{make, [](const factory::connection& c) { return c.number() > 3; }};
    for (const int number : {3, 4, 4}) {
      auto lease = co_await plain.acquire();
      EXPECT_EQ(lease->number(), number);
    }
  });
}

TEST(ResourcePool, OldOnesAreNotLentAgain) {
  simulated([]() -> task<> {
    factory all;
    connection_pool pool{[&] { return all.make(); }, {.max_lifetime = 1min}};
    {
      auto lease = co_await pool.acquire();
    }
    co_await weft::sleep(59s);
    {
      auto lease = co_await pool.acquire();
      EXPECT_EQ(lease->number(), 1);
      co_await weft::sleep(2s);
    }
    EXPECT_EQ(all.alive, 0);
    auto lease = co_await pool.acquire();
    EXPECT_EQ(lease->number(), 2);
  });
}

TEST(ResourcePool, IdleOnesGoDownToTheMinimum) {
  simulated([]() -> task<> {
    factory all;
    connection_pool pool{[&] { return all.make(); }, {.min_size = 1, .max_size = 5, .max_idle = 1min}};
    co_await weft::gather(use_for(pool, "", 1), use_for(pool, "", 2), use_for(pool, "", 3));
    EXPECT_EQ(all.alive, 3);
    co_await weft::sleep(50s);
    {
      auto lease = co_await pool.acquire();
    }
    co_await weft::sleep(20s);
    EXPECT_EQ(all.alive, 1);
    co_await weft::sleep(1h);
    EXPECT_EQ(all.alive, 1);
  });
}

TEST(ResourcePool, OpensTheMinimumAndClosesWithItsBlock) {
  expect_trace(R"(
3 3 open
3 closing
13 returned
13 closed, 0 open
13 exception(the resource_pool is closed)
)",
               []() -> task<> {
                 factory all;
                 connection_pool pool{[&] { return all.make(); }, {.min_size = 3}};
                 weft::task_handle<void> other;
                 co_await weft::with(pool, [&](connection_pool& p) -> task<> {
                   log(p.statistics().idle, " open");
                   other = weft::create_task(
                       [&]() -> task<> {
                         auto lease = co_await p.acquire();
                         co_await sleep(10);
                         log("returned");
                       },
                       {.eager = true});
                   log("closing");
                   co_return;
                 });
                 log("closed, ", all.alive, " open");
                 std::string error;
                 try {
                   (void)co_await pool.acquire();
                 } catch (...) {
                   error = show_current();
                 }
                 log(error);
                 co_await other;
               });
}

TEST(ResourcePool, ThoseWhoWaitHearOfTheEnd) {
  expect_trace(R"(
5 exception(the resource_pool is closed)
5 exception(the resource_pool is closed)
10 closed
)",
               []() -> task<> {
                 factory all;
                 connection_pool pool{[&] { return all.make(); }, {.max_size = 1}};
                 auto wait = [&]() -> task<> {
                   std::string error;
                   try {
                     (void)co_await pool.acquire();
                   } catch (...) {
                     error = show_current();
                   }
                   log(error);
                 };
                 auto lease = co_await pool.acquire();
                 auto a = weft::create_task(wait);
                 auto b = weft::create_task(wait);
                 co_await sleep(4);
                 weft::this_loop().call_later(5ms, [&] { lease.release(); });
                 co_await pool.close();
                 log("closed");
                 co_await weft::gather(a, b);
               });
}

TEST(ResourcePool, ALeaseMayOutliveThePool) {
  simulated([]() -> task<> {
    factory all;
    auto pool = std::make_unique<connection_pool>([&] { return all.make(); });
    auto lease = co_await pool->acquire();
    {
      auto other = co_await pool->acquire();
    }
    pool.reset();
    EXPECT_EQ(all.alive, 1);
    EXPECT_EQ(lease->number(), 1);
    lease.release();
    EXPECT_EQ(all.alive, 0);
  });
}

TEST(ResourcePool, AnErrorOfMakeComesOutAndTheNextOneTries) {
  simulated([]() -> task<> {
    factory all;
    int calls = 0;
    auto make = [&]() -> task<factory::connection> {
      if (++calls == 1) throw value_error{"refused"};
      return all.make();
    };
    connection_pool pool{make, {.max_size = 1}};
    bool failed = false;
    try {
      (void)co_await pool.acquire();
    } catch (const value_error&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
    auto lease = co_await pool.acquire();
    EXPECT_EQ(lease->number(), 1);
  });
}

TEST(ResourcePool, UsesOne) {
  simulated([]() -> task<> {
    factory all;
    connection_pool pool{[&] { return all.make(); }};
    const int got = co_await pool.use([](factory::connection& c) -> task<int> { co_return c.number(); });
    EXPECT_EQ(got, 1);
    for (const bool broken : {false, true}) {
      try {
        co_await pool.use([&](factory::connection&) -> task<> {
          if (broken) throw value_error{};
          throw std::invalid_argument{"the caller's mistake"};
          co_return;
        });
      } catch (const std::exception&) {
      }
      EXPECT_EQ(all.alive, broken ? 0 : 1);
    }
  });
}

TEST(ResourcePool, RefusesWhatMakesNoSense) {
  factory all;
  auto make = [&] { return all.make(); };
  EXPECT_THROW((connection_pool{make, {.max_size = 0}}), std::invalid_argument);
  EXPECT_THROW((connection_pool{make, {.min_size = -1}}), std::invalid_argument);
  EXPECT_THROW((connection_pool{make, {.min_size = 11}}), std::invalid_argument);
  EXPECT_THROW((connection_pool{make, {.acquire_timeout = 0s}}), std::invalid_argument);
  EXPECT_THROW((connection_pool{make, {.max_lifetime = 0s}}), std::invalid_argument);
  EXPECT_THROW((connection_pool{make, {.max_idle = -1s}}), std::invalid_argument);
  EXPECT_THROW((connection_pool{make, {.check_after = -1s}}), std::invalid_argument);
}

TEST(ResourcePool, AStopLosesNothing) {
  const auto ends = stop_injection::stop_everywhere([](stop_injection::ledger& kept) -> task<> {
    auto make = [&]() -> task<stop_injection::ledger::item> {
      co_await sleep(1);
      co_return stop_injection::ledger::item{kept};
    };
    auto check = [](stop_injection::ledger::item&) -> task<bool> {
      co_await sleep(1);
      co_return true;
    };
    resource_pool<stop_injection::ledger::item> pool{make, check, {.min_size = 1, .max_size = 2}};
    co_await weft::with(pool, [&](auto& p) -> task<> {
      auto one = [&]() -> task<> {
        auto lease = co_await p.acquire();
        co_await sleep(2);
      };
      co_await weft::gather(one, one, one);
      EXPECT_LE(kept.alive(), 2);
    });
    EXPECT_EQ(kept.alive(), 0);
  });
  EXPECT_EQ(ends.failed, 0);
}
