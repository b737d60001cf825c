// Many tasks do all that a pool can do, and are stopped at random; then every connection is idle and no transaction is
// open, as the server says. For as long as WEFT_TEST_SOAK says in seconds, or else some rounds. WEFT_TEST_SEED is the
// seed of the first round; each next one has the next.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "postgres/server.hpp"

namespace postgres_soak_test {

struct entry {
  int task = 0;
  int amount = 0;
};
WEFT_DESCRIBE(entry, task, amount)

struct thing {
  int task = 0;
  std::vector<std::int64_t> amounts;
};
WEFT_DESCRIBE(thing, task, amounts)

}  // namespace postgres_soak_test

namespace {

using namespace std::chrono_literals;
using postgres_soak_test::entry;
using postgres_soak_test::thing;
using weft::task;
using weft::postgres::connection;
using weft::postgres::pool;
using weft::postgres::transaction;
using weft::testing::becomes_true;
using weft::testing::server;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

/// What adds up to nothing, as long as all of it is there, or none.
weft::async_generator<entry> pairs(int from, int count, bool fails) {
  for (int i = 0; i < count; ++i) {
    for (const int amount : {1, -1}) {
      entry one;
      one.task = from;
      one.amount = amount;
      co_yield one;
    }
  }
  if (fails) throw std::runtime_error{"on purpose"};
}

class trouble {
 public:
  trouble(const pool& db, std::uint64_t seed) : db_{db}, random_{seed} {}

  task<> run(int tasks) {
    std::vector<task<>> all;
    for (int i = 0; i < tasks; ++i) all.push_back(work(i));
    co_await weft::gather(std::move(all));
  }

 private:
  int pick(int most) { return std::uniform_int_distribution<int>{0, most}(random_); }

  task<> work(int me) {
    for (int i = 0; i < 8; ++i) {
      try {
        // Most are stopped before their end, some while they wait for a connection.
        const std::chrono::microseconds limit{pick(3) == 0 ? 60'000'000 : pick(8000)};
        (void)co_await weft::move_on_after(limit, something(me));
      } catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch): errors are part of it
      }
    }
  }

  task<> something(int me) {
    switch (pick(12)) {
      case 0:
        co_await db_.execute("select pg_sleep($1)", pick(5) * 0.001);
        break;
      case 1:
        co_await db_.execute("select 1 / (length($1::text) - 2)", std::to_string(pick(20)));
        break;
      case 2:
        co_await add(me, false);
        break;
      case 3:
        co_await add(me, true);
        break;
      case 4:
        co_await stream(me);
        break;
      case 5:
        co_await stream_in_transaction(me);
        break;
      case 6:
        co_await db_.copy_in("soaked", pairs(me, pick(300), pick(2) == 0));
        break;
      case 7:
        co_await copy_out();
        break;
      case 8:
        co_await together(me);
        break;
      case 9:
        co_await weft::with(db_.advisory_lock(pick(1)),
                            [](connection& held) -> task<> { co_await held.execute("select pg_sleep(0.001)"); });
        break;
      case 10:
        co_await lend();
        break;
      case 11:
        co_await send_things(me);
        break;
      default:
        co_await compete(me);
    }
  }

  task<> add(int me, bool fails) {
    auto inner = [&](transaction& t) -> task<> {
      co_await t.execute("insert into soaked values ($1, 7)", me);
      co_await t.execute("select 1/0");
    };
    auto body = [&](transaction& t) -> task<> {
      co_await t.execute("insert into soaked values ($1, 1)", me);
      try {
        co_await t.savepoint(inner);
      } catch (const weft::postgres::connection_error&) {
        throw;
      } catch (const weft::postgres::error&) {  // NOLINT(bugprone-empty-catch): what it did is undone
      }
      co_await t.execute("insert into soaked values ($1, -1)", me);
      if (fails) throw std::runtime_error{"on purpose"};
    };
    co_await db_.transaction(body);
  }

  task<> stream(int most) {
    auto rows = db_.stream<std::int64_t>("select generate_series(1, $1::bigint)", 20'000);
    for (int i = 0; i < most * 50; ++i) {
      const auto row = co_await rows.next();
      if (!row) break;
    }
  }

  task<> stream_in_transaction(int me) {
    auto body = [&](transaction& t) -> task<> {
      co_await t.execute("insert into soaked values ($1, 1), ($1, -1)", me);
      auto rows = t.stream<std::int64_t>("select generate_series(1, 100000::bigint)");
      for (int i = 0; i < 100; ++i) (void)co_await rows.next();
    };
    co_await db_.transaction(body);
  }

  task<> copy_out() {
    auto pieces = db_.copy_out("copy (select generate_series(1, 20000)) to stdout");
    for (int left = pick(20'000); left > 0; --left) {
      const auto piece = co_await pieces.next();
      if (!piece) break;
    }
  }

  task<> together(int me) {
    weft::postgres::pipeline batch;
    batch.add("insert into soaked values ($1, 1)", me).add("select pg_sleep(0.001)");
    if (pick(2) == 0) batch.add("select 1/0");
    batch.add("insert into soaked values ($1, -1)", me);
    (void)co_await db_.run(std::move(batch));
  }

  /// Of types that are new in each round, so that the server is asked about them.
  task<> send_things(int me) {
    thing given;
    given.task = me;
    given.amounts.push_back(me);
    const std::string statement =
        "select $1::soaked_thing as t from generate_series(1, 50) -- " + std::to_string(pick(5));
    auto body = [&](transaction& t) -> task<> {
      co_await t.execute("insert into soaked values ($1, 5)", me);
      auto rows = t.stream<thing>(statement, weft::postgres::composite{given});
      while (const auto row = co_await rows.next()) EXPECT_EQ(row->amounts.at(0), me);
      co_await t.execute("insert into soaked values ($1, -5)", me);
    };
    const auto all = co_await db_.fetch<thing>(statement, weft::postgres::composite{given});
    for (const thing& one : all) EXPECT_EQ(one.amounts.at(0), me);
    co_await db_.transaction(body);
  }

  /// Comes back with a transaction, a setting and a lock.
  task<> lend() {
    const connection mine = co_await db_.acquire();
    co_await mine.execute("begin");
    co_await mine.execute("select pg_advisory_xact_lock(99)");
    co_await mine.execute("set statement_timeout = '60s'");
    co_await mine.execute("insert into soaked values (0, 13)");
  }

  task<> compete(int me) {
    auto body = [&](transaction& t) -> task<> {
      const auto sum = co_await t.fetch_value<std::int64_t>("select coalesce(sum(amount), 0) from soaked");
      co_await t.execute("insert into soaked values ($1, 2 + $2::int), ($1, -2 - $2::int)", me, sum);
    };
    co_await db_.transaction(body, {.level = weft::postgres::isolation::serializable, .retries = 3});
  }

  const pool& db_;
  std::mt19937_64 random_;
};

TEST(PostgresSoak, EndsWithEveryConnectionIdleAndNoTransactionOpen) {
  const auto seconds = number_from("WEFT_TEST_SOAK", 0);
  const std::uint64_t first = number_from("WEFT_TEST_SEED", seconds == 0 ? 1 : std::random_device{}());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
  weft::run([&]() -> task<> {
    pool db{server().local() + " application_name=weft_soak", {.max_size = 5, .connect = {.statement_cache = 20}}};
    co_await db.execute("drop table if exists soaked");
    co_await db.execute("create table soaked (task int, amount int)");
    const std::string where = " from pg_stat_activity where application_name = 'weft_soak'";
    for (std::uint64_t round = 0; !testing::Test::HasFailure(); ++round) {
      if (round >= 3 && std::chrono::steady_clock::now() >= end) break;
      SCOPED_TRACE("WEFT_TEST_SEED=" + std::to_string(first + round) + " repeats this round");
      co_await db.execute_script(
          "drop type if exists soaked_thing; drop domain if exists soaked_amount; create domain soaked_amount as int8;"
          "create type soaked_thing as (task int, amounts soaked_amount[])");
      trouble here{db, first + round};
      co_await here.run(30);
      EXPECT_TRUE(
          co_await becomes_true("select count(*) > 0 and bool_and(state = 'idle' and xact_start is null)" + where));
      EXPECT_TRUE(co_await becomes_true("select count(*) = 0 from pg_locks where locktype = 'advisory'"));
      EXPECT_EQ(co_await db.fetch_value<int>("select coalesce(sum(amount), 0) from soaked"), 0);
      EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from soaked where amount in (7, 13)"), 0);
      EXPECT_EQ(co_await db.fetch_value<std::string>("show statement_timeout"), "0");
      // What has come back last may still be put in order, or wait for a cancel request to have had its effect.
      weft::postgres::pool_statistics now = db.statistics();
      for (int i = 0; i < 1500 && now.idle != now.connections; ++i) {
        co_await weft::sleep(10ms);
        now = db.statistics();
      }
      EXPECT_EQ(now.idle, now.connections);
      EXPECT_EQ(now.waiting, 0U);
      EXPECT_EQ(now.lost, 0U);
      co_await db.execute("truncate soaked");
    }
    co_await db.execute_script("drop table soaked; drop type soaked_thing; drop domain soaked_amount");
    co_await db.close();
    EXPECT_TRUE(co_await becomes_true("select count(*) = 0" + where));
  });
}

}  // namespace
