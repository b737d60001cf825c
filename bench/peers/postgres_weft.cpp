// The same by weft: `postgres_weft WORK COUNT`, where PG... says, prints the seconds that COUNT took.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/postgres.hpp>
#include <weft/weft.hpp>

namespace bench {

struct found {
  int id = 0;
  std::string name;
  double score = 0;
};
WEFT_DESCRIBE(found, id, name, score)

struct line {
  int id = 0;
  std::string name;
  double score = 0;
  weft::postgres::timestamptz at;
};
WEFT_DESCRIBE(line, id, name, score, at)

}  // namespace bench

namespace {

using weft::task;
using weft::postgres::connection;

constexpr const char* by_key_text = "select id, name, score from bench_rows where id = $1";

task<> by_key(const connection& db, int count) {
  for (int i = 0; i < count; ++i) {
    const auto got = co_await db.fetch_one<bench::found>(by_key_text, i % 1000);
    if (got.id != i % 1000) std::abort();
  }
}

task<> pipeline(const connection& db, int count) {
  for (int done = 0; done < count; done += 1000) {
    std::vector<task<bench::found>> asked;
    asked.reserve(1000);
    for (int i = 0; i < 1000; ++i) asked.push_back(db.fetch_one<bench::found>(by_key_text, i));
    const auto got = co_await weft::gather(std::move(asked));
    for (int i = 0; i < 1000; ++i) {
      if (got[static_cast<std::size_t>(i)].id != i) std::abort();
    }
  }
}

task<> rows(const connection& db, int count) {
  auto all = db.stream<bench::line>("select id, name, score, at from bench_rows limit " + std::to_string(count));
  long long sum = 0;
  int seen = 0;
  while (auto one = co_await all.next()) {
    sum += one->id + (one->name[0] == 'r' ? 1 : 0);
    ++seen;
  }
  if (seen != count || sum == 0) std::abort();
}

task<> fetched(const connection& db, int count) {
  const auto all =
      co_await db.fetch<bench::line>("select id, name, score, at from bench_rows limit " + std::to_string(count));
  if (all.size() != static_cast<std::size_t>(count)) std::abort();
}

weft::async_generator<bench::line> lines(int count) {
  for (int i = 0; i < count; ++i) {
    bench::line one;
    one.id = i;
    one.name = "row " + std::to_string(i);
    one.score = i * 0.5;
    one.at = weft::postgres::timestamptz{std::chrono::seconds{946684800LL + i}};
    co_yield std::move(one);
  }
}

task<> copy(const connection& db, int count) {
  co_await db.execute("truncate bench_copy");
  const std::uint64_t copied = co_await db.copy_in("bench_copy", lines(count));
  if (copied != static_cast<std::uint64_t>(count)) std::abort();
}

task<> work(std::string_view what, int count) {
  const connection db = co_await weft::postgres::connect("");
  const auto begin = weft::now();
  if (what == "by_key") co_await by_key(db, count);
  if (what == "pipeline") co_await pipeline(db, count);
  if (what == "rows") co_await rows(db, count);
  if (what == "fetched") co_await fetched(db, count);
  if (what == "copy") co_await copy(db, count);
  std::printf("%f\n", std::chrono::duration<double>(weft::now() - begin).count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  weft::run(work(argv[1], std::atoi(argv[2])));
}
