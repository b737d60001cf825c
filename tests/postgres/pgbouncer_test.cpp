#include "support/pgbouncer.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "postgres/server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::postgres::pool;
using weft::postgres::transaction;
using weft::testing::server;
using weft::testing::sqlstate_of;

TEST(PostgresThroughPgbouncer, RunsWhereEachTransactionMayHaveAnotherConnection) {
  weft::run([]() -> task<> {
    const weft::testing::pgbouncer between{server().local()};
    pool db{between.uri(), {.max_size = 6, .reset = false, .connect = {.statement_cache = 0}}};
    co_await db.execute("drop table if exists bounced");
    co_await db.execute("create table bounced (id int)");

    std::set<int> processes;
    auto one = [&](int i) -> task<> {
      co_await db.transaction([&](transaction& t) -> task<> {
        processes.insert(co_await t.fetch_value<int>("select pg_backend_pid()"));
        co_await t.execute("insert into bounced values ($1)", i);
      });
    };
    std::vector<task<>> all;
    for (int i = 0; i < 40; ++i) all.push_back(one(i));
    std::vector<task<int>> asked;
    for (int i = 0; i < 200; ++i) asked.push_back(db.fetch_value<int>("select $1 + 1", i));
    const auto both = co_await weft::gather(weft::gather(std::move(all)), weft::gather(std::move(asked)));
    for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(std::get<1>(both)[i], static_cast<int>(i) + 1);
    EXPECT_LE(processes.size(), 2U);
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from bounced"), 40);

    auto rows = db.stream<int>("select generate_series(1, 10000)");
    EXPECT_EQ(*co_await rows.next(), 1);
    rows = {};  // leaves early
    EXPECT_EQ(co_await sqlstate_of(db.execute("select 1/0")), "22012");
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE((co_await weft::move_on_after(20ms, db.execute("select pg_sleep(60)"))).has_value());
      EXPECT_EQ(co_await db.fetch_value<int>("select $1::int", i), i);
    }
    co_await db.execute("drop table bounced");
    co_await db.close();
  });
}

}  // namespace
