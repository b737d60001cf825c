#include "docs/guide.hpp"
#include "postgres/server.hpp"

#define main main_of_postgres_example  // NOLINT(readability-identifier-naming)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/postgres.cpp"  // NOLINT(bugprone-suspicious-include)
#pragma GCC diagnostic pop
#undef main

namespace {

TEST(PostgresGuide, ShowsTheExampleAsItIsCompiled) {
  weft::testing::expect_shows("docs/postgres.md", "examples/postgres.cpp");
}

TEST(PostgresGuide, SaysWhatTheExamplePrints) {
  weft::testing::expect_tells("docs/postgres.md", [] { weft::run(books(weft::testing::server().local())); });
}

}  // namespace
