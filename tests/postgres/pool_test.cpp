#include <string>
#include <utility>
#include <vector>

#include "postgres/server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::postgres::connection;
using weft::postgres::pool;
using weft::postgres::transaction;
using weft::testing::becomes_true;
using weft::testing::server;
using weft::testing::sqlstate_of;

/// Ends the server's processes of that application, from outside.
task<> kill(std::string application) {
  connection killer = co_await weft::postgres::connect(server().local());
  const auto processes =
      co_await killer.fetch<int>("select pid from pg_stat_activity where application_name = $1", application);
  co_await killer.execute("select pg_terminate_backend(pid) from unnest($1::int[]) pid", processes);
  for (;;) {
    const int left =
        co_await killer.fetch_value<int>("select count(*) from pg_stat_activity where pid = any($1)", processes);
    if (left == 0) co_return;
    co_await weft::sleep(5ms);
  }
}

std::string named(const std::string& application) { return server().local() + " application_name=" + application; }

TEST(PostgresPool, SharesConnectionsOnceItHasAllItMay) {
  weft::run([]() -> task<> {
    pool db{server().local(), {.max_size = 3}};
    std::vector<task<int>> asked;
    for (int i = 0; i < 500; ++i) asked.push_back(db.fetch_value<int>("select $1 + 1", i));
    const std::vector<int> got = co_await weft::gather(std::move(asked));
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], static_cast<int>(i) + 1);
    EXPECT_LE(db.statistics().opened, 3U);
    EXPECT_EQ(db.statistics().waiting, 0U);
    co_await db.close();
    EXPECT_EQ(db.statistics().connections, 0U);
    EXPECT_THROW((void)co_await db.execute("select 1"), weft::postgres::connection_error);
  });
}

TEST(PostgresPool, LendsConnectionsInTheOrderOfAsking) {
  weft::run([]() -> task<> {
    pool db{server().local(), {.max_size = 1, .acquire_timeout = 50ms}};
    {
      const connection mine = co_await db.acquire();
      EXPECT_THROW((void)co_await db.acquire(), weft::postgres::pool_timeout);
      EXPECT_THROW((void)co_await db.execute("select 1"), weft::postgres::pool_timeout);
      EXPECT_EQ(db.statistics().idle, 0U);
    }
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);

    pool patient{server().local(), {.max_size = 1}};
    std::string order;
    auto one = [&](std::string name) -> task<> {
      const connection mine = co_await patient.acquire();
      order += name;
      co_await mine.execute("select pg_sleep(0.01)");
    };
    co_await weft::gather(one("a"), one("b"), one("c"), one("d"));
    EXPECT_EQ(order, "abcd");
  });
}

TEST(PostgresPool, ResetsWhatComesBack) {
  weft::run([]() -> task<> {
    pool db{server().local(), {.max_size = 1}};
    {
      const connection mine = co_await db.acquire();
      co_await mine.execute("set statement_timeout = '7s'");
      co_await mine.execute("select pg_advisory_lock(42)");
      co_await mine.execute("begin");
      EXPECT_EQ(co_await sqlstate_of(mine.execute("select 1/0")), "22012");
    }
    EXPECT_EQ(co_await db.fetch_value<std::string>("show statement_timeout"), "0");
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from pg_locks where locktype = 'advisory'"), 0);
    EXPECT_EQ(db.statistics().opened, 1U);
  });
}

TEST(PostgresPool, ReplacesConnectionsThatBrokeWhileNothingWasUnderWay) {
  weft::run([]() -> task<> {
    pool db{named("weft_idle"), {.max_size = 2}};
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
    co_await kill("weft_idle");
    EXPECT_EQ(co_await db.fetch_value<int>("select 2"), 2);
    EXPECT_GE(db.statistics().lost, 1U);
  });
}

TEST(PostgresPool, TellsThoseWhoseConnectionBroke) {
  weft::run([]() -> task<> {
    pool db{named("weft_busy"), {.max_size = 1}};
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
    auto busy = weft::create_task(sqlstate_of(db.execute("select pg_sleep(60)")));
    EXPECT_TRUE(co_await becomes_true(
        "select exists (select from pg_stat_activity where application_name = 'weft_busy' and state = 'active')"));
    co_await kill("weft_busy");
    EXPECT_EQ(co_await busy, "57P01");
    EXPECT_EQ(co_await db.fetch_value<int>("select 2"), 2);
  });
}

TEST(PostgresPool, SaysWhyThereIsNoConnection) {
  weft::run([]() -> task<> {
    pool db{"postgresql://postgres@127.0.0.1:1/x"};
    EXPECT_THROW((void)co_await db.execute("select 1"), weft::postgres::connection_error);
    EXPECT_THROW((void)co_await weft::gather(db.execute("select 1"), db.execute("select 2")),
                 weft::postgres::connection_error);
    EXPECT_THROW(pool{static_cast<const char*>(nullptr)}, std::invalid_argument);
    EXPECT_THROW(pool{"x y"}, std::invalid_argument);
  });
}

TEST(PostgresPool, ClosesWhatIsIdleForTooLong) {
  weft::run([]() -> task<> {
    pool db{server().local(), {.max_size = 4, .max_idle = 30ms}};
    co_await weft::gather(db.execute("select pg_sleep(0.05)"), db.execute("select pg_sleep(0.05)"));
    for (int i = 0; i < 200 && db.statistics().connections > 0; ++i) co_await weft::sleep(10ms);
    EXPECT_EQ(db.statistics().connections, 0U);
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresPool, KeepsAsManyConnectionsAsItIsTold) {
  weft::run([]() -> task<> {
    pool db{named("weft_minimum"), {.min_size = 3, .max_size = 5, .max_idle = 20ms}};
    EXPECT_EQ(db.statistics().connections, 0U);
    co_await db.execute("select 1");
    EXPECT_TRUE(
        co_await becomes_true("select count(*) = 3 from pg_stat_activity where application_name = "
                              "'weft_minimum'"));
    co_await kill("weft_minimum");
    EXPECT_TRUE(
        co_await becomes_true("select count(*) = 3 from pg_stat_activity where application_name = "
                              "'weft_minimum'"));
    std::vector<task<std::uint64_t>> slow;
    for (int i = 0; i < 5; ++i) slow.push_back(db.execute("select pg_sleep(0.05)"));
    co_await weft::gather(std::move(slow));
    EXPECT_TRUE(
        co_await becomes_true("select count(*) = 3 from pg_stat_activity where application_name = "
                              "'weft_minimum'"));
  });
}

TEST(PostgresPool, ReplacesConnectionsThatAreTooOld) {
  weft::run([]() -> task<> {
    pool db{named("weft_lifetime"), {.max_size = 1, .max_lifetime = 50ms}};
    const auto first = co_await db.fetch_value<int>("select pg_backend_pid()");
    EXPECT_TRUE(
        co_await becomes_true("select count(*) = 0 from pg_stat_activity where application_name = "
                              "'weft_lifetime'"));
    EXPECT_NE(co_await db.fetch_value<int>("select pg_backend_pid()"), first);
    const auto worked = co_await db.fetch_value<int>("select 1 from pg_sleep(0.1)");  // is let end
    EXPECT_EQ(worked, 1);
  });
}

TEST(PostgresPool, IsNotStuckWhereNoMoreConnectionsCanBeHad) {
  weft::run([]() -> task<> {
    connection admin = co_await weft::postgres::connect(server().local());
    co_await admin.execute("create role narrow login connection limit 1");
    pool db{server().uri("narrow"), {.max_size = 4}};
    auto held = std::make_optional<connection>(co_await db.acquire());
    auto waits = weft::create_task(db.acquire());
    std::vector<task<int>> asked;
    for (int i = 0; i < 10; ++i) asked.push_back(db.fetch_value<int>("select $1", i));
    auto answers = weft::create_task(weft::gather(std::move(asked)));
    while (db.statistics().waiting < 11) co_await weft::sleep(1ms);
    while (db.statistics().opening > 0) co_await weft::sleep(1ms);  // the server has refused
    co_await admin.execute("alter role narrow connection limit 2");
    {
      const connection other = co_await std::move(waits);  // while the first is not given back
      EXPECT_TRUE(other.is_open());
      EXPECT_TRUE(held->is_open());
    }
    EXPECT_EQ((co_await answers).size(), 10U);
    held.reset();
    co_await db.close();
    EXPECT_TRUE(co_await becomes_true("select count(*) = 0 from pg_stat_activity where usename = 'narrow'"));
    co_await admin.execute("drop role narrow");
  });
}

TEST(PostgresPool, MakesDoWithWhatAFullServerLeaves) {
  const std::string crowd = server().uri("crowd");
  weft::run([&]() -> task<> {
    const connection admin = co_await weft::postgres::connect(server().local());
    co_await admin.execute("create role crowd login");
    co_await admin.execute("alter system set max_connections = 8");  // three of which are for superusers
    co_await admin.execute("checkpoint");                            // the server is about to crash
  });
  server().restart();
  weft::run([&]() -> task<> {
    std::vector<connection> others;
    for (int i = 0; i < 3; ++i) others.push_back(co_await weft::postgres::connect(crowd));
    // Two are left: ten tasks share them, and twelve transactions take turns.
    pool db{crowd, {.max_size = 10, .acquire_timeout = 30s}};
    std::vector<task<std::uint64_t>> slow;
    for (int i = 0; i < 10; ++i) slow.push_back(db.execute("select pg_sleep(0.02)"));
    co_await weft::gather(std::move(slow));
    int done = 0;
    auto one = [&]() -> task<> {
      co_await db.transaction([&](transaction& t) -> task<> { co_await t.execute("select pg_sleep(0.01)"); });
      ++done;
    };
    std::vector<task<>> transactions;
    for (int i = 0; i < 12; ++i) transactions.push_back(one());
    co_await weft::gather(std::move(transactions));
    EXPECT_EQ(done, 12);
    EXPECT_EQ(db.statistics().connections, 2U);
    EXPECT_EQ(db.statistics().lost, 0U);

    // A pool that has none at all says at once what the server says ...
    pool late{crowd, {.max_size = 2}};
    EXPECT_EQ(co_await sqlstate_of(late.execute("select 1")), "53300");
    try {
      co_await late.execute("select 1");
      ADD_FAILURE();
    } catch (const weft::postgres::connection_error& e) {
      EXPECT_NE(std::string{e.what()}.find("remaining connection slots are reserved"), std::string::npos) << e.what();
    }
    // ... and has one as soon as there is room.
    others.pop_back();
    bool again = false;
    for (int i = 0; i < 500 && !again; ++i) {
      again = (co_await sqlstate_of(late.execute("select 1"))).empty();
      if (!again) co_await weft::sleep(10ms);
    }
    EXPECT_TRUE(again);
  });
  weft::run([&]() -> task<> {
    const connection admin = co_await weft::postgres::connect(server().local());
    co_await admin.execute("alter system reset all");
    co_await admin.execute("drop role crowd");
    co_await admin.execute("checkpoint");
  });
  server().restart();
}

TEST(PostgresPool, IsInOrderAfterManyRandomStops) {
  weft::run([]() -> task<> {
    pool db{named("weft_stops"), {.max_size = 3}};
    co_await db.execute("drop table if exists weft_stops");
    co_await db.execute("create table weft_stops (id int)");
    auto work = [&db](int i) -> task<> {
      const auto limit = std::chrono::microseconds{(i * 7919) % 20000};
      auto some = [i](transaction& t) -> task<> {
        co_await t.execute("insert into weft_stops values ($1)", i);
        co_await t.execute("select pg_sleep(0.005)");
        throw std::runtime_error{"undone"};
      };
      try {
        if (i % 4 == 0) (void)co_await weft::move_on_after(limit, db.execute("select pg_sleep(0.01)"));
        if (i % 4 == 1) (void)co_await weft::move_on_after(limit, db.transaction(some));
        if (i % 4 == 2) {
          auto rows = db.stream<int>("select generate_series(1, 20000)");
          (void)co_await weft::move_on_after(limit, [&]() -> task<> {
            while (auto next = co_await rows.next()) continue;
          });
        }
        if (i % 4 == 3) (void)co_await weft::move_on_after(limit, db.fetch_value<int>("select $1 + 1", i));
      } catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch): "undone"
      }
    };
    std::vector<task<>> all;
    for (int i = 0; i < 200; ++i) all.push_back(work(i));
    co_await weft::gather(std::move(all));
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from weft_stops"), 0);
    EXPECT_TRUE(
        co_await becomes_true("select count(*) filter (where state <> 'idle') = 0 from pg_stat_activity where "
                              "application_name = 'weft_stops'"));
    co_await db.execute("drop table weft_stops");
    co_await db.close();
  });
}

TEST(PostgresListener, HearsAndConnectsAgain) {
  weft::run([]() -> task<> {
    pool db{named("weft_listener")};
    auto heard = co_await db.listen("Some Channel");
    co_await db.execute("select pg_notify('Some Channel', 'first')");
    const auto first = co_await heard.next();
    EXPECT_EQ(first->channel, "Some Channel");
    EXPECT_EQ(first->payload, "first");
    EXPECT_FALSE((co_await weft::move_on_after(20ms, heard.next())).has_value());
    co_await kill("weft_listener");
    EXPECT_TRUE((co_await heard.next())->reconnected);
    for (int i = 0; i < 1000; ++i) co_await db.execute("select pg_notify('Some Channel', $1)", std::to_string(i));
    for (int i = 0; i < 1000; ++i) EXPECT_EQ((co_await heard.next())->payload, std::to_string(i));
    heard.close();
    EXPECT_FALSE((co_await heard.next()).has_value());
  });
}

}  // namespace
