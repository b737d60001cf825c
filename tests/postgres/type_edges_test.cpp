// A row of every type, at the edges of each: sent by parameters and by COPY, it is what psql prints, and comes back.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "postgres/server.hpp"

namespace postgres_edges_test {

using namespace weft::postgres;

enum class mood { sad, happy };
WEFT_DESCRIBE_ENUM(mood, sad, happy)

struct spot {
  int x = 0;
  std::optional<std::string> label;
  mood feels = mood::sad;
  std::int64_t rank = 0;  // of a domain
  friend bool operator==(const spot&, const spot&) = default;
};
WEFT_DESCRIBE(spot, x, label, feels, rank)

struct numbers {
  std::int16_t i2 = 0;
  std::int32_t i4 = 0;
  std::int64_t i8 = 0;
  float f4 = 0;
  double f8 = 0;
  numeric exact;
  std::int64_t in_domain = 0;
  friend bool operator==(const numbers&, const numbers&) = default;
};
WEFT_DESCRIBE(numbers, i2, i4, i8, f4, f8, exact, in_domain)

struct times {
  std::chrono::sys_days day{};
  std::chrono::microseconds clock{};
  timestamp local{};
  timestamptz instant{};
  interval gap;
  friend bool operator==(const times&, const times&) = default;
};
WEFT_DESCRIBE(times, day, clock, local, instant, gap)

struct texts {
  std::string plain;
  std::string shorter;
  std::vector<std::byte> bytes;
  bool yes = false;
  weft::uuid id;
  json_text js;
  inet address;
  inet network;
  mood feels = mood::sad;
  std::map<std::string, std::optional<std::string>> pairs;
  friend bool operator==(const texts&, const texts&) = default;
};
WEFT_DESCRIBE(texts, plain, shorter, bytes, yes, id, js, address, network, feels, pairs)

struct wholes {
  std::vector<std::vector<std::optional<int>>> grid;
  std::vector<mood> moods;
  std::vector<std::string> names;
  range<int> span;
  range<timestamptz> period;
  multirange<int> spans;
  multirange<std::chrono::sys_days> holidays;
  std::vector<range<int>> list_of_spans;
  spot where;
  std::vector<spot> places;
};
WEFT_DESCRIBE(wholes, grid, moods, names, span, period, spans, holidays, list_of_spans, where, places)

bool same(const wholes& a, const wholes& b) {
  return a.grid == b.grid && a.moods == b.moods && a.names == b.names && a.span == b.span && a.period == b.period &&
         a.spans == b.spans && a.holidays == b.holidays && a.list_of_spans == b.list_of_spans && a.where == b.where &&
         a.places == b.places;
}
template <class T>
bool same(const T& a, const T& b) {
  return a == b;
}

}  // namespace postgres_edges_test

namespace {

using namespace std::chrono_literals;
using namespace postgres_edges_test;  // NOLINT(google-build-using-namespace)
using weft::task;
using weft::postgres::composite;
using weft::postgres::connect;
using weft::postgres::connection;
using weft::testing::server;

std::string psql(const std::string& query) {
  const std::string command = "psql -XAtq -P null=NULL '" + server().local() + "' -c \"" + query + "\" 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> out{::popen(command.c_str(), "r"), &::pclose};
  std::string all;
  std::array<char, 65536> some{};
  for (std::size_t count = 0; (count = std::fread(some.data(), 1, some.size(), out.get())) > 0;) {
    all.append(some.data(), count);
  }
  return all;
}

template <class T>
weft::async_generator<T> only(T row) {
  co_yield std::move(row);
}

/// By COPY and, if there is a statement for it, by parameters.
template <class T>
task<> round_trip(const connection& db, std::string table, T row, std::string printed, task<std::uint64_t> insert) {
  co_await db.execute("truncate " + table);
  EXPECT_EQ(co_await db.copy_in(table, only(row)), 1U);
  EXPECT_EQ(psql("select * from " + table), printed + "\n");
  EXPECT_TRUE(same(co_await db.fetch_one<T>("select * from " + table), row)) << printed;
  co_await db.execute("truncate " + table);
  EXPECT_EQ(co_await std::move(insert), 1U);
  EXPECT_EQ(psql("select * from " + table), printed + "\n");
  EXPECT_TRUE(same(co_await db.fetch_one<T>("select * from " + table), row)) << printed;
}

task<> make_types(const connection& db) {
  co_await db.execute_script(
      "create extension if not exists hstore; create type feeling as enum ('sad', 'happy');"
      "create domain big as int8 check (value >= 0); create domain bigger as big;"
      "create type place as (x int, label text, feels feeling, rank bigger);"
      "create table e_numbers (i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, exact numeric, in_domain bigger);"
      "create table e_times (day date, clock time, local timestamp, instant timestamptz, gap interval);"
      "create table e_texts (plain text, shorter varchar(8), bytes bytea, yes bool, id uuid, js json, address inet,"
      "  network cidr, feels feeling, pairs hstore);"
      "create table e_wholes (grid int[], moods feeling[], names text[], span int4range, period tstzrange,"
      "  spans int4multirange, holidays datemultirange, list_of_spans int4range[], \"where\" place, places place[])");
}

task<> drop_types(const connection& db) {
  co_await db.execute_script(
      "drop table e_numbers, e_times, e_texts, e_wholes; drop type place; drop domain bigger; drop domain big;"
      "drop type feeling; drop extension hstore");
}

task<> numbers_round_trip(const connection& db, numbers row, std::string printed) {
  co_await round_trip(db, "e_numbers", row, printed,
                      db.execute("insert into e_numbers values ($1, $2, $3, $4, $5, $6, $7)", row.i2, row.i4, row.i8,
                                 row.f4, row.f8, row.exact, row.in_domain));
}

TEST(PostgresTypeEdges, AreWhatPsqlPrintsOfNumbers) {
  weft::run([]() -> task<> {
    const connection db = co_await connect(server().local());
    co_await make_types(db);
    numbers low;
    low.i2 = std::numeric_limits<std::int16_t>::min();
    low.i4 = std::numeric_limits<std::int32_t>::min();
    low.i8 = std::numeric_limits<std::int64_t>::min();
    low.f4 = -std::numeric_limits<float>::infinity();
    low.f8 = std::numeric_limits<double>::lowest();
    low.exact = numeric{"-Infinity"};
    co_await numbers_round_trip(
        db, low, "-32768|-2147483648|-9223372036854775808|-Infinity|-1.7976931348623157e+308|-Infinity|0");
    numbers high;
    high.i2 = std::numeric_limits<std::int16_t>::max();
    high.i4 = std::numeric_limits<std::int32_t>::max();
    high.i8 = high.in_domain = std::numeric_limits<std::int64_t>::max();
    high.f4 = std::numeric_limits<float>::max();
    high.f8 = std::numeric_limits<double>::denorm_min();
    // As long as the server takes it, on both sides of the point.
    high.exact = numeric{std::string(131072, '9') + "." + std::string(16382, '0') + "1"};
    co_await numbers_round_trip(
        db, high,
        "32767|2147483647|9223372036854775807|3.4028235e+38|5e-324|" + high.exact.text + "|9223372036854775807");
    numbers row;
    for (const char* const exact :
         {"0", "0.000", "-0.1", "NaN", "Infinity", "10000", "9999.9999", "0.00000001", "1E"}) {
      row.exact = numeric{exact};
      if (std::string{exact} != "1E") {
        co_await numbers_round_trip(db, row, "0|0|0|0|0|" + row.exact.text + "|0");
      } else {
        EXPECT_THROW(co_await db.copy_in("e_numbers", only(row)), weft::postgres::data_error);
      }
    }
    row.exact = numeric{std::string(200, '0') + "1.5"};
    EXPECT_EQ(co_await db.copy_in("e_numbers", only(row)), 1U);
    EXPECT_EQ(co_await db.fetch_value<std::string>("select max(exact) from e_numbers where exact < 'Infinity'"), "1.5");
    row.in_domain = -1;
    EXPECT_EQ(co_await weft::testing::sqlstate_of(db.copy_in("e_numbers", only(row))), "23514");
    co_await drop_types(db);
  });
}

task<> times_round_trip(const connection& db, times row, std::string printed) {
  co_await round_trip(db, "e_times", row, printed,
                      db.execute("insert into e_times values ($1, $2, $3, $4, $5)", row.day, time_of_day{row.clock},
                                 row.local, row.instant, row.gap));
}

TEST(PostgresTypeEdges, AreWhatPsqlPrintsOfTimes) {
  weft::run([]() -> task<> {
    using namespace std::chrono;
    const connection db = co_await connect(server().local());
    co_await make_types(db);
    times row;
    co_await times_round_trip(db, row, "1970-01-01|00:00:00|1970-01-01 00:00:00|1970-01-01 00:00:00+00|00:00:00");
    row.day = sys_days::max();
    row.clock = 24h;
    row.local = timestamp::max();
    row.instant = timestamptz::min();
    row.gap = interval{std::numeric_limits<std::int32_t>::max(), -1, -1us};
    co_await times_round_trip(db, row,
                              "infinity|24:00:00|infinity|-infinity|178956970 years 7 mons -1 days -00:00:00.000001");
    row.day = sys_days{days{-2440588 + 1}};  // a day after the first
    row.clock = 24h - 1us;
    row.local = timestamp{local_days{year{9999} / 12 / 31} + 24h - 1us};
    row.instant = timestamptz{sys_days{year{-1} / 2 / 3}.time_since_epoch() - 1us};
    row.gap = interval{std::numeric_limits<std::int32_t>::min(), 0, 0us};
    co_await times_round_trip(
        db, row,
        "4714-11-25 BC|23:59:59.999999|9999-12-31 23:59:59.999999|0002-02-02 23:59:59.999999+00 BC|"
        "-178956970 years -8 mons");

    // What the C++ type cannot hold is an error, not another time.
    using finest = sys_time<nanoseconds>;
    EXPECT_EQ(co_await db.fetch_value<finest>("select '2262-04-11 23:47:16+00'::timestamptz"), finest{9223372036s});
    EXPECT_EQ(co_await db.fetch_value<finest>("select 'infinity'::timestamptz"), finest::max());
    for (const char* const late : {"2262-04-12", "9999-12-31", "0001-01-01", "1600-01-01 BC"}) {
      EXPECT_THROW((void)co_await db.fetch_value<finest>("select $1::timestamptz", late), weft::postgres::data_error);
    }
    EXPECT_THROW((void)co_await db.fetch_value<timestamptz>("select '294276-12-31 23:59'::timestamptz"),
                 weft::postgres::data_error);
    EXPECT_THROW((void)co_await db.fetch_value<nanoseconds>("select '300 years'::interval - '299 years'::interval"),
                 weft::postgres::data_error);
    EXPECT_THROW((void)co_await db.fetch_value<nanoseconds>("select '200000 days'::interval"),
                 weft::postgres::data_error);
    EXPECT_THROW((void)db.execute("select $1", hours::max()), weft::postgres::data_error);
    EXPECT_THROW((void)db.execute("select $1", duration<double>{1e300}), weft::postgres::data_error);
    EXPECT_THROW((void)db.execute("select $1", sys_time<hours>{hours{1} * 10'000'000'000'000}),
                 weft::postgres::data_error);
    EXPECT_THROW((void)db.execute("select $1", sys_days{days{3'000'000'000}}), weft::postgres::data_error);
    EXPECT_EQ(co_await db.fetch_value<std::string>("select $1::interval::text", duration<double>{1.5}), "00:00:01.5");
    co_await drop_types(db);
  });
}

task<> texts_round_trip(const connection& db, texts row, std::string printed) {
  co_await round_trip(
      db, "e_texts", row, printed,
      db.execute("insert into e_texts values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", row.plain, row.shorter,
                 row.bytes, row.yes, row.id, row.js, row.address, row.network, row.feels, row.pairs));
}

TEST(PostgresTypeEdges, AreWhatPsqlPrintsOfTexts) {
  weft::run([]() -> task<> {
    const connection db = co_await connect(server().local());
    co_await make_types(db);
    texts row;
    row.js = json_text{"null"};
    row.address = inet{"0.0.0.0"};
    row.network = inet{"0.0.0.0/0"};
    co_await texts_round_trip(db, row, "||\\x|f|00000000-0000-0000-0000-000000000000|null|0.0.0.0|0.0.0.0/0|sad|");
    row.plain = "a'b\"c\\d\te, \xF0\x9F\x98\x80";
    row.shorter = "äöüäöüäö";
    for (int i = 0; i < 256; i += 51) row.bytes.push_back(static_cast<std::byte>(i));
    row.yes = true;
    row.id = *weft::uuid::parse("ffffffff-ffff-ffff-ffff-ffffffffffff");
    row.js = json_text{"{\"a\" : [1, \"\\u00e4\"]}"};
    row.address = inet{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
    row.network = inet{"2001:db8::/32"};
    row.feels = mood::happy;
    row.pairs["key"] = "a \"value\" \\";
    row.pairs["none"] = std::nullopt;
    co_await texts_round_trip(db, row,
                              row.plain + "|äöüäöüäö|\\x00336699ccff|t|ffffffff-ffff-ffff-ffff-ffffffffffff|" +
                                  row.js.text +
                                  "|ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff|2001:db8::/32|happy|"
                                  "\"key\"=>\"a \\\"value\\\" \\\\\", \"none\"=>NULL");
    row.shorter = "äöüäöüäöü";
    EXPECT_EQ(co_await weft::testing::sqlstate_of(db.copy_in("e_texts", only(row))), "22001");
    row.shorter = "\xff";
    EXPECT_EQ(co_await weft::testing::sqlstate_of(db.copy_in("e_texts", only(row))), "22021");
    row.shorter.clear();
    row.network = inet{"2001:db8::/129"};
    EXPECT_THROW(co_await db.copy_in("e_texts", only(row)), weft::postgres::data_error);
    co_await drop_types(db);
  });
}

// Not in the coroutine: g++ 12 makes nothing of lists there.

wholes full_row() {
  using namespace std::chrono;
  wholes row;
  row.grid = {{1, std::nullopt}, {std::nullopt, -2147483647 - 1}};
  row.moods = {mood::happy, mood::sad};
  row.names = {"", "NULL", "a \"b\" {c}, \\"};
  row.span = range<int>{std::nullopt, 2147483647};
  row.period = range<timestamptz>{timestamptz{0s}, std::nullopt};
  row.spans.ranges = {range<int>{std::nullopt, 1, false}, range<int>{5, 7}, range<int>{9, std::nullopt}};
  row.holidays.ranges = {range<sys_days>{sys_days{days{0}}, sys_days{days{3}}}};
  row.list_of_spans = {range<int>{1, 2}, range<int>{3, 4}};
  row.span.lower_inclusive = false;
  row.where.x = 1;
  row.where.label = "one, \"two\" (three)";
  row.where.feels = mood::happy;
  row.where.rank = std::numeric_limits<std::int64_t>::max();
  spot other;
  row.places = {row.where, other};
  return row;
}

std::vector<composite<spot>> composites(const std::vector<spot>& all) {
  std::vector<composite<spot>> made;
  for (const spot& one : all) made.emplace_back(one);
  return made;
}

multirange<std::int64_t> two_ranges() {
  return multirange<std::int64_t>{{range<std::int64_t>{1, 2}, range<std::int64_t>{5, 9}}};
}

std::vector<int> seven_to_nine() { return {7, 8, 9}; }

using cube = std::vector<std::vector<std::vector<int>>>;
cube one_to_eight() { return {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}; }

TEST(PostgresTypeEdges, AreWhatPsqlPrintsOfArraysRangesAndComposites) {
  weft::run([]() -> task<> {
    using namespace std::chrono;
    const connection db = co_await connect(server().local());
    co_await make_types(db);
    const wholes row = full_row();
    const std::string printed =
        "{{1,NULL},{NULL,-2147483648}}|{happy,sad}|{\"\",\"NULL\",\"a \\\"b\\\" {c}, \\\\\"}|(,2147483647)|"
        "[\"1970-01-01 00:00:00+00\",)|{(,1),[5,7),[9,)}|{[1970-01-01,1970-01-04)}|{\"[1,2)\",\"[3,4)\"}|"
        "(1,\"one, \"\"two\"\" (three)\",happy,9223372036854775807)|"
        "{\"(1,\\\"one, \\\"\\\"two\\\"\\\" (three)\\\",happy,9223372036854775807)\",\"(0,,sad,0)\"}\n";
    co_await db.execute("truncate e_wholes");
    EXPECT_EQ(co_await db.copy_in("e_wholes", only(row)), 1U);
    EXPECT_EQ(psql("select * from e_wholes"), printed);
    EXPECT_TRUE(same(co_await db.fetch_one<wholes>("select * from e_wholes"), row));
    co_await db.execute("truncate e_wholes");
    co_await db.execute("insert into e_wholes values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", row.grid, row.moods,
                        row.names, row.span, row.period, row.spans, row.holidays, row.list_of_spans,
                        composite{row.where}, composites(row.places));
    EXPECT_EQ(psql("select * from e_wholes"), printed);
    EXPECT_TRUE(same(co_await db.fetch_one<wholes>("select * from e_wholes"), row));
    wholes nothing;
    nothing.span.empty = nothing.period.empty = true;
    EXPECT_EQ(co_await db.copy_in("e_wholes", only(nothing)), 1U);
    EXPECT_EQ(psql("select * from e_wholes where moods = '{}'"), "{}|{}|{}|empty|empty|{}|{}|{}|(0,,sad,0)|{}\n");

    EXPECT_EQ(co_await db.fetch_value<std::string>("select ($1::int4multirange)::text", row.spans),
              "{(,1),[5,7),[9,)}");
    EXPECT_EQ(co_await db.fetch_value<multirange<std::int64_t>>("select '{[1,2),[5,9)}'::int8multirange"),
              two_ranges());
    EXPECT_THROW((void)co_await db.fetch_value<multirange<int>>("select '[1,2)'::int4range"),
                 weft::postgres::data_error);
    // Bounds of arrays are not kept, their values are; three dimensions.
    EXPECT_EQ(co_await db.fetch_value<std::vector<int>>("select '[-1:1]={7,8,9}'::int[]"), seven_to_nine());
    EXPECT_EQ(co_await db.fetch_value<cube>("select '[0:1][2:3][-1:0]={{{1,2},{3,4}},{{5,6},{7,8}}}'::int[]"),
              one_to_eight());
    EXPECT_EQ(co_await db.fetch_value<std::string>("select ($1::int[])::text", one_to_eight()),
              "{{{1,2},{3,4}},{{5,6},{7,8}}}");
    co_await drop_types(db);
  });
}

}  // namespace
