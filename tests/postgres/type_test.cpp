#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>
#include <weft/postgres/json_value.hpp>

#include "postgres/server.hpp"

namespace postgres_type_test {

enum class mood { sad, happy };
WEFT_DESCRIBE_ENUM(mood, sad, happy)

struct point {
  int x = 0;
  std::optional<std::string> label;
};
WEFT_DESCRIBE(point, x, label)

struct celsius {
  double degrees = 0;
};

struct placed {
  int id = 0;
  point place;
};
WEFT_DESCRIBE(placed, id, place)

struct celsius_reading {
  double degrees = 0;
  std::string where;
};
WEFT_DESCRIBE(celsius_reading, degrees, where)

}  // namespace postgres_type_test

template <>
struct weft::postgres::codec<postgres_type_test::celsius> {
  static constexpr oid::number type = oid::float8;
  static constexpr bool as_text = false;
  static void write(std::string& to, const postgres_type_test::celsius& value, oid::number as) {
    codec<double>::write(to, value.degrees, as);
  }
  static void read(std::string_view from, oid::number is, postgres_type_test::celsius& value) {
    codec<double>::read(from, is, value.degrees);
  }
};

namespace {

using namespace std::chrono_literals;
using postgres_type_test::celsius;
using postgres_type_test::celsius_reading;
using postgres_type_test::mood;
using postgres_type_test::placed;
using postgres_type_test::point;
using weft::task;
using weft::postgres::connect;
using weft::postgres::connection;
using weft::postgres::data_error;
using weft::postgres::json_text;
using weft::postgres::numeric;
using weft::testing::server;
using weft::testing::sqlstate_of;

/// A vector made here: g++ 12 makes nothing of lists in the expressions of coroutines.
template <class T, class... Parts>
std::vector<T> list(Parts... parts) {
  std::vector<T> made;
  (made.emplace_back(std::move(parts)), ...);
  return made;
}

/// The value is what the server shows as `text`, there and back.
template <class T>
task<> round_trip(const connection& db, std::string type, T value, std::string text) {
  EXPECT_EQ(co_await db.fetch_value<std::string>("select ($1::" + type + ")::text", value), text) << type;
  const bool same = co_await db.fetch_value<T>("select $1::text::" + type, text) == value;
  EXPECT_TRUE(same) << type << " " << text;
  std::optional<T> none = co_await db.fetch_value<std::optional<T>>("select $1::" + type, std::optional<T>{});
  EXPECT_FALSE(none.has_value()) << type;
}

TEST(PostgresTypes, HoldNumbersAtTheirEdges) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await round_trip<std::int16_t>(db, "int2", -32768, "-32768");
    co_await round_trip<std::int32_t>(db, "int4", 2147483647, "2147483647");
    co_await round_trip<std::int64_t>(db, "int8", std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
    co_await round_trip<std::uint32_t>(db, "int8", 4294967295U, "4294967295");
    co_await round_trip<bool>(db, "bool", true, "true");
    co_await round_trip<float>(db, "float4", 1.5F, "1.5");
    co_await round_trip<double>(db, "float8", 5e-324, "5e-324");
    co_await round_trip<double>(db, "float8", std::numeric_limits<double>::infinity(), "Infinity");
    for (const char* const text :
         {"0", "0.00", "1", "-1.50", "10000", "0.0001", "0.00010", "123456789012345678901234567890.12",
          "-99999999.99990000", "NaN", "Infinity", "-Infinity"}) {
      co_await round_trip(db, "numeric", numeric{text}, text);
    }
    EXPECT_EQ(co_await db.fetch_value<double>("select 12.25::numeric"), 12.25);
    EXPECT_EQ(co_await sqlstate_of(db.execute("select $1::numeric", numeric{"x"})), "22P02");
    EXPECT_THROW((void)db.execute("select $1", std::numeric_limits<std::uint64_t>::max()), data_error);
    EXPECT_THROW((void)co_await db.fetch_value<std::uint8_t>("select -1"), data_error);
  });
}

TEST(PostgresTypes, HoldTextAndBytes) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    for (const char* const text : {"", "x", "Grüße, 世界", "'; drop table x --"})
      co_await round_trip(db, "text", std::string{text}, text);
    co_await round_trip(db, "varchar(3)", std::string{"abc"}, "abc");
    co_await round_trip(db, "bytea", list<std::byte>(std::byte{0}, std::byte{255}), "\\x00ff");
    co_await round_trip(db, "bytea", list<std::byte>(), "\\x");
    co_await round_trip(db, "uuid", *weft::uuid::parse("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
                        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    for (const char* const text : {"192.168.0.1/24", "10.1.2.3/32", "::1/128", "2001:db8::/32"}) {
      EXPECT_EQ(co_await db.fetch_value<std::string>("select ($1::inet)::text", weft::postgres::inet{text}), text);
    }
    EXPECT_EQ((co_await db.fetch_value<weft::postgres::inet>("select '192.168.0.1/24'::inet")).text, "192.168.0.1/24");
    EXPECT_EQ((co_await db.fetch_value<weft::postgres::inet>("select '2001:db8::/32'::cidr")).text, "2001:db8::/32");
    EXPECT_EQ((co_await db.fetch_value<weft::postgres::inet>("select '::1'::inet")).text, "::1");
    EXPECT_EQ(co_await sqlstate_of(db.execute("select $1::text", std::string{"\xff"})), "22021");
    EXPECT_THROW((void)db.execute("select $1::text", std::string{"a\0b", 3}), data_error);
    EXPECT_EQ(co_await sqlstate_of(db.execute("select 1 where $1 = 'x'", 5)), "22P02");
    (void)co_await db.fetch_value<std::monostate>("select pg_sleep(0)");
  });
}

TEST(PostgresTypes, HoldTimes) {
  weft::run([]() -> task<> {
    using namespace std::chrono;
    connection db = co_await connect(server().local());
    const sys_days day{year{2024} / 2 / 29};
    co_await round_trip(db, "date", day, "2024-02-29");
    co_await round_trip(db, "date", year_month_day{day}, "2024-02-29");
    co_await round_trip(db, "date", sys_days{year{1} / 1 / 1}, "0001-01-01");
    co_await round_trip(db, "date", sys_days::max(), "infinity");
    const weft::postgres::timestamptz instant{day + 12h + 34min + 56s + 789012us};
    co_await round_trip(db, "timestamptz", instant, "2024-02-29 12:34:56.789012+00");
    co_await round_trip(db, "timestamptz", weft::postgres::timestamptz::max(), "infinity");
    co_await round_trip(db, "timestamptz", weft::postgres::timestamptz::min(), "-infinity");
    co_await round_trip(db, "timestamptz", sys_time<seconds>{day + 1s}, "2024-02-29 00:00:01+00");
    co_await round_trip(db, "timestamp", weft::postgres::timestamp{instant.time_since_epoch()},
                        "2024-02-29 12:34:56.789012");
    co_await round_trip(db, "interval", weft::postgres::interval{14, 3, 4h + 5us},
                        "1 year 2 mons 3 days 04:00:00.000005");
    co_await round_trip<microseconds>(db, "interval", -1500ms, "-00:00:01.5");
    using weft::postgres::timetz;
    co_await round_trip(db, "timetz", timetz{13h + 1us, 5h + 30min}, "13:00:00.000001+05:30");
    co_await round_trip(db, "timetz", timetz{24h, -15h - 59min - 59s}, "24:00:00-15:59:59");
    co_await round_trip(db, "timetz[]", list<timetz>(timetz{0us}), "{00:00:00+00}");
    EXPECT_EQ(co_await sqlstate_of(db.execute("select $1", timetz{0us, 16h})), "22009");
    EXPECT_EQ(co_await sqlstate_of(db.execute("select $1", timetz{-1us})), "22008");
    EXPECT_THROW((void)co_await db.fetch_value<timetz>("select '13:00'::time"), data_error);
    EXPECT_THROW((void)db.execute("select $1", timetz{0us, 10'000'000'000s}), data_error);
    EXPECT_EQ(co_await db.fetch_value<std::string>("select $1::time::text", weft::postgres::time_of_day{13h + 1us}),
              "13:00:00.000001");
    EXPECT_EQ(co_await db.fetch_value<microseconds>("select '13:00:00.000001'::time"), 13h + 1us);
    EXPECT_THROW((void)co_await db.fetch_value<microseconds>("select '1 month'::interval"), data_error);
    EXPECT_THROW((void)co_await db.fetch_value<weft::postgres::timestamptz>("select now()::timestamp"), data_error);
  });
}

TEST(PostgresTypes, HoldArrays) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await round_trip(db, "int4[]", list<int>(1, -2, 3), "{1,-2,3}");
    co_await round_trip(db, "int4[]", list<int>(), "{}");
    co_await round_trip(db, "text[]", list<std::string>("a", "b c", ""), "{a,\"b c\",\"\"}");
    co_await round_trip(db, "float8[]", list<std::vector<double>>(list<double>(1, 2), list<double>(3, 4)),
                        "{{1,2},{3,4}}");
    co_await round_trip(db, "int8[]", list<std::optional<std::int64_t>>(1, std::nullopt), "{1,NULL}");
    co_await round_trip(db, "numeric[]", list<numeric>("1.50", "-2"), "{1.50,-2}");
    EXPECT_THROW((void)co_await db.fetch_value<std::vector<int>>("select '{1,null}'::int[]"), data_error);
    EXPECT_THROW((void)co_await db.fetch_value<std::vector<int>>("select '{{1}}'::int[]"), data_error);
    EXPECT_THROW((void)db.execute("select $1", list<std::vector<int>>(list<int>(1), list<int>(1, 2))), data_error);
    EXPECT_EQ(
        (co_await db.fetch<int>("select i from generate_series(1, 5) i where i = any($1)", list<int>(2, 4))).size(),
        2U);
  });
}

TEST(PostgresTypes, HoldRanges) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    using weft::postgres::range;
    co_await round_trip(db, "int4range", range<int>{1, 5}, "[1,5)");
    co_await round_trip(db, "int8range", range<std::int64_t>{std::nullopt, 5, false}, "(,5)");
    co_await round_trip(db, "numrange", range<numeric>{numeric{"0.5"}, numeric{"1.5"}, false, true}, "(0.5,1.5]");
    range<int> nothing;
    nothing.empty = true;
    nothing.lower_inclusive = false;
    co_await round_trip(db, "int4range", nothing, "empty");
  });
}

TEST(PostgresTypes, HoldJsonEnumerationsCompositesAndDomains) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute_script(
        "create type pg_temp.mood as enum ('sad', 'happy'); create type pg_temp.spot as (x int, label text);"
        "create domain pg_temp.small as int check (value < 10); create temp table j (a json, b jsonb)");
    co_await round_trip(db, "pg_temp.mood", mood::happy, "happy");
    EXPECT_EQ(co_await sqlstate_of(db.execute("select $1::pg_temp.mood", "angry")), "22P02");
    EXPECT_EQ(co_await db.fetch_value<int>("select 7::pg_temp.small"), 7);
    EXPECT_EQ(co_await sqlstate_of(db.execute("select $1::pg_temp.small", 11)), "23514");

    const auto spot =
        co_await db.fetch_value<std::vector<point>>("select array[row(1, 'a'), row(2, null)]::pg_temp.spot[]");
    EXPECT_EQ(spot.at(0).label, "a");
    EXPECT_EQ(spot.at(1).x, 2);
    EXPECT_FALSE(spot.at(1).label.has_value());

    point one;
    one.x = 5;
    one.label = "five";
    co_await db.execute("insert into j values ($1, $2)", one, one);
    EXPECT_EQ((co_await db.fetch_value<point>("select a from j")).label, "five");
    EXPECT_EQ((co_await db.fetch_value<point>("select b from j")).x, 5);
    EXPECT_EQ(co_await db.fetch_value<std::string>("select b from j"), R"({"x": 5, "label": "five"})");
    EXPECT_EQ((co_await db.fetch_value<weft::postgres::json_text>("select b from j")).text,
              R"({"x": 5, "label": "five"})");
    EXPECT_THROW((void)co_await db.fetch_value<point>("select '{\"x\": \"no\"}'::json"), data_error);
  });
}

TEST(PostgresTypes, SendComposites) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute_script(
        "create type pg_temp.spot as (x int, label text); create temp table s (id int, place pg_temp.spot)");
    const point nowhere;
    const celsius_reading reading;
    point one;
    one.x = 5;
    one.label = "five, \"and\" so on";
    co_await db.execute("insert into s values (1, $1), (2, $2)", weft::postgres::composite{one},
                        weft::postgres::composite{nowhere});
    EXPECT_EQ((co_await db.fetch_value<point>("select place from s where id = 1")).label, one.label);
    EXPECT_FALSE((co_await db.fetch_value<point>("select place from s where id = 2")).label.has_value());
    EXPECT_EQ(co_await db.fetch_value<std::string>("select place::text from s where id = 2"), "(0,)");
    auto given = [](point place) -> weft::async_generator<placed> {
      placed row;
      row.id = 3;
      row.place = place;
      co_yield std::move(row);
    };
    EXPECT_EQ(co_await db.copy_in("s", given(one)), 1U);
    EXPECT_EQ((co_await db.fetch_one<placed>("select * from s where id = 3")).place.label, one.label);
    EXPECT_THROW(co_await db.execute("insert into s values (1, $1)", weft::postgres::composite{reading}), data_error);
    EXPECT_THROW(co_await db.execute("select $1", weft::postgres::composite{one}), data_error);
    EXPECT_THROW(co_await db.execute("select $1::int", weft::postgres::composite{one}), data_error);
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresTypes, HoldArraysOfWhatOnlyTheServerKnows) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute_script(
        "create type pg_temp.mood as enum ('sad', 'happy'); create temp table m (all_of pg_temp.mood[], j jsonb[])");
    const auto moods = list<mood>(mood::happy, mood::sad);
    co_await db.execute("insert into m values ($1, $2)", moods,
                        list<std::optional<json_text>>(json_text{R"({"a": "\"x\\y"})"}, std::nullopt));
    EXPECT_EQ(co_await db.fetch_value<std::vector<mood>>("select all_of from m"), moods);
    EXPECT_EQ(co_await db.fetch_value<std::string>("select j[1]->>'a' from m"), "\"x\\y");
    EXPECT_TRUE(co_await db.fetch_value<bool>("select j[2] is null from m"));
    EXPECT_EQ(co_await db.fetch_value<std::string>("select $1::pg_temp.mood[]::text", std::vector<mood>{}), "{}");
    const auto networks = list<weft::postgres::inet>("10.0.0.0/8", "::1");
    EXPECT_EQ(co_await db.fetch_value<std::string>("select $1::inet[]::text", networks), "{10.0.0.0/8,::1}");
    EXPECT_EQ(co_await db.fetch_value<std::vector<weft::postgres::inet>>("select $1::inet[]", networks), networks);
    EXPECT_EQ((co_await db.fetch_value<weft::postgres::range<int>>("select '[1,5)'::int8range")).upper, 5);
    EXPECT_THROW((void)co_await db.fetch_value<weft::postgres::range<int>>("select '[1,5000000000)'::int8range"),
                 data_error);
    EXPECT_THROW((void)co_await db.fetch_value<weft::postgres::range<int>>("select 5"), data_error);
  });
}

TEST(PostgresTypes, HoldJsonValues) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    boost::json::value given = boost::json::parse(R"({"list": [1, 2.5, null, "x"], "nested": {"yes": true}})");
    for (const char* const type : {"json", "jsonb"}) {
      const auto got = co_await db.fetch_value<boost::json::value>(std::string{"select $1::"} + type, given);
      EXPECT_TRUE(got == given) << boost::json::serialize(got);
    }
    EXPECT_TRUE((co_await db.fetch_value<boost::json::value>("select 'null'::jsonb")).is_null());
    EXPECT_FALSE((co_await db.fetch_value<std::optional<boost::json::value>>("select null::jsonb")).has_value());
    EXPECT_THROW((void)co_await db.fetch_value<boost::json::value>("select 5"), data_error);
  });
}

TEST(PostgresTypes, AreWhatUsersMakeThem) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    EXPECT_EQ((co_await db.fetch_value<celsius>("select $1 + 1", celsius{20.5})).degrees, 21.5);
    co_await db.execute("create extension if not exists hstore");
    using hstore = std::map<std::string, std::optional<std::string>>;
    hstore given;
    given["a"] = "1";
    given["b \"x\""] = std::nullopt;
    given["c"] = "";
    EXPECT_EQ(co_await db.fetch_value<hstore>("select $1::hstore", given), given);
    co_await db.execute("drop extension hstore");
  });
}

}  // namespace
