#include <sys/stat.h>

#include <cstdlib>
#include <string>
#include <support/scratch.hpp>
#include <vector>

#include "postgres/server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::postgres::connect;
using weft::postgres::connection;
using weft::postgres::connection_error;
using weft::testing::server;

std::string at_port(const std::string& host, const std::string& more) {
  return "host=" + host + " port=" + std::to_string(server().port()) + " dbname=postgres " + more;
}

/// Why there is no connection; "" if there is one.
task<std::string> refusal(std::string where) {
  std::string said;
  try {
    (void)co_await connect(std::move(where));
  } catch (const connection_error& e) {
    said = e.sqlstate().empty() ? e.what() : std::string{e.sqlstate()};
  }
  co_return said;
}

TEST(PostgresConnect, SaysWhyTheServerRefuses) {
  weft::run([]() -> task<> {
    EXPECT_EQ(co_await refusal(server().uri("nobody")), "28000");
    EXPECT_EQ(co_await refusal(at_port("127.0.0.1", "user=postgres dbname=nothing")), "3D000");
    EXPECT_EQ(co_await refusal(at_port("127.0.0.1", "user=tls_only sslmode=disable")), "28000");
    EXPECT_EQ(co_await refusal(at_port("127.0.0.1", "user=secretive password=wrong")), "28P01");
    try {
      (void)co_await connect(server().uri("nobody"));
      ADD_FAILURE();
    } catch (const connection_error& e) {
      EXPECT_EQ(e.severity(), "FATAL");
      const std::string what = e.what();
      EXPECT_NE(what.find("role \"nobody\" does not exist"), std::string::npos) << what;
      EXPECT_EQ(what.find("LOCATION"), std::string::npos) << what;
    }
  });
}

TEST(PostgresConnect, KnowsTheModesOfTls) {
  weft::run([]() -> task<> {
    connection admin = co_await connect(server().local());
    co_await admin.execute("create role tls_only login");
    const std::string root = " sslrootcert=" + server().root_certificate();
    auto encrypted = [](std::string where) -> task<bool> {
      const connection db = co_await connect(std::move(where));
      co_return co_await db.fetch_value<bool>("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    };
    EXPECT_FALSE(co_await encrypted(at_port("localhost", "user=postgres sslmode=disable")));
    EXPECT_TRUE(co_await encrypted(at_port("localhost", "user=postgres sslmode=prefer")));
    EXPECT_TRUE(co_await encrypted(at_port("localhost", "user=tls_only sslmode=require")));
    EXPECT_TRUE(co_await encrypted(at_port("127.0.0.1", "user=tls_only sslmode=verify-full" + root)));
    EXPECT_TRUE(co_await encrypted(at_port("localhost", "user=tls_only sslmode=verify-full" + root)));
    // A name that the certificate does not have, for the same address.
    const std::string other = "host=other.example hostaddr=127.0.0.1 port=" + std::to_string(server().port()) +
                              " dbname=postgres user=tls_only sslmode=";
    EXPECT_TRUE(co_await encrypted(other + "verify-ca" + root));
    EXPECT_NE((co_await refusal(other + "verify-full" + root)).find("does not match host name"), std::string::npos);
    const std::string untrusted = co_await refusal(at_port("localhost", "user=tls_only sslmode=verify-full"));
    EXPECT_NE(untrusted, "");

    // Statements, streams and stops over TLS.
    connection db = co_await connect(at_port("localhost", "user=tls_only sslmode=verify-full" + root));
    auto rows = db.stream<std::int64_t>("select generate_series(1, 100000)");
    std::int64_t sum = 0;
    while (auto next = co_await rows.next()) sum += *next;
    EXPECT_EQ(sum, 5000050000);
    // The request to cancel goes unencrypted where the role may not: the server's rules are not about such requests.
    EXPECT_FALSE((co_await weft::move_on_after(30ms, db.execute("select pg_sleep(3600)"))).has_value());
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);  // on the same connection, and within cancel_timeout
    EXPECT_TRUE(db.is_open());
    db.close();
    co_await admin.execute("drop role tls_only");
  });
}

TEST(PostgresConnect, TakesServicesAndPasswordsFromFiles) {
  weft::run([]() -> task<> {
    connection admin = co_await connect(server().local());
    co_await admin.execute("create role secretive login password 'open sesame'");
    const weft::testing::scratch place;
    const std::string port = std::to_string(server().port());
    const std::string passwords = place.write("passwords", "localhost:" + port + ":*:secretive:open sesame\n");
    ::chmod(passwords.c_str(), 0600);
    const std::string services =
        place.write("services", "[ours]\nhost=localhost\nport=" + port +
                                    "\nuser=secretive\ndbname=postgres\npassfile=" + passwords);
    ::setenv("PGSERVICEFILE", services.c_str(), 1);
    {
      const connection db = co_await connect("service=ours");
      EXPECT_EQ(co_await db.fetch_value<std::string>("select current_user::text"), "secretive");
    }
    EXPECT_NE((co_await refusal("service=theirs")).find("\"theirs\" not found"), std::string::npos);
    ::unsetenv("PGSERVICEFILE");
    EXPECT_NE((co_await refusal(at_port("localhost", "user=secretive passfile=/nowhere"))).find("no password supplied"),
              std::string::npos);
    co_await admin.execute("drop role secretive");
  });
}

TEST(PostgresConnect, ChoosesAmongHostsByWhatTheyAre) {
  weft::run([]() -> task<> {
    connection admin = co_await connect(server().local());
    co_await admin.execute_script("create role reader login; alter role reader set default_transaction_read_only = on");
    const std::string two = "host=127.0.0.1,localhost port=1," + std::to_string(server().port()) + " dbname=postgres ";
    for (const char* const kind : {"any", "read-write", "primary", "prefer-standby"}) {
      EXPECT_EQ(co_await refusal(two + "user=postgres target_session_attrs=" + kind), "") << kind;
    }
    EXPECT_EQ(co_await refusal(two + "user=reader target_session_attrs=read-only"), "");
    EXPECT_NE((co_await refusal(two + "user=reader target_session_attrs=read-write")).find("read-only"),
              std::string::npos);
    EXPECT_NE((co_await refusal(two + "user=postgres target_session_attrs=standby")).find("standby"),
              std::string::npos);
    co_await admin.execute("drop role reader");
  });
}

std::vector<std::string>& heard() {
  static std::vector<std::string> all;
  return all;
}

TEST(PostgresConnect, TellsOfNoticesAndParameters) {
  weft::run([]() -> task<> {
    heard().clear();
    const connection db =
        co_await connect(server().local(), {.on_notice = [](const weft::postgres::diagnostics& notice) {
                           heard().push_back(notice.severity + " " + notice.message);
                         }});
    co_await db.execute("do $$ begin raise notice 'by the way'; raise warning 'look out'; end $$");
    EXPECT_EQ(heard(), (std::vector<std::string>{"NOTICE by the way", "WARNING look out"}));
    EXPECT_EQ(db.parameter("TimeZone"), "UTC");
    co_await db.execute("set timezone = 'Europe/Paris'");
    EXPECT_EQ(db.parameter("TimeZone"), "Europe/Paris");
    EXPECT_EQ(db.parameter("client_encoding"), "UTF8");
    EXPECT_EQ(db.parameter("no such thing"), "");
  });
}

}  // namespace
