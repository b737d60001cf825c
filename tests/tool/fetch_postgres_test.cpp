#include <fcntl.h>

#include <string>
#include <support/fault_proxy.hpp>
#include <support/nginx.hpp>
#include <support/postgres_cluster.hpp>
#include <weft/postgres.hpp>

#include "peers.hpp"
#include "tool.hpp"

using namespace weft_test;
using weft::testing::nginx;

namespace {

TEST(FetchIntoPostgres, PutsEachRecordIntoATable) {
  const weft::testing::postgres_cluster database;
  const scratch tree;
  std::string urls;
  const nginx server{"server { listen 127.0.0.1:@0; root " + tree.file("www") + "; }"};
  for (int i = 0; i < 300; ++i) {
    const std::string name = "/f" + std::to_string(i);
    tree.write("www" + name, "a \"quoted\" \\backslash\\ and\nlines\tof " + std::string(500, 'x'));
    urls += server.url(name) + "\n";
  }
  const std::string list = tree.write("urls", urls);
  for (int turn = 0; turn < 2; ++turn) {  // the table may be there already
    const finished run = run_tool({"fetch", "-i", list, "--bodies", "-o", database.uri(), "-c", "8"});
    EXPECT_EQ(run.status, 0) << run.errors;
    EXPECT_EQ(run.output, "");
  }
  weft::run([&]() -> weft::task<> {
    const weft::postgres::connection db = co_await weft::postgres::connect(database.uri());
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from weft_fetch"), 600);
    EXPECT_EQ(co_await db.fetch_value<int>("select count(distinct record->>'url') from weft_fetch"), 300);
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from weft_fetch where record->>'body' = $1",
                                           "a \"quoted\" \\backslash\\ and\nlines\tof " + std::string(500, 'x')),
              600);
    co_await db.execute("drop table weft_fetch; ");
    co_await db.execute("create table weft_fetch (record int)");
  });
  const finished refused = run_tool({"fetch", "-i", list, "-o", database.uri()});
  EXPECT_EQ(refused.status, 3) << refused.errors;
  EXPECT_NE(refused.errors.find("the PostgreSQL server: invalid input syntax for type integer"), std::string::npos)
      << refused.errors;
  // The server goes away in between: it says so, and what is in the table.
  weft::run([&]() -> weft::task<> {
    const weft::postgres::connection db = co_await weft::postgres::connect(database.uri());
    co_await db.execute("drop table weft_fetch");
  });
  const weft::testing::fault_proxy between{*weft::endpoint::parse("127.0.0.1", database.port()), [](std::size_t) {
                                             weft::testing::faults plan;
                                             plan.to_server = {.passes = 90'000, .then = weft::testing::fault::reset};
                                             return plan;
                                           }};
  const std::string cut =
      "postgresql://postgres@127.0.0.1:" + std::to_string(between.address().port()) + "/postgres?sslmode=disable";
  const finished gone = run_tool({"fetch", "-i", list, "--bodies", "-o", cut, "-c", "8"});
  EXPECT_EQ(gone.status, 3) << gone.errors;
  int left = 0;
  weft::run([&]() -> weft::task<> {
    const weft::postgres::connection db = co_await weft::postgres::connect(database.uri());
    left = co_await db.fetch_value<int>("select count(*) from weft_fetch");
  });
  const std::string said = "; " + std::to_string(left) + " records are in the table, and it is not known whether";
  EXPECT_NE(gone.errors.find(said), std::string::npos) << said << "\n" << gone.errors;

  const finished nobody = run_tool({"fetch", "-i", list, "-o", "postgres://me:secret@127.0.0.1:1/x"});
  EXPECT_EQ(nobody.status, 3) << nobody.errors;
  EXPECT_EQ(nobody.errors.find("secret"), std::string::npos) << nobody.errors;
}

}  // namespace
