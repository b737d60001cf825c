#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "postgres/server.hpp"

namespace postgres_connection_test {

struct person {
  int id = 0;
  std::string name;
  std::optional<double> score;
};
WEFT_DESCRIBE(person, id, name, score)

}  // namespace postgres_connection_test

namespace {

using namespace std::chrono_literals;
using postgres_connection_test::person;
using weft::task;
using weft::postgres::connect;
using weft::postgres::connection;
using weft::postgres::data_error;
using weft::postgres::transaction;
using weft::testing::server;
using weft::testing::sqlstate_of;

TEST(PostgresConnection, ConnectsByUriAndByKeywordString) {
  weft::run([]() -> task<> {
    for (const bool local : {false, true}) {
      const std::string where = local ? server().local() : server().uri();
      connection db = co_await connect(where);
      EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
      EXPECT_TRUE(db.parameter("server_version").starts_with("15"));
      EXPECT_EQ(co_await db.fetch_value<int>("select pg_backend_pid()"), db.server_process());
    }
  });
}

TEST(PostgresConnection, LooksNamesUpAndTriesSeveralHosts) {
  weft::run([]() -> task<> {
    const std::string port = std::to_string(server().port());
    connection db = co_await connect("postgresql://postgres@nowhere.invalid:1,localhost:" + port + "/postgres");
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
    connection writable = co_await connect("postgresql://postgres@127.0.0.1:1,127.0.0.1:" + port +
                                           "/postgres?target_session_attrs=read-write");
    EXPECT_EQ(co_await writable.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresConnection, SaysWhyThereIsNone) {
  weft::run([]() -> task<> {
    EXPECT_THROW((void)co_await connect("postgresql://postgres@127.0.0.1:1/postgres"),
                 weft::postgres::connection_error);
    EXPECT_THROW((void)co_await connect(server().uri("nobody")), weft::postgres::connection_error);
    EXPECT_THROW((void)co_await connect("postgresql://nowhere.invalid/x"), weft::postgres::connection_error);
    EXPECT_THROW((void)co_await connect("what is this"), std::invalid_argument);
  });
}

TEST(PostgresConnection, KnowsPasswords) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create role secretive login password 'open sesame'");
    const std::string place = "127.0.0.1:" + std::to_string(server().port()) + "/postgres";
    connection in = co_await connect("postgresql://secretive:open%20sesame@" + place);
    EXPECT_EQ(co_await in.fetch_value<std::string>("select current_user"), "secretive");
    EXPECT_THROW((void)co_await connect("postgresql://secretive:wrong@" + place), weft::postgres::connection_error);
    in.close();
    co_await db.execute("drop role secretive");
  });
}

TEST(PostgresConnection, FetchesStructsTuplesScalarsAndRows) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    const char* const all = "select * from (values (1, 'ada', 1.5::float8), (2, 'bob', null)) as v(id, name, score)";
    const std::vector<person> people = co_await db.fetch<person>(all);
    EXPECT_EQ(people.size(), 2U);
    EXPECT_EQ(people.at(0).name, "ada");
    EXPECT_EQ(people.at(0).score, 1.5);
    EXPECT_FALSE(people.at(1).score.has_value());
    const auto tuples = co_await db.fetch<std::tuple<long, std::string, std::optional<double>>>(all);
    EXPECT_EQ(std::get<1>(tuples.at(1)), "bob");
    const weft::postgres::rows rows = co_await db.fetch_rows(all);
    int sum = 0;
    for (const weft::postgres::row row : rows) sum += row.get<int>("id");
    EXPECT_EQ(sum, 3);
    EXPECT_TRUE(rows[1].is_null("score"));
    EXPECT_EQ(rows[0].get<std::string>(1), "ada");
    EXPECT_FALSE((co_await db.fetch_optional<int>("select 1 where false")).has_value());
    EXPECT_EQ((co_await db.fetch_one<person>("select 7 as id, 'eve' as name, null::float8 as score")).id, 7);
  });
}

TEST(PostgresConnection, SaysWhichColumnDoesNotFit) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    std::string said;
    try {
      (void)co_await db.fetch<person>("select 1 as id, null::text as name, null::float8 as score");
    } catch (const data_error& e) {
      said = e.what();
    }
    EXPECT_NE(said.find("\"name\", row 1: NULL"), std::string::npos) << said;
    EXPECT_THROW((void)co_await db.fetch<person>("select 1 as id"), data_error);
    EXPECT_THROW((void)co_await db.fetch_value<int>("select 3000000000"), data_error);
    EXPECT_THROW((void)co_await db.fetch_value<int>("select 'x'::text"), data_error);
    EXPECT_THROW((void)co_await db.fetch_value<int>("select 1 where false"), data_error);
    EXPECT_THROW((void)co_await db.fetch_one<int>("select generate_series(1, 2)"), data_error);
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresConnection, SaysWhatTheServerSaid) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute_script(
        "create temp table t (id int constraint only_once primary key); insert into t values (1)");
    try {
      co_await db.execute("insert into t values ($1)", 1);
      ADD_FAILURE();
    } catch (const weft::postgres::error& e) {
      EXPECT_EQ(e.sqlstate(), "23505");
      EXPECT_EQ(e.severity(), "ERROR");
      EXPECT_EQ(e.constraint_name(), "only_once");
      EXPECT_EQ(e.table_name(), "t");
      EXPECT_EQ(e.detail(), "Key (id)=(1) already exists.");
    }
    try {
      co_await db.execute("select 1 fro nowhere");
      ADD_FAILURE();
    } catch (const weft::postgres::error& e) {
      EXPECT_EQ(e.sqlstate(), "42601");
      EXPECT_EQ(e.position(), 14);
    }
    EXPECT_EQ(co_await sqlstate_of(db.execute_script("select 1; select 1/0; select 2")), "22012");
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresConnection, SharesRoundTripsAndAnErrorHarmsNoOther) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    std::vector<task<int>> asked;
    for (int i = 0; i < 100; ++i) asked.push_back(db.fetch_value<int>("select 100 / $1", i));
    const auto answers = co_await weft::gather(weft::return_exceptions, std::move(asked));
    EXPECT_FALSE(answers.at(0).has_value());
    for (std::size_t i = 1; i < answers.size(); ++i) EXPECT_EQ(*answers[i], 100 / static_cast<int>(i));
  });
}

TEST(PostgresConnection, PreparesAnewWhenTheSchemaHasChanged) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table t (id int)");
    co_await db.execute("insert into t values (1)");
    EXPECT_EQ((co_await db.fetch_rows("select * from t")).columns(), 1U);
    co_await db.execute("alter table t add name text default 'x'");
    EXPECT_EQ((co_await db.fetch_rows("select * from t")).columns(), 2U);
    co_await db.execute("deallocate all");
    EXPECT_EQ((co_await db.fetch_rows("select * from t")).columns(), 2U);
  });
}

TEST(PostgresConnection, KeepsAsManyStatementsAsItIsTold) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local(), {.statement_cache = 3});
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(co_await db.fetch_value<int>("select 1 + " + std::to_string(i)), 1 + i);
    }
    EXPECT_LE(co_await db.fetch_value<int>("select count(*) from pg_prepared_statements"), 4);
    connection without = co_await connect(server().local(), {.statement_cache = 0});
    EXPECT_EQ(co_await without.fetch_value<int>("select $1::int", 5), 5);
    EXPECT_EQ(co_await without.fetch_value<int>("select count(*) from pg_prepared_statements"), 0);
  });
}

TEST(PostgresTransaction, CommitsRollsBackAndNests) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table t (id int)");
    co_await db.transaction([](transaction& outer) -> task<> {
      co_await outer.execute("insert into t values (1)");
      try {
        co_await outer.savepoint([](transaction& inner) -> task<> {
          EXPECT_EQ(inner.depth(), 1);
          co_await inner.execute("insert into t values (2)");
          co_await inner.execute("select 1/0");
        });
        ADD_FAILURE();
      } catch (const weft::postgres::error& e) {
        EXPECT_EQ(e.sqlstate(), "22012");
      }
      const int three = co_await outer.savepoint([](transaction& inner) -> task<int> {
        co_await inner.execute("insert into t values (3)");
        co_return 3;
      });
      EXPECT_EQ(three, 3);
    });
    EXPECT_EQ(co_await db.fetch_value<std::string>("select string_agg(id::text, ' ' order by id) from t"), "1 3");
    auto failing = [](transaction& t) -> task<> {
      co_await t.execute("delete from t");
      throw std::runtime_error{"no"};
    };
    EXPECT_THROW(co_await db.transaction(failing), std::runtime_error);
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from t"), 2);
  });
}

TEST(PostgresTransaction, HasTheOptionsThatWereAskedFor) {
  using weft::postgres::isolation;
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    auto body = [](transaction& t) -> task<std::string> {
      std::string all;
      for (const char* what : {"isolation", "read_only", "deferrable"})
        all += co_await t.fetch_value<std::string>("show transaction_" + std::string{what}) + " ";
      co_return all;
    };
    EXPECT_EQ(co_await db.transaction(body), "read committed off off ");
    EXPECT_EQ(co_await db.transaction(body, {.level = isolation::repeatable_read}), "repeatable read off off ");
    EXPECT_EQ(co_await db.transaction(body, {.level = isolation::serializable, .read_only = true}),
              "serializable on off ");
    EXPECT_EQ(co_await db.transaction(body, {.level = isolation::serializable, .read_only = true, .deferrable = true}),
              "serializable on on ");
    EXPECT_EQ(co_await db.transaction(body, {.level = isolation::read_committed}), "read committed off off ");
  });
}

TEST(PostgresTransaction, RollsBackWhenItIsStopped) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table t (id int)");
    auto slow = [](transaction& t) -> task<> {
      co_await t.execute("insert into t values (1)");
      co_await t.execute("select pg_sleep(60)");
    };
    EXPECT_FALSE(co_await weft::move_on_after(100ms, db.transaction(slow)));
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from t"), 0);
  });
}

TEST(PostgresTransaction, IsTriedAgainWhereThatHelps) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    int calls = 0;
    auto body = [&calls](transaction& t) -> task<int> {
      if (++calls < 3) co_await t.execute("do $$ begin raise exception using errcode = '40001'; end $$");
      co_return calls;
    };
    EXPECT_EQ(co_await db.transaction(body, {.retries = 5}), 3);
  });
}

TEST(PostgresTransaction, IsTriedAgainAfterADeadlockOrASerializationFailure) {
  weft::run([]() -> task<> {
    weft::postgres::pool db{server().local(), {.max_size = 3}};
    co_await db.execute_script(
        "create table contested (id int primary key, n int);"
        "insert into contested values (1, 0), (2, 0)");
    int calls = 0;
    weft::barrier both{2};  // the first time, so that they get into each other's way
    auto one = [&](int first, int second) -> task<> {
      bool again = false;
      auto body = [&](transaction& t) -> task<> {
        ++calls;
        co_await t.execute("set local deadlock_timeout = '10ms'");
        co_await t.execute("update contested set n = n + 1 where id = $1", first);
        const bool repeated = std::exchange(again, true);
        if (!repeated) (void)co_await both.wait();
        co_await t.execute("update contested set n = n + 1 where id = $1", second);
      };
      co_await db.transaction(body, {.retries = 5});
    };
    co_await weft::gather(one(1, 2), one(2, 1));
    EXPECT_EQ(co_await db.fetch_value<std::string>("select string_agg(n::text, ' ') from contested"), "2 2");
    EXPECT_GE(calls, 3);

    calls = 0;
    auto add = [&]() -> task<> {
      bool again = false;
      auto body = [&](transaction& t) -> task<> {
        ++calls;
        const int sum = co_await t.fetch_value<int>("select sum(n) from contested");
        const bool repeated = std::exchange(again, true);
        if (!repeated) (void)co_await both.wait();
        co_await t.execute("insert into contested select max(id) + 1 + $2, $1 from contested", sum, calls * 10);
      };
      co_await db.transaction(body, {.level = weft::postgres::isolation::serializable, .retries = 5});
    };
    co_await weft::gather(add(), add());
    EXPECT_EQ(co_await db.fetch_value<int>("select sum(n) from contested"), 4 + 4 + 8);  // one after the other
    EXPECT_GE(calls, 3);
    co_await db.execute("drop table contested");
  });
}

TEST(PostgresStream, RunsInATransactionWhichGoesOnWhenItIsLeftEarly) {
  weft::run([]() -> task<> {
    weft::postgres::pool db{server().local(), {.max_size = 1}};
    co_await db.transaction([](transaction& t) -> task<> {
      co_await t.execute("create temp table numbers on commit drop as select generate_series(1, 10) as n");
      for (int turn = 0; turn < 3; ++turn) {
        int total = 0;
        auto rows = t.stream<int>("select n from numbers order by n");
        while (auto next = co_await rows.next()) total += *next;
        EXPECT_EQ(total, 55);
        {
          auto left = t.stream<std::int64_t>("select generate_series(1, 1000000000000)");
          EXPECT_EQ(co_await left.next(), 1);
        }
        co_await t.savepoint([](transaction& inner) -> task<> {
          auto left = inner.stream<std::int64_t>("select generate_series(1, 1000000000000)");
          EXPECT_EQ(co_await left.next(), 1);
        });
        EXPECT_EQ(co_await t.fetch_value<int>("select count(*) from numbers"), 10);
      }
    });
    auto fails = [](transaction& t) -> task<> {
      auto rows = t.stream<int>("select 1 / (5 - i) from generate_series(1, 9) i");
      while (auto next = co_await rows.next()) continue;
    };
    EXPECT_EQ(co_await sqlstate_of(db.transaction(fails)), "22012");
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresStream, LetsTheServerGoOnWhileRowsAreWorkedOn) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    auto rows = db.stream<int>("select generate_series(1, 1000)");
    EXPECT_EQ(co_await rows.next(), 1);  // the others are read, or in the socket's buffer
    EXPECT_TRUE(co_await weft::testing::becomes_true("select state = 'idle' from pg_stat_activity where pid = " +
                                                     std::to_string(db.server_process())));
    int count = 1;
    while (auto next = co_await rows.next()) ++count;
    EXPECT_EQ(count, 1000);
  });
}

/// Whether the server's process comes to that state.
task<bool> server_comes_to(int process, std::string state) {
  co_return co_await weft::testing::becomes_true("select " + state +
                                                 " from pg_stat_activity where pid = " + std::to_string(process));
}

TEST(PostgresStream, IsReadAheadWhileTheProgramDoesOtherThings) {
  weft::run([]() -> task<> {
    // Far more than the sockets hold, and less than may be read ahead.
    connection db = co_await connect(server().local(), {.read_ahead = std::size_t{16} << 20});
    const int process = db.server_process();
    auto all_of = [&](weft::async_generator<std::string> rows, std::string state) -> task<int> {
      int count = 0;
      EXPECT_TRUE((co_await rows.next()).has_value());
      EXPECT_TRUE(co_await server_comes_to(process, "state = '" + state + "'"));
      for (bool more = true; more; ++count) more = (co_await rows.next()).has_value();
      co_return count;
    };
    const char* const much = "select repeat('x', 1000) from generate_series(1, 5000)";
    EXPECT_EQ(co_await all_of(db.stream<std::string>(much), "idle"), 5000);
    auto within = [&](transaction& t) -> task<int> {
      co_return co_await all_of(t.stream<std::string>(much), "idle in transaction");
    };
    EXPECT_EQ(co_await db.transaction(within), 5000);
    EXPECT_EQ(co_await all_of(db.copy_out("copy (" + std::string{much} + ") to stdout"), "idle"), 5000);
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresStream, IsReadAheadOnlySoFar) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local(), {.read_ahead = 64 << 10});
    const int process = db.server_process();
    const char* const endless = "select repeat('x', 1000) from (select generate_series(1, 1000000000)) as endless";
    for (const bool copies : {false, true}) {
      const std::string copy = "copy (" + std::string{endless} + ") to stdout";
      auto rows = copies ? db.copy_out(copy) : db.stream<std::string>(endless);
      EXPECT_TRUE((co_await rows.next()).has_value());
      EXPECT_TRUE(co_await server_comes_to(process, "coalesce(wait_event = 'ClientWrite', false)"));
      for (int i = 0; i < 2000; ++i) EXPECT_TRUE((co_await rows.next()).has_value());
      EXPECT_TRUE(co_await server_comes_to(process, "coalesce(wait_event = 'ClientWrite', false)"));
      rows = {};
      EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
    }
  });
}

TEST(PostgresStream, GivesTheRowsBeforeAnErrorAndNamesTheRowThatDoesNotFit) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    auto failing = db.stream<int>("select 1000 / (900 - i) from generate_series(1, 1000) i");
    EXPECT_TRUE((co_await failing.next()).has_value());
    EXPECT_TRUE(co_await server_comes_to(db.server_process(), "state = 'idle'"));  // the error has come, too
    int seen = 1;
    try {
      while (auto next = co_await failing.next()) ++seen;
      ADD_FAILURE();
    } catch (const weft::postgres::error& e) {
      EXPECT_EQ(e.sqlstate(), "22012");
    }
    EXPECT_EQ(seen, 899);

    for (const bool waits : {false, true}) {
      auto rows =
          db.stream<int>("select case when i = 600 then null else i end as number from generate_series(1, 1000) i");
      EXPECT_EQ(co_await rows.next(), 1);
      const bool idle = !waits || co_await server_comes_to(db.server_process(), "state = 'idle'");
      EXPECT_TRUE(idle);
      try {
        while (auto next = co_await rows.next()) continue;
        ADD_FAILURE();
      } catch (const data_error& e) {
        EXPECT_TRUE(std::string{e.what()}.starts_with("column \"number\", row 600: NULL")) << e.what();
      }
    }
    EXPECT_THROW((void)co_await db.stream<person>("select 1 as id where false").next(), data_error);
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresCopy, SaysWhichDirectionItWants) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table t (id int)");
    auto nothing = []() -> weft::async_generator<std::string> { co_return; };
    for (const char* const wrong : {"copy t to stdout", "select 1"}) {
      EXPECT_NE(co_await sqlstate_of(db.copy_in_bytes(wrong, nothing())), "");
    }
    for (const char* const wrong : {"copy t from stdin", "select 1"}) {
      auto out = db.copy_out(wrong);
      std::string said;
      try {
        (void)co_await out.next();
      } catch (const weft::postgres::error& e) {
        said = e.what();
      }
      EXPECT_NE(said, "") << wrong;
    }
    for (const char* const wrong :
         {"copy t from stdin", "copy t to stdout", "copy (select generate_series(1, 100000)) to stdout",
          " ; -- so\n/* it /* says */ */ COPY t from stdin"}) {
      const std::string said = "COPY needs copy_in or copy_out";
      EXPECT_EQ(co_await sqlstate_of(db.execute_script(wrong)), said);
      EXPECT_EQ(co_await sqlstate_of(db.execute(wrong)), said);
      EXPECT_EQ(co_await sqlstate_of(db.fetch<int>(wrong)), said);
      weft::postgres::pipeline batch;
      batch.add("select 1").add(wrong);
      EXPECT_EQ(co_await sqlstate_of(db.run(std::move(batch))), said);
      auto rows = db.stream<int>(wrong);
      EXPECT_THROW((void)co_await rows.next(), weft::postgres::error);
    }
    EXPECT_EQ(co_await db.execute("copy t to program 'cat > /dev/null'"), 0U);
    EXPECT_EQ(co_await sqlstate_of(db.execute("copy t from '/nowhere'")), "58P01");
    auto empty = db.copy_out("copy t to stdout");
    EXPECT_FALSE((co_await empty.next()).has_value());
    EXPECT_EQ(co_await db.copy_in_bytes("copy t from stdin", nothing()), 0U);
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from t"), 0);
  });
}

TEST(PostgresCopy, SaysWhereTheDataAreWrong) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table t (id int, name text)");
    auto lines = []() -> weft::async_generator<std::string> {
      std::string some = "1,a\n2,b\n3";
      co_yield std::move(some);
      some = "\n";
      co_yield std::move(some);
    };
    std::string said;
    std::string where;
    try {
      (void)co_await db.copy_in_bytes("copy t from stdin (format csv)", lines());
    } catch (const weft::postgres::error& e) {
      said = e.what();
      where = e.context();
    }
    EXPECT_EQ(said, "missing data for column \"name\" (COPY t, line 3: \"3\") [22P04]");
    EXPECT_EQ(where, "COPY t, line 3: \"3\"");
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from t"), 0);
    EXPECT_THROW((void)db.execute(std::string{"select 1\0 and more", 17}), weft::postgres::data_error);
  });
}

TEST(PostgresStop, CancelsTheStatementOnTheServer) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    for (int i = 0; i < 5; ++i) {
      EXPECT_FALSE((co_await weft::move_on_after(30ms, db.execute("select pg_sleep(60)"))).has_value());
      EXPECT_EQ(co_await db.fetch_value<int>("select $1 + 1", i), i + 1);
    }
  });
}

TEST(PostgresStop, LeavesThoseAloneThatShareTheConnection) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await weft::with(weft::task_group{}, [&](weft::task_group& group) -> task<> {
      auto stopped = group.create_task(db.execute("select pg_sleep(0.2)"));
      auto other = group.create_task(db.fetch_value<int>("select 5"));
      co_await weft::sleep(50ms);
      stopped.cancel();
      EXPECT_EQ(co_await other, 5);
    });
    EXPECT_EQ(co_await db.fetch_value<int>("select 6"), 6);
  });
}

TEST(PostgresStop, LeavesThoseAloneThatTheSocketHasNoRoomForYet) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await weft::with(weft::task_group{}, [&](weft::task_group& group) -> task<> {
      auto slow = group.create_task(db.execute("select pg_sleep(0.1)"));  // the server reads nothing meanwhile
      std::vector<weft::task_handle<int>> asked;
      for (int i = 0; i < 3000; ++i) asked.push_back(group.create_task(db.fetch_value<int>("select $1::int", i)));
      co_await weft::sleep(10ms);
      for (std::size_t i = 0; i < asked.size(); i += 3) asked[i].cancel();
      for (std::size_t i = 0; i < asked.size(); ++i) {
        if (i % 3 != 0) {
          EXPECT_EQ(co_await asked[i], static_cast<int>(i));
        }
      }
    });
    EXPECT_EQ(co_await db.fetch_value<int>("select 6"), 6);
  });
}

TEST(PostgresStream, GivesRowsOneAfterTheOther) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    auto rows = db.stream<std::int64_t>("select generate_series(1, $1)", 50'000);
    std::int64_t sum = 0;
    while (auto next = co_await rows.next()) sum += *next;
    EXPECT_EQ(sum, 50'000LL * 50'001 / 2);
    auto none = db.stream<int>("select 1 where false");
    EXPECT_FALSE((co_await none.next()).has_value());
    auto failing = db.stream<int>("select 10 / (5 - i) from generate_series(1, 9) i");
    EXPECT_EQ(*co_await failing.next(), 2);
    std::string state;
    try {
      while (auto next = co_await failing.next()) continue;
    } catch (const weft::postgres::error& e) {
      state = e.sqlstate();
    }
    EXPECT_EQ(state, "22012");
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

TEST(PostgresStream, MayBeLeftEarly) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    for (int i = 0; i < 3; ++i) {
      {
        auto rows = db.stream<std::int64_t>("select generate_series(1::bigint, 1000000000000)");
        EXPECT_EQ(*co_await rows.next(), 1);
      }
      EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
    }
  });
}

weft::async_generator<person> people(int count, int fails_at = -1) {
  for (int i = 0; i < count; ++i) {
    if (i == fails_at) throw std::runtime_error{"no more"};
    person one;
    one.id = i;
    one.name = "person " + std::to_string(i);
    if (i % 2 != 0) one.score = i / 2.0;
    co_yield std::move(one);
  }
}

TEST(PostgresCopy, SendsRows) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table t (id bigint primary key, name text, score numeric)");
    EXPECT_EQ(co_await db.copy_in("t", people(20'000)), 20'000U);
    EXPECT_EQ(co_await db.fetch_value<std::string>("select sum(score)::text from t"), "50000000.0");
    EXPECT_EQ(co_await sqlstate_of(db.copy_in("t", people(10))), "23505");
    co_await db.execute("truncate t");
    EXPECT_THROW(co_await db.copy_in("t", people(5000, 4000)), std::runtime_error);
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from t"), 0);
    EXPECT_EQ(co_await sqlstate_of(db.copy_in("no_such_table", people(1))), "42P01");
  });
}

TEST(PostgresCopy, GivesAndTakesBytes) {
  weft::run([]() -> task<> {
    connection db = co_await connect(server().local());
    co_await db.execute("create temp table t (id int, name text)");
    auto lines = []() -> weft::async_generator<std::string> {
      std::string first = "1,one\n2,";
      co_yield std::move(first);
      std::string second = "two\n";
      co_yield std::move(second);
    };
    EXPECT_EQ(co_await db.copy_in_bytes("copy t from stdin (format csv)", lines()), 2U);
    auto out = db.copy_out("copy (select * from t order by id) to stdout (format csv)");
    std::string all;
    while (auto piece = co_await out.next()) all += *piece;
    EXPECT_EQ(all, "1,one\n2,two\n");
    {
      auto much = db.copy_out("copy (select generate_series(1, 100000000)) to stdout");
      EXPECT_EQ(*co_await much.next(), "1\n");
    }
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
  });
}

}  // namespace
