// Books in a table: typed rows, a transaction, a stream, COPY, a notification. Needs a server; where it is says the
// environment variable EXAMPLE_POSTGRES, or libpq's own (PGHOST, PGUSER, ...).
#include <weft/postgres.hpp>
#include <weft/weft.hpp>

#include <cstdio>
#include <cstdlib>

struct book {
  int id;
  std::string title;
  std::optional<int> year;
};
WEFT_DESCRIBE(book, id, title, year)

weft::async_generator<book> numbered(int from, int to) {
  for (int i = from; i < to; ++i) {
    book next{i, "Volume " + std::to_string(i), std::nullopt};
    co_yield std::move(next);
  }
}

weft::task<> books(std::string where) {
  weft::postgres::pool db{where, {.max_size = 4}};
  co_await db.execute("create table book (id int primary key, title text not null, year int)");

  co_await db.transaction([](weft::postgres::transaction& t) -> weft::task<> {
    co_await t.execute("insert into book values ($1, $2, $3)", 1, "Middlemarch", 1871);
    co_await t.execute("insert into book values ($1, $2, $3)", 2, "Beowulf", std::nullopt);
  });
  auto found = co_await db.fetch<book>("select * from book order by id");
  for (const book& b : found) std::printf("%s, %s\n", b.title.c_str(), b.year ? "dated" : "undated");

  try {
    co_await db.execute("insert into book values (1, 'Emma', 1815)");
  } catch (const weft::postgres::error& e) {
    std::printf("refused: %s\n", std::string{e.constraint_name()}.c_str());
  }

  std::uint64_t copied = co_await db.copy_in("book", numbered(100, 5000));
  std::printf("copied %d\n", static_cast<int>(copied));

  auto rows = db.stream<std::tuple<int, std::string>>("select id, title from book where id >= $1 order by id", 4000);
  int count = 0;
  while (auto row = co_await rows.next()) ++count;
  std::printf("streamed %d\n", count);

  // Together or not at all, in one round trip; and nobody else does so at the same time.
  co_await weft::with(db.advisory_lock(42), [](weft::postgres::connection& held) -> weft::task<> {
    weft::postgres::pipeline batch;
    batch.add("update book set year = year + 1 where year < $1", 1900).add("select count(*), max(year) from book");
    auto done = co_await held.run(std::move(batch));
    std::printf("%d changed, the latest of %d\n", static_cast<int>(done[0].affected()), done[1][0].get<int>("max"));
  });

  auto news = co_await db.listen("news");
  co_await db.execute("select pg_notify('news', $1)", "a new book");
  auto heard = co_await news.next();
  std::printf("heard: %s\n", heard->payload.c_str());

  co_await db.execute("drop table book");
}

int main() {
  const char* where = std::getenv("EXAMPLE_POSTGRES");
  weft::run(books(where != nullptr ? where : ""));
}
