// Types that only the server knows, in others: domains in arrays, in composite types and in ranges, arrays of composite
// types, and what of them is in each other.

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "postgres/server.hpp"

namespace postgres_users_type_test {

enum class mood { sad, happy };
WEFT_DESCRIBE_ENUM(mood, sad, happy)

struct item {
  std::string name;
  std::optional<std::int64_t> price;
  mood feels = mood::sad;
  std::vector<int> ranks;
};
WEFT_DESCRIBE(item, name, price, feels, ranks)

struct box {
  int id = 0;
  item first;
  std::vector<item> rest;
};
WEFT_DESCRIBE(box, id, first, rest)

struct boxed {
  int id = 0;
  box whole;
};
WEFT_DESCRIBE(boxed, id, whole)

bool operator==(const item& a, const item& b) {
  return a.name == b.name && a.price == b.price && a.feels == b.feels && a.ranks == b.ranks;
}
bool operator==(const box& a, const box& b) { return a.id == b.id && a.first == b.first && a.rest == b.rest; }

}  // namespace postgres_users_type_test

namespace {

using postgres_users_type_test::box;
using postgres_users_type_test::boxed;
using postgres_users_type_test::item;
using postgres_users_type_test::mood;
using weft::task;
using weft::postgres::composite;
using weft::postgres::connect;
using weft::postgres::connection;
using weft::postgres::data_error;
using weft::postgres::multirange;
using weft::postgres::numeric;
using weft::postgres::pipeline;
using weft::postgres::pool;
using weft::postgres::range;
using weft::postgres::transaction;
using weft::testing::server;

/// Temporary: another connection gives them other numbers.
task<> make_types(const connection& db) {
  co_await db.execute_script(
      "create type pg_temp.mood as enum ('sad', 'happy');"
      "create domain pg_temp.cents as int8; create domain pg_temp.price as pg_temp.cents;"
      "create domain pg_temp.exact as numeric; create domain pg_temp.label as text; create domain pg_temp.rank as int4;"
      "create domain pg_temp.ratio as float8;"
      "create type pg_temp.item as (name pg_temp.label, price pg_temp.price, feels pg_temp.mood, ranks pg_temp.rank[]);"
      "create type pg_temp.box as (id int, first pg_temp.item, rest pg_temp.item[]);"
      "create domain pg_temp.good_box as pg_temp.box check ((value).id >= 0);"
      "create type pg_temp.prices as range (subtype = pg_temp.price, multirange_type_name = pg_temp.many_prices);"
      "create type pg_temp.floats as range (subtype = float8)");
}

box full_box() {
  item one;
  one.name = "one, \"two\" {three}";
  one.price = 9'000'000'000;
  one.feels = mood::happy;
  one.ranks = {1, -2, 3};
  box made;
  made.id = 7;
  made.first = one;
  made.rest = {item{}, one};
  return made;
}

std::vector<composite<item>> all_items(const box& of) {
  std::vector<composite<item>> made;
  for (const item& one : of.rest) made.emplace_back(one);
  return made;
}
std::vector<std::vector<std::optional<composite<item>>>> grid_of_items(const box& of) {
  return {{composite{of.first}, std::nullopt}, {std::nullopt, composite{of.rest[0]}}};
}
std::vector<int> one_to_three() { return {1, 2, 3}; }
multirange<std::int64_t> two_spans() {
  return multirange<std::int64_t>{{range<std::int64_t>{1, 3}, range<std::int64_t>{5, std::nullopt}}};
}
std::vector<range<double>> two_floats() { return {range<double>{0.5, 1.5}, range<double>{std::nullopt, 9.25}}; }

TEST(PostgresUsersTypes, AreReadInArraysCompositesAndRanges) {
  weft::run([]() -> task<> {
    const connection db = co_await connect(server().local());
    co_await make_types(db);
    EXPECT_EQ(co_await db.fetch_value<std::vector<int>>("select '{1,2,3}'::pg_temp.rank[]"), one_to_three());
    const auto exact = co_await db.fetch_value<std::vector<std::string>>("select '{1.50,-2}'::pg_temp.exact[]");
    EXPECT_EQ(exact.at(0), "1.50");
    EXPECT_EQ(exact.at(1), "-2");
    EXPECT_EQ((co_await db.fetch_value<std::vector<numeric>>("select '{1.50}'::pg_temp.exact[]")).at(0).text, "1.50");
    EXPECT_EQ((co_await db.fetch_value<std::vector<double>>("select '{1.5}'::pg_temp.ratio[]")).at(0), 1.5);
    // The same size, and another type.
    EXPECT_THROW((void)co_await db.fetch_value<std::vector<std::int64_t>>("select '{1.5}'::pg_temp.ratio[]"),
                 data_error);
    EXPECT_EQ((co_await db.fetch_value<range<std::int64_t>>("select '[1,9)'::pg_temp.prices")).upper, 9);
    EXPECT_EQ((co_await db.fetch_value<range<double>>("select '[0.5,9)'::pg_temp.floats")).lower, 0.5);
    EXPECT_THROW((void)co_await db.fetch_value<range<std::int64_t>>("select '[1,9)'::pg_temp.floats"), data_error);
    EXPECT_EQ(co_await db.fetch_value<multirange<std::int64_t>>("select '{[1,3),[5,)}'::pg_temp.many_prices"),
              two_spans());

    const std::string text = R"(select row(7, row('one', 5, 'happy', '{4}'), array[row('two', null, 'sad', '{}')]::)"
                             R"(pg_temp.item[])::pg_temp.box)";
    const box got = co_await db.fetch_value<box>(text);
    EXPECT_EQ(got.first.price, 5);
    EXPECT_EQ(got.first.ranks.at(0), 4);
    EXPECT_FALSE(got.rest.at(0).price.has_value());
    EXPECT_EQ((co_await db.fetch_value<box>("select (" + text + ")::pg_temp.good_box")).first.price, 5);
    // As rows, whose types nobody says before they are there; in a record, whose fields have no type that is known.
    const auto rows = co_await db.fetch_rows(text + " as b, '{3}'::pg_temp.rank[] as r");
    EXPECT_EQ(rows[0].get<box>("b"), got);
    EXPECT_EQ(rows[0].get<std::vector<int>>(1).at(0), 3);
    const auto record = co_await db.fetch_value<item>(
        "select row('a', 5::pg_temp.price, 'happy'::pg_temp.mood,"
        " '{1}'::pg_temp.rank[])");
    EXPECT_EQ(record.price, 5);
    // The server's own domains are not in every server the same.
    const auto names = co_await db.fetch_value<std::vector<std::string>>(
        "select array_agg(column_name order by ordinal_position) from information_schema.columns"
        " where table_name = 'pg_range'");
    EXPECT_EQ(names.at(0), "rngtypid");
  });
}

TEST(PostgresUsersTypes, AreSentAsParameters) {
  weft::run([]() -> task<> {
    const connection db = co_await connect(server().local());
    co_await make_types(db);
    const box given = full_box();
    for (int i = 0; i < 2; ++i) {  // asked, and known
      EXPECT_EQ(co_await db.fetch_value<box>("select $1::pg_temp.box", composite{given}), given);
      EXPECT_EQ(co_await db.fetch_value<box>("select $1::pg_temp.good_box", composite{given}), given);
      const auto items = co_await db.fetch_value<std::vector<item>>("select $1::pg_temp.item[]", all_items(given));
      EXPECT_EQ(items, given.rest);
      EXPECT_EQ(co_await db.fetch_value<std::string>("select $1::pg_temp.item[]::text", grid_of_items(given)),
                "{{\"(\\\"one, \\\"\\\"two\\\"\\\" {three}\\\",9000000000,happy,\\\"{1,-2,3}\\\")\",NULL},"
                "{NULL,\"(\\\"\\\",,sad,{})\"}}");
      EXPECT_EQ(co_await db.fetch_value<std::string>("select $1::pg_temp.floats[]::text", two_floats()),
                R"x({"[0.5,1.5)","(,9.25)"})x");
      EXPECT_FALSE(
          (co_await db.fetch_value<std::optional<box>>("select $1::pg_temp.box", std::optional<composite<box>>{}))
              .has_value());
    }
    // With a place in a statement that says what it is.
    co_await db.execute("create temp table boxes (id int, whole pg_temp.good_box)");
    EXPECT_EQ(co_await db.execute("insert into boxes values ($1, $2), ($3, $4)", 1, composite{given}, 2,
                                  std::optional<composite<box>>{}),
              2U);
    EXPECT_EQ((co_await db.fetch_one<boxed>("select * from boxes where id = 1")).whole, given);
    box bad = given;
    bad.id = -1;
    EXPECT_EQ(co_await weft::testing::sqlstate_of(db.execute("insert into boxes values (3, $1)", composite{bad})),
              "23514");
    bad.rest.front().feels = static_cast<mood>(9);
    std::string said;
    try {
      co_await db.execute("insert into boxes values ($1, $2)", 3, composite{bad});
    } catch (const data_error& e) {
      said = e.what();
    }
    EXPECT_EQ(said, "parameter $2: out of range: a value of an enumeration without a name");
    EXPECT_EQ(co_await weft::testing::sqlstate_of(db.execute("insert into nothing values ($1)", composite{given})),
              "42P01");
  });
}

TEST(PostgresUsersTypes, MayBeMadeAnew) {
  weft::run([]() -> task<> {
    const connection db = co_await connect(server().local());
    for (int i = 0; i < 3; ++i) {
      co_await make_types(db);
      const box given = full_box();
      EXPECT_EQ(co_await db.fetch_value<box>("select $1::pg_temp.box", composite{given}), given);
      EXPECT_EQ(co_await db.fetch_value<mood>("select $1::pg_temp.mood", mood::happy), mood::happy);
      pipeline batch;
      batch.add("select $1::pg_temp.mood", mood::happy).add("select $1::pg_temp.item[]", all_items(given));
      const auto both = co_await db.run(std::move(batch));
      EXPECT_EQ(both.at(1)[0].get<std::vector<item>>(0), given.rest);
      auto rows = db.stream<box>("select $1::pg_temp.box from generate_series(1, 3)", composite{given});
      while (auto row = co_await rows.next()) EXPECT_EQ(*row, given);
      co_await db.execute("discard temp");
    }
  });
}

TEST(PostgresUsersTypes, TravelThroughPoolsTransactionsPipelinesAndStreams) {
  weft::run([]() -> task<> {
    for (const std::size_t cache : {std::size_t{0}, std::size_t{1}, std::size_t{256}}) {
      const connection made = co_await connect(server().local());
      co_await made.execute_script(
          "create domain weft_cents as int8; create type weft_item as (name text, price weft_cents);"
          "create table weft_items (id int, one weft_item, prices weft_cents[])");
      {
        pool db{server().local(), {.max_size = 2, .connect = {.statement_cache = cache}}};
        std::vector<task<std::vector<std::int64_t>>> asked;
        for (int i = 0; i < 50; ++i) {
          asked.push_back(db.fetch_value<std::vector<std::int64_t>>("select array[$1::int8]::weft_cents[]", i));
        }
        const auto got = co_await weft::gather(std::move(asked));
        for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].at(0), static_cast<std::int64_t>(i));

        auto body = [](transaction& t) -> task<> {
          co_await t.execute(
              "insert into weft_items select i, row('n', i::weft_cents)::weft_item, array[i, i]::weft_cents[] from "
              "generate_series(1, 500) i");
          auto rows = t.stream<std::vector<std::int64_t>>("select prices from weft_items order by id");
          for (int i = 1; i <= 100; ++i) {
            const auto row = co_await rows.next();
            EXPECT_EQ(row->at(1), i);
          }
        };
        co_await db.transaction(body);
        for (int again = 0; again < 2; ++again) {
          auto rows = db.stream<std::tuple<int, std::vector<std::int64_t>>>(
              "select id, prices from weft_items where id > $1 order by id", 400);
          int count = 0;
          while (auto row = co_await rows.next()) EXPECT_EQ(std::get<1>(*row).at(0), 401 + count++);
          EXPECT_EQ(count, 100);
        }
        pipeline batch;
        batch.add("select prices from weft_items where id = $1", 5).add("select 1");
        const auto both = co_await db.run(std::move(batch));
        EXPECT_EQ(both.at(0)[0].get<std::vector<std::int64_t>>(0).at(0), 5);
        EXPECT_EQ(both.at(1)[0].get<int>(0), 1);
        co_await db.close();
      }
      co_await made.execute_script("drop table weft_items; drop type weft_item; drop domain weft_cents");
    }
  });
}

}  // namespace
