#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "postgres/server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::postgres::connect;
using weft::postgres::connection;
using weft::postgres::pool;
using weft::testing::becomes_true;
using weft::testing::server;
using weft::testing::sqlstate_of;

constexpr const char* none_held = "select count(*) = 0 from pg_locks where locktype = 'advisory'";

TEST(PostgresAdvisoryLock, LetsOneInAtATime) {
  weft::run([]() -> task<> {
    pool one{server().local(), {.max_size = 2}};
    pool other{server().local(), {.max_size = 2}};
    int inside = 0;
    int most = 0;
    auto work = [&](const pool& db) -> task<int> {
      co_return co_await weft::with(db.advisory_lock(7), [&](const connection& held) -> task<int> {
        most = std::max(most, ++inside);
        const int got = co_await held.fetch_value<int>("select 5 from pg_sleep(0.005)");
        --inside;
        co_return got;
      });
    };
    std::vector<task<int>> all;
    for (int i = 0; i < 10; ++i) all.push_back(work(i % 2 == 0 ? one : other));
    for (const int got : co_await weft::gather(std::move(all))) EXPECT_EQ(got, 5);
    EXPECT_EQ(most, 1);
    EXPECT_TRUE(co_await becomes_true(none_held));
  });
}

TEST(PostgresAdvisoryLock, IsGivenBackHoweverTheBlockEnds) {
  weft::run([]() -> task<> {
    pool db{server().local(), {.max_size = 1}};
    connection mine = co_await connect(server().local());
    auto fails = [](const connection& held) -> task<> {
      co_await held.execute("begin");
      EXPECT_EQ(co_await sqlstate_of(held.execute("select 1/0")), "22012");
      throw std::runtime_error{"no"};
    };
    EXPECT_THROW(co_await weft::with(db.advisory_lock(7), fails), std::runtime_error);
    EXPECT_THROW(co_await weft::with(mine.advisory_lock(7), fails), std::runtime_error);
    EXPECT_TRUE(co_await mine.fetch_value<bool>(none_held));
    auto sleeps = [](const connection& held) -> task<> { co_await held.execute("select pg_sleep(60)"); };
    EXPECT_FALSE(co_await weft::move_on_after(30ms, weft::with(db.advisory_lock(7), sleeps)));
    EXPECT_TRUE(co_await becomes_true(none_held));
    EXPECT_TRUE(mine.is_open());
  });
}

TEST(PostgresAdvisoryLock, LeavesNothingBehindWhenTheWaitIsStopped) {
  weft::run([]() -> task<> {
    pool db{server().local(), {.max_size = 1}};
    connection mine = co_await connect(server().local());
    auto nothing = []() -> task<> { co_return; };
    for (int i = 0; i < 30; ++i) {  // some while it waits, some when it has just got it
      co_await mine.execute("select pg_advisory_lock(7)");
      auto waits = weft::create_task(weft::with(db.advisory_lock(7), nothing));
      co_await weft::sleep(std::chrono::microseconds{i * 100});
      auto released = weft::create_task(mine.execute("select pg_advisory_unlock(7)"));
      for (int j = 0; j < i % 5; ++j) co_await weft::sleep(0ms);
      waits.cancel();
      co_await released;
      (void)co_await weft::wait_for(db.fetch_value<int>("select 1"), 10s);
    }
    EXPECT_TRUE(co_await becomes_true(none_held));
  });
}

TEST(PostgresAdvisoryLock, MayBeSharedAndLastAsLongAsATransaction) {
  weft::run([]() -> task<> {
    pool db{server().local(), {.max_size = 3}};
    co_await weft::with(db.advisory_lock(7, {.shared = true}), [&]() -> task<> {
      co_await weft::with(db.advisory_lock(7, {.shared = true}), [&]() -> task<> {
        EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from pg_locks where locktype = 'advisory'"), 2);
      });
    });
    co_await db.transaction([&](weft::postgres::transaction& t) -> task<> {
      co_await t.lock(8);
      EXPECT_FALSE(co_await db.fetch_value<bool>("select pg_try_advisory_xact_lock(8)"));
    });
    EXPECT_TRUE(co_await becomes_true(none_held));
  });
}

}  // namespace
