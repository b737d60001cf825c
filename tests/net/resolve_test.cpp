#include <netdb.h>

#include <atomic>
#include <semaphore>
#include <string>
#include <vector>
#include <weft/net.hpp>
#include <weft/weft.hpp>

#include "net/resolver.hpp"
#include "net/sockets.hpp"
#include "support/stop_injection.hpp"

using namespace std::chrono_literals;
using weft::testing::failure_of;

namespace {

std::atomic<int> look_ups{0};
std::counting_semaphore<> answers{0};  // how many look-ups may end

std::vector<weft::endpoint> addresses_of(const std::string& host) {
  if (host == "nowhere") throw std::system_error{EAI_NONAME, weft::resolve_category(), "resolve " + host};
  return {*weft::endpoint::parse("192.0.2.1", 0), *weft::endpoint::parse("2001:db8::1", 0)};
}

std::vector<weft::endpoint> answer(const std::string& host) {
  ++look_ups;
  return addresses_of(host);
}

std::vector<weft::endpoint> answer_when_told(const std::string& host) {
  ++look_ups;
  answers.acquire();
  return addresses_of(host);
}

/// The system gives other answers; look_ups counts them.
class other_answers {
 public:
  explicit other_answers(weft::detail::look_up_function give) noexcept
      : real_{std::exchange(weft::detail::look_up_name, give)} {
    look_ups = 0;
  }
  other_answers(const other_answers&) = delete;
  other_answers& operator=(const other_answers&) = delete;
  ~other_answers() { weft::detail::look_up_name = real_; }

 private:
  weft::detail::look_up_function real_;
};

/// Runs on the simulated clock, which stands still while threads work.
template <class F>
void run_simulated(F body) {
  weft::run(std::move(body), {.clock = weft::clock_mode::simulated});
}

/// Until the threads have begun so many look-ups.
weft::task<> begun(int count) {
  while (look_ups < count) co_await weft::sleep(0ms);
}

weft::task<std::string> first_address(std::string host, std::uint16_t port) {
  const std::vector<weft::endpoint> found = co_await weft::resolve(std::move(host), port);
  co_return found.front().to_string();
}

TEST(Resolve, AnswersNumbersAtOnce) {
  const other_answers counted{answer};
  run_simulated([]() -> weft::task<> {
    EXPECT_EQ(co_await first_address("127.0.0.1", 80), "127.0.0.1:80");
    EXPECT_EQ(co_await first_address("::1", 80), "[::1]:80");
    EXPECT_EQ(co_await first_address("[::1]", 80), "[::1]:80");
  });
  EXPECT_EQ(look_ups, 0);
}

TEST(Resolve, AsksTheSystem) {
  run_simulated([]() -> weft::task<> {
    const std::vector<weft::endpoint> found = co_await weft::resolve("localhost", 80);
    for (const weft::endpoint& e : found) {
      EXPECT_EQ(e.port(), 80);
      EXPECT_EQ(e.address(), e.is_v6() ? "::1" : "127.0.0.1");
    }
  });
}

TEST(Resolve, KeepsAnswersForAFewSeconds) {
  const other_answers counted{answer};
  run_simulated([]() -> weft::task<> {
    EXPECT_EQ(co_await first_address("a.test", 80), "192.0.2.1:80");
    EXPECT_EQ(co_await first_address("a.test", 443), "192.0.2.1:443");
    EXPECT_EQ(look_ups, 1);
    EXPECT_EQ(co_await first_address("b.test", 80), "192.0.2.1:80");
    EXPECT_EQ(look_ups, 2);
    co_await weft::sleep(4999ms);
    co_await first_address("b.test", 80);
    EXPECT_EQ(look_ups, 2);
    co_await weft::sleep(1ms);
    co_await first_address("b.test", 80);
    EXPECT_EQ(look_ups, 3);
  });
}

TEST(Resolve, DoesNotWaitForAnAnswerThatItHas) {
  const other_answers counted{answer};
  run_simulated([]() -> weft::task<> {
    co_await weft::resolve("a.test", 80);
    bool others_ran = false;
    weft::this_loop().call_soon([&] { others_ran = true; });
    co_await weft::resolve("a.test", 80);
    EXPECT_FALSE(others_ran);
    co_await weft::checkpoint();
  });
}

TEST(Resolve, KeepsNoFailures) {
  const other_answers counted{answer};
  run_simulated([]() -> weft::task<> {
    for (int i = 1; i <= 2; ++i) {
      const auto seen = co_await failure_of(weft::resolve("nowhere", 80));
      EXPECT_EQ(seen.code, (std::error_code{EAI_NONAME, weft::resolve_category()}));
      EXPECT_EQ(look_ups, i);
    }
  });
}

TEST(Resolve, AsksAnewWhenToldTo) {
  const other_answers counted{answer};
  run_simulated([]() -> weft::task<> {
    co_await weft::resolve("a.test", 80);
    co_await weft::sleep(4s);
    co_await weft::resolve("a.test", 80, {.use_cache = false});
    EXPECT_EQ(look_ups, 2);
    co_await weft::sleep(4s);
    co_await weft::resolve("a.test", 80);
    EXPECT_EQ(look_ups, 2);  // the newer answer has taken the place of the older one
    weft::clear_resolve_cache();
    co_await weft::resolve("a.test", 80);
    EXPECT_EQ(look_ups, 3);
  });
}

TEST(Resolve, KeepsTheNamesThatWereAskedForLast) {
  const other_answers counted{answer};
  run_simulated([]() -> weft::task<> {
    co_await weft::resolve("first.test", 80);
    co_await weft::resolve("second.test", 80);
    for (int i = 0; i < 1022; ++i) co_await weft::resolve(std::to_string(i) + ".test", 80);
    co_await weft::resolve("first.test", 80);
    EXPECT_EQ(look_ups, 1024);
    co_await weft::resolve("one.more.test", 80);
    co_await weft::resolve("first.test", 80);
    EXPECT_EQ(look_ups, 1025);
    co_await weft::resolve("second.test", 80);
    EXPECT_EQ(look_ups, 1026);
  });
}

TEST(Resolve, AsksOnceForAllWhoAskAtTheSameTime) {
  const other_answers counted{answer_when_told};
  run_simulated([]() -> weft::task<> {
    std::vector<weft::task_handle<std::string>> asking;
    for (std::uint16_t port = 1; port <= 3; ++port) {
      asking.push_back(weft::create_task(first_address("a.test", port)));
    }
    co_await begun(1);
    asking.push_back(weft::create_task(first_address("a.test", 4)));
    co_await weft::checkpoint();
    answers.release();
    int port = 0;
    for (auto& h : asking) EXPECT_EQ(co_await h, "192.0.2.1:" + std::to_string(++port));
    EXPECT_EQ(look_ups, 1);
  });
}

TEST(Resolve, TellsAllWhoAskedOfAFailure) {
  const other_answers counted{answer_when_told};
  run_simulated([]() -> weft::task<> {
    auto one = weft::create_task(failure_of(weft::resolve("nowhere", 80)));
    auto two = weft::create_task(failure_of(weft::resolve("nowhere", 80)));
    answers.release();
    const std::error_code expected{EAI_NONAME, weft::resolve_category()};
    EXPECT_EQ((co_await one).code, expected);
    EXPECT_EQ((co_await two).code, expected);
  });
}

TEST(Resolve, AStopOfOneHarmsNoOther) {
  const other_answers counted{answer_when_told};
  run_simulated([]() -> weft::task<> {
    auto first = weft::create_task(first_address("a.test", 80));
    auto second = weft::create_task(first_address("a.test", 80));
    co_await begun(1);
    first.cancel();
    co_await weft::wait(std::vector(1, first));
    EXPECT_TRUE(first.cancelled());
    EXPECT_FALSE(second.done());
    answers.release();
    EXPECT_EQ(co_await second, "192.0.2.1:80");
    EXPECT_EQ(look_ups, 1);
  });
}

TEST(Resolve, TheStopOfTheLastOneLeavesTheLookUp) {
  const other_answers counted{answer_when_told};
  run_simulated([]() -> weft::task<> {
    auto first = weft::create_task(first_address("a.test", 80));
    auto second = weft::create_task(first_address("a.test", 80));
    co_await begun(1);
    first.cancel();
    second.cancel();
    const std::vector both{first, second};
    co_await weft::wait(both);  // the thread has no answer yet
    EXPECT_EQ(weft::all_tasks().size(), 1U);
    auto third = weft::create_task(first_address("a.test", 80));
    co_await begun(2);
    answers.release(2);
    EXPECT_EQ(co_await third, "192.0.2.1:80");
  });
  EXPECT_EQ(look_ups, 2);
}

TEST(Resolve, WhatIsClearedGoesOnForThoseWhoAskedBefore) {
  const other_answers counted{answer_when_told};
  run_simulated([]() -> weft::task<> {
    auto before = weft::create_task(first_address("a.test", 80));
    co_await begun(1);
    weft::clear_resolve_cache();
    auto after = weft::create_task(first_address("a.test", 80));
    co_await begun(2);
    answers.release(2);
    EXPECT_EQ(co_await before, "192.0.2.1:80");
    EXPECT_EQ(co_await after, "192.0.2.1:80");
    co_await first_address("a.test", 80);
  });
  EXPECT_EQ(look_ups, 2);
}

TEST(Resolve, TheEndOfTheLoopLeavesTheLookUp) {
  const other_answers counted{answer_when_told};
  run_simulated([]() -> weft::task<> {
    auto asking = weft::create_task(first_address("a.test", 80));
    co_await begun(1);
    answers.release();
  });
}

TEST(Resolve, IsNotVisibleAmongTheTasks) {
  const other_answers counted{answer};
  run_simulated([]() -> weft::task<> {
    auto asking = weft::create_task(first_address("a.test", 80));
    co_await begun(1);
    EXPECT_LE(weft::all_tasks().size(), 2U);
    co_await asking;
  });
}

TEST(Resolve, LeavesNothingBehindWhereverAStopComes) {
  const other_answers counted{answer};
  stop_injection::stop_everywhere([](stop_injection::ledger& kept) -> weft::task<> {
    const stop_injection::ledger::item item{kept};
    co_await weft::gather(first_address("a.test", 1), first_address("a.test", 2), first_address("b.test", 3));
    co_await first_address("a.test", 4);
  });
}

TEST(Resolve, OpensConnectionsToANameItKnows) {
  const other_answers counted{[](const std::string&) {
    ++look_ups;
    return std::vector<weft::endpoint>{*weft::endpoint::parse("127.0.0.1", 0)};
  }};
  weft::testing::run_sockets([]() -> weft::task<> {
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    for (int i = 0; i < 3; ++i) {
      auto stream = co_await weft::open_connection("server.test", listener.local_address().port());
      EXPECT_EQ(stream.remote_address(), listener.local_address());
    }
  });
  EXPECT_EQ(look_ups, 1);
}

}  // namespace
