#include <ranges>
#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using weft::circuit_breaker;
using weft::circuit_state;
using weft::task;

task<> fail() {
  co_await sleep(1);
  throw value_error{"down"};
}
task<> work() { co_await sleep(1); }

/// Calls and says how it ended.
task<std::string> outcome_of(circuit_breaker& breaker, task<> (*operation)()) {
  std::string text = "ok";
  try {
    co_await breaker.call(operation);
  } catch (const weft::circuit_open_error& e) {
    text = e.what();
  } catch (...) {
    text = show_current();
  }
  co_return text;
}

task<> expect_outcome(task<std::string> got, std::string expected) {
  const std::string outcome = co_await std::move(got);
  EXPECT_EQ(outcome, expected);
}

template <class F>
void simulated(F main) {
  weft::run(main, {.clock = weft::clock_mode::simulated});
}

}  // namespace

TEST(CircuitBreaker, OpensAfterFailuresInARowAndClosesAfterAProbe) {
  expect_trace(R"(
1 ValueError(down)
2 ok
3 ValueError(down)
4 ValueError(down)
4 the circuit "pay" is open: the next attempt is in 1 s; it failed with: down
1003 the circuit "pay" is open: the next attempt is in 1 ms; it failed with: down
1005 ValueError(down)
1005 the circuit "pay" is open: the next attempt is in 1 s; it failed with: down
2006 ok
2007 ok
)",
               []() -> task<> {
                 circuit_breaker breaker{{.max_failures = 2, .reset_timeout = 1s, .name = "pay"}};
                 log(co_await outcome_of(breaker, fail));
                 log(co_await outcome_of(breaker, work));
                 log(co_await outcome_of(breaker, fail));
                 log(co_await outcome_of(breaker, fail));
                 log(co_await outcome_of(breaker, fail));
                 co_await sleep(999);
                 log(co_await outcome_of(breaker, fail));
                 co_await sleep(1);
                 log(co_await outcome_of(breaker, fail));
                 log(co_await outcome_of(breaker, work));
                 co_await sleep(1000);
                 log(co_await outcome_of(breaker, work));
                 log(co_await outcome_of(breaker, work));
               });
}

TEST(CircuitBreaker, LetsOnlySoManyProbesThrough) {
  simulated([]() -> task<> {
    circuit_breaker breaker{{.max_failures = 1, .reset_timeout = 1s, .max_probes = 2, .probes_to_close = 3}};
    co_await expect_outcome(outcome_of(breaker, fail), "ValueError(down)");
    co_await weft::sleep(1s);
    EXPECT_EQ(breaker.retry_after(), 0s);
    std::vector<std::string> got =
        co_await weft::map(std::views::iota(0, 4), [&](int) { return outcome_of(breaker, work); });
    EXPECT_EQ(got[0], "ok");
    EXPECT_EQ(got[1], "ok");
    EXPECT_EQ(got[2], "the circuit is half open: an attempt is under way; it failed with: down");
    EXPECT_EQ(got[3], got[2]);
    EXPECT_EQ(breaker.state(), circuit_state::half_open);
    co_await expect_outcome(outcome_of(breaker, work), "ok");
    EXPECT_EQ(breaker.state(), circuit_state::closed);
    const weft::circuit_statistics s = breaker.statistics();
    EXPECT_EQ(s.succeeded, 3U);
    EXPECT_EQ(s.failed, 1U);
    EXPECT_EQ(s.refused, 2U);
    EXPECT_EQ(s.opened, 1U);
  });
}

TEST(CircuitBreaker, OpensByTheRatioOfTheLatestCalls) {
  simulated([]() -> task<> {
    circuit_breaker breaker{{.max_failures = 0, .failure_ratio = 0.5, .window = 10s, .min_calls = 4}};
    for (int i = 0; i < 3; ++i) co_await outcome_of(breaker, fail);
    EXPECT_EQ(breaker.state(), circuit_state::closed);  // too few to tell
    co_await weft::sleep(10s);                          // and forgotten by now
    co_await outcome_of(breaker, work);
    co_await outcome_of(breaker, work);
    co_await outcome_of(breaker, fail);
    EXPECT_EQ(breaker.state(), circuit_state::closed);
    co_await weft::sleep(5s);
    co_await outcome_of(breaker, fail);
    EXPECT_EQ(breaker.state(), circuit_state::open);
  });
}

TEST(CircuitBreaker, ForgetsAtTheEndOfTheWindow) {
  simulated([]() -> task<> {
    circuit_breaker breaker{{.max_failures = 0, .failure_ratio = 1, .window = 10s, .min_calls = 2}};
    EXPECT_TRUE(breaker.idle());
    co_await outcome_of(breaker, work);
    EXPECT_FALSE(breaker.idle());
    co_await weft::sleep(10s);
    EXPECT_TRUE(breaker.idle());
    co_await outcome_of(breaker, fail);
    co_await outcome_of(breaker, fail);
    EXPECT_EQ(breaker.state(), circuit_state::open);
  });
}

TEST(CircuitBreaker, SaysHowItChanges) {
  expect_trace(R"(
1 closed -> open ValueError(down)
1001 open -> half open none
1002 half open -> closed none
1002 closed -> open none
1002 open -> closed none
)",
               []() -> task<> {
                 auto report = [from = std::string{}](const weft::circuit_change& c) {
                   log(to_string(c.from), " -> ", to_string(c.to), " ", c.cause);
                 };
                 circuit_breaker breaker{{.max_failures = 1, .reset_timeout = 1s, .on_state_change = report}};
                 co_await outcome_of(breaker, fail);
                 co_await weft::sleep(1s);
                 co_await outcome_of(breaker, work);
                 breaker.open();
                 breaker.close();
                 breaker.close();
               });
}

TEST(CircuitBreaker, ACallbackThatThrowsHarmsNothing) {
  expect_trace(R"(
0 loop-handler: A circuit_breaker's on_state_change failed / ValueError
0 open
)",
               []() -> task<> {
                 circuit_breaker breaker{{.on_state_change = [](const weft::circuit_change&) { throw value_error{}; }}};
                 breaker.open();
                 log(to_string(breaker.state()));
                 co_return;
               });
}

TEST(CircuitBreaker, MistakesOfTheCallerAreNoFailures) {
  simulated([]() -> task<> {
    circuit_breaker breaker{{.max_failures = 1}};
    bool thrown = false;
    try {
      co_await breaker.call([]() -> task<> {
        throw std::invalid_argument{"bad request"};
        co_return;
      });
    } catch (const std::invalid_argument&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    EXPECT_EQ(breaker.state(), circuit_state::closed);

    circuit_breaker strict{{.max_failures = 1, .failure_if = weft::retry_on<key_error>}};
    co_await expect_outcome(outcome_of(strict, fail), "ValueError(down)");
    EXPECT_EQ(strict.state(), circuit_state::closed);
  });
}

TEST(CircuitBreaker, ACallableThatThrowsHasFailed) {
  simulated([]() -> task<> {
    circuit_breaker breaker{{.max_failures = 1}};
    auto broken = []() -> task<> { throw value_error{"at once"}; };
    co_await expect_outcome(outcome_of(breaker, broken), "ValueError(at once)");
    EXPECT_EQ(breaker.state(), circuit_state::open);
    EXPECT_EQ(breaker.statistics().failed, 1U);
  });
}

TEST(CircuitBreaker, DoesNotCallWhatItRefuses) {
  simulated([]() -> task<> {
    circuit_breaker breaker;
    breaker.open();
    int calls = 0;
    bool refused = false;
    try {
      co_await breaker.call([&]() -> task<> {
        ++calls;
        return work();
      });
    } catch (const weft::circuit_open_error& e) {
      refused = true;
      EXPECT_EQ(e.retry_after(), 30s);
      EXPECT_EQ(e.cause(), nullptr);
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(calls, 0);
  });
}

TEST(CircuitBreaker, ACallFromBeforeTheChangeSaysNothing) {
  simulated([]() -> task<> {
    circuit_breaker breaker{{.max_failures = 1, .reset_timeout = 1s}};
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> { co_await breaker.call([]() -> task<> { co_await weft::sleep(5s); }); });
      co_await weft::sleep(1s);
      co_await outcome_of(breaker, fail);
    });
    EXPECT_EQ(breaker.state(), circuit_state::open);  // the success of what began before does not close it
    EXPECT_EQ(breaker.statistics().succeeded, 1U);
  });
}

TEST(CircuitBreaker, AStoppedProbeMakesRoomForAnother) {
  simulated([]() -> task<> {
    circuit_breaker breaker{{.max_failures = 1, .reset_timeout = 1s}};
    co_await outcome_of(breaker, fail);
    co_await weft::sleep(1s);
    const bool in_time = co_await weft::move_on_after(1s, breaker.call([]() -> task<> { co_await weft::sleep(1h); }));
    EXPECT_FALSE(in_time);
    EXPECT_EQ(breaker.state(), circuit_state::half_open);
    co_await expect_outcome(outcome_of(breaker, work), "ok");
    EXPECT_EQ(breaker.state(), circuit_state::closed);
  });
}

TEST(CircuitBreaker, CountsByHand) {
  simulated([]() -> task<> {
    circuit_breaker breaker{{.max_failures = 1, .reset_timeout = 1s}};
    {
      circuit_breaker::ticket unused = breaker.admit();
    }
    breaker.admit().succeeded();
    breaker.admit().failed(std::make_exception_ptr(value_error{}));
    EXPECT_THROW((void)breaker.admit(), weft::circuit_open_error);
    co_await weft::sleep(1s);
    {
      circuit_breaker::ticket probe = breaker.admit();
      EXPECT_THROW((void)breaker.admit(), weft::circuit_open_error);
      circuit_breaker::ticket moved = std::move(probe);
    }
    breaker.admit().succeeded();
    EXPECT_EQ(breaker.state(), circuit_state::closed);
  });
}

TEST(CircuitBreaker, CallsCanBePassedOn) {
  simulated([]() -> task<> {
    circuit_breaker breaker;
    auto seven = []() -> task<int> { co_return 7; };
    int got = co_await weft::create_task(breaker.call(seven));
    EXPECT_EQ(got, 7);
    got = co_await weft::wait_for(breaker.call(seven), 1s);
    EXPECT_EQ(got, 7);
    auto give = [text = std::string{"kept"}]() -> task<std::string> { co_return text; };
    auto later = breaker.call(give);
    const std::string kept = co_await later;
    EXPECT_EQ(kept, "kept");
    co_await breaker.call([] { return weft::sleep(1ms); });
  });
}

TEST(CircuitBreaker, RefusesWhatMakesNoSense) {
  EXPECT_THROW(circuit_breaker{{.max_failures = -1}}, std::invalid_argument);
  EXPECT_THROW(circuit_breaker{{.max_failures = 0}}, std::invalid_argument);
  EXPECT_THROW(circuit_breaker{{.failure_ratio = 1.5}}, std::invalid_argument);
  EXPECT_THROW((circuit_breaker{{.failure_ratio = 0.5, .window = 0s}}), std::invalid_argument);
  EXPECT_THROW(circuit_breaker{{.min_calls = 0}}, std::invalid_argument);
  EXPECT_THROW(circuit_breaker{{.reset_timeout = 0s}}, std::invalid_argument);
  EXPECT_THROW(circuit_breaker{{.max_probes = 0}}, std::invalid_argument);
  EXPECT_THROW(circuit_breaker{{.probes_to_close = 0}}, std::invalid_argument);
}

TEST(CircuitBreaker, AStopLeaksNothing) {
  stop_injection::stop_everywhere([](stop_injection::ledger& kept) -> task<> {
    circuit_breaker breaker{{.max_failures = 1, .reset_timeout = 2ms}};
    co_await outcome_of(breaker, fail);
    co_await sleep(2);
    co_await breaker.call([&]() -> task<> {
      const stop_injection::ledger::item here{kept};
      co_await sleep(1);
    });
    EXPECT_EQ(breaker.state(), circuit_state::closed);
  });
}
