#include "postgres/settings.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <support/scratch.hpp>

namespace {

using namespace std::chrono_literals;
using weft::postgres::detail::setting;
using weft::postgres::detail::settings;
using weft::postgres::detail::settings_of;
using weft::postgres::detail::timeout_of;

/// A variable of the environment, for as long as this lives.
class environment {
 public:
  environment(const char* name, const std::string& value) : name_{name} { ::setenv(name, value.c_str(), 1); }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() { ::unsetenv(name_); }

 private:
  const char* name_;
};

TEST(PostgresSettings, ComeFromUrisAndKeywordStrings) {
  const settings uri = settings_of("postgresql://ada:secret@one:1,two:2/books?sslmode=require&connect_timeout=7");
  EXPECT_EQ(uri.at("host"), "one,two");
  EXPECT_EQ(uri.at("port"), "1,2");
  EXPECT_EQ(uri.at("user"), "ada");
  EXPECT_EQ(uri.at("password"), "secret");
  EXPECT_EQ(uri.at("dbname"), "books");
  EXPECT_EQ(uri.at("sslmode"), "require");
  EXPECT_EQ(timeout_of(uri), 7s);
  EXPECT_EQ(settings_of("host=one dbname='my books'").at("dbname"), "my books");
  EXPECT_EQ(timeout_of(settings_of("")), 0s);
  EXPECT_THROW((void)settings_of("postgresql://[::1"), std::invalid_argument);
  EXPECT_THROW((void)settings_of("who=what"), std::invalid_argument);
}

TEST(PostgresSettings, ComeFromTheEnvironmentWhereNothingElseSaysThem) {
  const environment host{"PGHOST", "from-the-environment"};
  const environment limit{"PGCONNECT_TIMEOUT", "3"};
  EXPECT_EQ(setting(settings_of(""), "host", "PGHOST"), "from-the-environment");
  EXPECT_EQ(setting(settings_of("host=said"), "host", "PGHOST"), "said");
  EXPECT_EQ(timeout_of(settings_of("")), 3s);
}

TEST(PostgresSettings, ComeFromServiceFiles) {
  weft::testing::scratch place;
  const environment file{"PGSERVICEFILE", place.write("services",
                                                      "# ours\n[other]\nhost=wrong\n\n[library]\nhost=right\n"
                                                      "  port=5433 \n[third]\nhost=wrong\n")};
  const settings said = settings_of("service=library user=ada");
  EXPECT_EQ(said.at("host"), "right");
  EXPECT_EQ(said.at("port"), "5433");
  EXPECT_EQ(said.at("user"), "ada");
  EXPECT_EQ(settings_of("service=library host=mine").at("host"), "mine");
  EXPECT_FALSE(settings_of("service=unknown").contains("host"));
  const environment name{"PGSERVICE", "library"};
  EXPECT_EQ(settings_of("").at("host"), "right");
}

}  // namespace
