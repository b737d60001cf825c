#include <string>
#include <utility>
#include <vector>

#include "postgres/server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::postgres::connect;
using weft::postgres::connection;
using weft::postgres::pipeline;
using weft::testing::server;

TEST(PostgresPipeline, GivesWhatEachStatementHasGiven) {
  weft::run([]() -> task<> {
    weft::postgres::pool db{server().local(), {.max_size = 1}};
    for (int turn = 0; turn < 2; ++turn) {  // prepared the second time
      pipeline batch;
      batch.add("create temp table if not exists p (id int primary key, name text)")
          .add("delete from p")
          .add("insert into p values ($1, $2), ($3, null)", 1, "one", 2)
          .add("select id, name from p order by id")
          .add("select $1::int + 1", turn);
      const auto got = co_await db.run(std::move(batch));
      EXPECT_EQ(got.size(), 5U);
      EXPECT_EQ(got.at(2).affected(), 2U);
      EXPECT_EQ(got.at(3)[0].get<std::string>("name"), "one");
      EXPECT_TRUE(got.at(3)[1].is_null("name"));
      EXPECT_EQ(got.at(4)[0].get<int>(0), turn + 1);
    }
    EXPECT_TRUE((co_await db.run(pipeline{})).empty());
  });
}

TEST(PostgresPipeline, IsDoneAsAWholeOrNotAtAll) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table p (id int primary key)");
    for (int turn = 0; turn < 2; ++turn) {
      pipeline batch;
      batch.add("insert into p values ($1)", 1).add("insert into p values ($1)", 1).add("select 'never'::text");
      try {
        (void)co_await db.run(std::move(batch));
        ADD_FAILURE();
      } catch (const weft::postgres::error& e) {
        EXPECT_EQ(e.sqlstate(), "23505");
        EXPECT_EQ(e.statement(), 2);
        EXPECT_TRUE(std::string{e.what()}.starts_with("statement 2: duplicate key")) << e.what();
      }
      EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from p"), 0);
      EXPECT_EQ(co_await db.fetch_value<std::string>("select 'never'::text"), "never");
    }
    pipeline wrong;
    wrong.add("select 1").add("selekt 2").add("select 3");
    try {
      (void)co_await db.run(std::move(wrong));
      ADD_FAILURE();
    } catch (const weft::postgres::error& e) {
      EXPECT_EQ(e.statement(), 2);
    }
    EXPECT_EQ(co_await db.fetch_value<int>("select 3"), 3);
  });
}

TEST(PostgresPipeline, StandsBesideOtherStatementsAndSurvivesSchemaChanges) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local(), {.statement_cache = 4});
    co_await db.execute("create temp table p (id int)");
    auto both = [&db]() -> task<std::size_t> {
      pipeline batch;
      batch.add("select 1").add("select * from p");
      const auto got = co_await db.run(std::move(batch));
      co_return got.at(1).columns();
    };
    EXPECT_EQ(co_await both(), 1U);
    co_await db.execute("alter table p add name text");
    EXPECT_EQ(co_await both(), 2U);
    std::vector<task<std::size_t>> batches;
    std::vector<task<int>> values;
    for (int i = 0; i < 20; ++i) batches.push_back(both());
    for (int i = 0; i < 20; ++i) values.push_back(db.fetch_value<int>("select " + std::to_string(i)));
    auto [all, each] = co_await weft::gather(weft::gather(std::move(batches)), weft::gather(std::move(values)));
    for (const std::size_t columns : all) EXPECT_EQ(columns, 2U);
    for (std::size_t i = 0; i < each.size(); ++i) EXPECT_EQ(each[i], static_cast<int>(i));
  });
}

TEST(PostgresPipeline, IsCancelledByAStop) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table p (id int)");
    pipeline batch;
    batch.add("insert into p values (1)").add("select pg_sleep(60)").add("select 1");
    EXPECT_FALSE((co_await weft::move_on_after(50ms, db.run(std::move(batch)))).has_value());
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from p"), 0);
  });
}

}  // namespace
