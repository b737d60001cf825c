#include <fcntl.h>

#include <string>
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
  const finished nobody = run_tool({"fetch", "-i", list, "-o", "postgres://me:secret@127.0.0.1:1/x"});
  EXPECT_EQ(nobody.status, 3) << nobody.errors;
  EXPECT_EQ(nobody.errors.find("secret"), std::string::npos) << nobody.errors;
}

}  // namespace
