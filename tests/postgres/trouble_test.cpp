#include <string>
#include <support/descriptors.hpp>
#include <support/fault_proxy.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "postgres/server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::postgres::connect;
using weft::postgres::connection;
using weft::postgres::connection_error;
using weft::postgres::pool;
using weft::testing::becomes_true;
using weft::testing::fault;
using weft::testing::fault_proxy;
using weft::testing::faults;
using weft::testing::server;

weft::endpoint real_server() { return *weft::endpoint::parse("127.0.0.1", server().port()); }

std::string through(const fault_proxy& proxy, const std::string& more = "sslmode=disable") {
  return "postgresql://postgres@127.0.0.1:" + std::to_string(proxy.address().port()) + "/postgres?" + more;
}

/// What a connection's start takes.
struct start_of_connection {
  std::size_t to_server;
  std::size_t to_client;
};
task<start_of_connection> measure_start(std::string more = "sslmode=disable") {
  const fault_proxy proxy{real_server(), [](std::size_t) { return faults{}; }};
  const connection whole = co_await connect(through(proxy, more));
  start_of_connection found{proxy.passed_to_server(), proxy.passed_to_client()};
  co_return found;
}

/// Cuts where a connection begins, at each place that is a multiple of `step`. Every one fails and says something.
task<> cut_the_start(std::string more, std::size_t step) {
  const start_of_connection whole = co_await measure_start(more);
  for (const bool answers : {false, true}) {
    const fault_proxy proxy{real_server(), [answers, step](std::size_t i) {
                              faults plan;
                              auto& flow = answers ? plan.to_client : plan.to_server;
                              flow.passes = i * step;
                              flow.then = i % 2 == 0 ? fault::end : fault::reset;
                              return plan;
                            }};
    const std::size_t places = ((answers ? whole.to_client : whole.to_server) + step - 1) / step;
    std::size_t begun = 0;
    auto some = [&]() -> task<> {
      while (begun++ < places) {
        std::string said;
        try {
          (void)co_await connect(through(proxy, more));
        } catch (const connection_error& e) {
          said = e.what();
        }
        EXPECT_NE(said, "");
      }
    };
    co_await weft::gather(some(), some(), some(), some());
  }
}

TEST(PostgresTrouble, SaysSoWhenAConnectionIsCutAtAnyByteOfItsStart) {
  weft::run([]() -> task<> { co_await cut_the_start("sslmode=disable", 1); });
}

TEST(PostgresTrouble, SaysSoWhenAConnectionIsCutInItsTlsHandshake) {
  weft::run([]() -> task<> { co_await cut_the_start("sslmode=require", 71); });
}

TEST(PostgresTrouble, LosesNoPlaceInThePoolWhenAConnectionIsCutAtAnyByteOfAResult) {
  weft::run([]() -> task<> {
    const start_of_connection whole = co_await measure_start();
    const fault_proxy proxy{real_server(), [&](std::size_t i) {
                              faults plan;
                              plan.to_client.passes = whole.to_client + i;
                              plan.to_client.then = i % 2 == 0 ? fault::end : fault::reset;
                              return plan;
                            }};
    pool db{through(proxy), {.max_size = 1, .acquire_timeout = 10s}};
    std::size_t failed = 0;
    for (std::string got; got != "0123456789"; ++failed) {
      try {
        got = co_await db.fetch_value<std::string>("select '0123456789'::text as digits where $1", true);
      } catch (const connection_error& e) {
        EXPECT_NE(std::string{e.what()}, "");
        EXPECT_EQ(db.statistics().connections, 0U);
      }
      if (failed > 1000) break;
    }
    EXPECT_GT(failed, 50U);
    EXPECT_LT(failed, 1000U);
    EXPECT_EQ(db.statistics().opened, db.statistics().lost + db.statistics().connections);
  });
}

TEST(PostgresTrouble, LosesNoPlaceInThePoolWhenARequestIsCut) {
  weft::run([]() -> task<> {
    const start_of_connection whole = co_await measure_start();
    const fault_proxy proxy{real_server(), [&](std::size_t i) {
                              faults plan;
                              plan.to_server.passes = whole.to_server + i;
                              plan.to_server.then = i % 2 == 0 ? fault::end : fault::reset;
                              return plan;
                            }};
    pool db{through(proxy), {.max_size = 1}};
    std::size_t failed = 0;
    for (bool done = false; !done && failed < 1000; ++failed) {
      auto body = [](weft::postgres::transaction& t) -> task<> { co_await t.execute("select $1::int", 5); };
      try {
        co_await db.transaction(body);
        done = true;
      } catch (const connection_error& e) {
        EXPECT_NE(std::string{e.what()}, "");
      }
    }
    EXPECT_GT(failed, 50U);
    EXPECT_LT(failed, 1000U);
  });
}

weft::async_generator<std::string> lines(int count) {
  for (int i = 0; i < count; ++i) {
    std::string line = std::to_string(i) + "\n";
    co_yield std::move(line);
  }
}

TEST(PostgresTrouble, LeavesNothingOfACopyThatIsCut) {
  weft::run([]() -> task<> {
    const connection direct = co_await connect(server().local());
    co_await direct.execute("create table half (id int)");
    const start_of_connection whole = co_await measure_start();
    for (const bool out : {false, true}) {
      const fault_proxy proxy{real_server(), [&](std::size_t i) {
                                faults plan;
                                auto& flow = out ? plan.to_client : plan.to_server;
                                flow.passes = (out ? whole.to_client : whole.to_server) + i * 2011;
                                flow.then = i % 2 == 0 ? fault::end : fault::reset;
                                return plan;
                              }};
      pool db{through(proxy), {.max_size = 1}};
      int failed = 0;
      for (bool done = false; !done && failed < 1000;) {
        try {
          if (out) {
            auto pieces = db.copy_out("copy half to stdout");
            int count = 0;
            while (auto piece = co_await pieces.next()) ++count;
            EXPECT_EQ(count, 5000);
          } else {
            EXPECT_EQ(co_await db.copy_in_bytes("copy half from stdin", lines(5000)), 5000U);
          }
          done = true;
        } catch (const connection_error& e) {
          ++failed;
          EXPECT_NE(std::string{e.what()}, "");
          EXPECT_EQ(db.statistics().connections, 0U);
        }
        const int there = co_await direct.fetch_value<int>("select count(*) from half");
        EXPECT_EQ(there, out || done ? 5000 : 0);
      }
      EXPECT_GT(failed, 5);
      EXPECT_LT(failed, 1000);
    }
    co_await direct.execute("drop table half");
  });
}

TEST(PostgresTrouble, TellsThatTheServerWentInTheMidstOfACopyOrAStream) {
  weft::run([]() -> task<> {
    const connection direct = co_await connect(server().local());
    co_await direct.execute("create table gone (id int)");
    pool db{server().local(), {.max_size = 1}};
    auto rows = [&]() -> weft::async_generator<std::string> {
      std::string line = "1\n";
      co_yield std::move(line);
      EXPECT_TRUE(co_await direct.fetch_value<bool>(
          "select pg_terminate_backend(pid, 10000) from pg_stat_activity where query like 'copy gone%'"));
      for (int i = 0; i < 100'000; ++i) {
        line = "2\n";
        co_yield std::move(line);
      }
    };
    EXPECT_EQ(co_await weft::testing::sqlstate_of(db.copy_in_bytes("copy gone from stdin", rows())), "57P01");
    EXPECT_EQ(co_await db.fetch_value<int>("select count(*) from gone"), 0);
    std::string said;
    auto stream = db.stream<int>("select generate_series(1, 10000000) as gone_rows");
    try {
      (void)co_await stream.next();
      // Its end is not waited for: it may want to say its last word first, and has no room for it before rows are read.
      EXPECT_TRUE(co_await direct.fetch_value<bool>(
          "select pg_terminate_backend(pid) from pg_stat_activity where query like '%gone_rows%'"
          " and pid <> pg_backend_pid()"));
      while (auto row = co_await stream.next()) said.clear();
    } catch (const connection_error& e) {
      said = e.what();
    }
    EXPECT_NE(said, "");
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
    EXPECT_EQ(db.statistics().lost, 2U);
    co_await direct.execute("drop table gone");
  });
}

TEST(PostgresTrouble, TakesWhatComesInSmallPieces) {
  weft::run([]() -> task<> {
    const fault_proxy proxy{real_server(), [](std::size_t) {
                              faults plan;
                              plan.to_client.piece = plan.to_server.piece = 1;
                              return plan;
                            }};
    connection db = co_await connect(through(proxy));
    auto rows = db.stream<int>("select generate_series(1, 100)");
    int sum = 0;
    while (auto next = co_await rows.next()) sum += *next;
    EXPECT_EQ(sum, 5050);
    EXPECT_EQ(co_await db.fetch_value<std::string>("select repeat('x', $1)", 1000), std::string(1000, 'x'));
  });
}

TEST(PostgresTrouble, IsPatientWithASlowServerAndLetsEverybodyHaveATurn) {
  weft::run([]() -> task<> {
    // Little at a time in both directions, of each connection.
    const fault_proxy proxy{real_server(), [](std::size_t) {
                              faults plan;
                              plan.to_client.piece = plan.to_server.piece = 7;
                              return plan;
                            }};
    pool db{through(proxy), {.max_size = 2}};
    std::vector<task<int>> asked;
    for (int i = 0; i < 60; ++i) asked.push_back(db.fetch_value<int>("select $1 + 1 from pg_sleep(0.001)", i));
    const std::vector<int> got = co_await weft::gather(std::move(asked));
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], static_cast<int>(i) + 1);
    // Stops in the midst of it do no harm, and nobody gets another's answer.
    for (int i = 0; i < 10; ++i) {
      (void)co_await weft::move_on_after(std::chrono::milliseconds{i},
                                         db.fetch_value<int>("select 0 from pg_sleep(0.005)"));
      EXPECT_EQ(co_await db.fetch_value<int>("select $1::int", i), i);
    }
    EXPECT_EQ(db.statistics().lost, 0U);
    EXPECT_EQ(db.statistics().opened, 2U);
    // Who has no time gives up; the others wait on.
    auto held =
        weft::create_task(weft::gather(db.execute("select pg_sleep(0.05)"), db.execute("select pg_sleep(0.05)")));
    EXPECT_THROW((void)co_await weft::wait_for(db.execute("select pg_sleep(0.2)"), 10ms), weft::timeout_error);
    (void)co_await held;
    EXPECT_EQ(co_await db.fetch_value<int>("select 5"), 5);
  });
}

TEST(PostgresTrouble, WaitsNoLongerThanItIsTold) {
  weft::run([]() -> task<> {
    const fault_proxy proxy{real_server(), [](std::size_t) {
                              faults plan;
                              plan.to_client = {.passes = 0, .then = fault::silence};
                              return plan;
                            }};
    std::string said;
    try {
      (void)co_await connect(through(proxy), {.timeout = 50ms});
    } catch (const connection_error& e) {
      said = e.what();
    }
    EXPECT_EQ(said, "no connection in time");
  });
}

TEST(PostgresTrouble, GivesAConnectionUpThatCannotBeCancelled) {
  const weft::testing::descriptors before = weft::testing::open_descriptors();
  weft::run([]() -> task<> {
    // The first connection is the pool's, the second one the request to cancel, which nobody takes.
    const fault_proxy proxy{real_server(), [](std::size_t i) {
                              faults plan;
                              if (i == 1) plan.to_server = {.passes = 0, .then = fault::silence};
                              return plan;
                            }};
    pool db{through(proxy), {.max_size = 1, .connect = {.cancel_timeout = 100ms}}};
    co_await db.execute("select 1");
    // An hour: what was given up is not waited for.
    EXPECT_FALSE((co_await weft::move_on_after(20ms, db.execute("select pg_sleep(3600)"))).has_value());
    EXPECT_EQ(co_await db.fetch_value<int>("select 2"), 2);
    EXPECT_EQ(db.statistics().lost, 1U);
  });
  // The thread that sends the request goes when the proxy has gone; nobody waits for it.
  while (weft::testing::open_descriptors() != before) std::this_thread::sleep_for(1ms);
}

TEST(PostgresTrouble, FindsOutThatAServerDoesNotAnswer) {
  weft::run([]() -> task<> {
    std::size_t so_far = 0;
    {
      const fault_proxy proxy{real_server(), [](std::size_t) { return faults{}; }};
      const connection db = co_await connect(through(proxy));
      co_await db.execute("select 1");
      so_far = proxy.passed_to_client();
    }
    const fault_proxy proxy{real_server(), [so_far](std::size_t i) {
                              faults plan;
                              if (i == 0) plan.to_client = {.passes = so_far, .then = fault::silence};
                              return plan;
                            }};
    pool db{through(proxy), {.max_size = 1, .health_check = 50ms}};
    co_await db.execute("select 1");
    for (int i = 0; i < 1000 && db.statistics().lost == 0; ++i) co_await weft::sleep(10ms);
    EXPECT_EQ(db.statistics().lost, 1U);
    // One that answers is still there some checks later, unless the machine is too slow for them just then.
    bool kept = false;
    for (int i = 0; i < 100 && !kept; ++i) {
      const auto process = co_await db.fetch_value<int>("select pg_backend_pid()");
      co_await weft::sleep(200ms);
      kept = co_await db.fetch_value<int>("select pg_backend_pid()") == process;
    }
    EXPECT_TRUE(kept);
  });
}

TEST(PostgresTrouble, UsesAServerAgainThatWasRestarted) {
  weft::run([]() -> task<> {
    pool db{server().local() + " application_name=weft_restart", {.min_size = 1, .max_size = 3}};
    auto news = co_await db.listen("after");
    auto query = [](const pool& on) -> task<int> {
      try {
        co_await on.execute("select pg_sleep(60)");
      } catch (const connection_error&) {
        co_return 1;
      }
      co_return 0;
    };
    auto transaction = [](const pool& on) -> task<int> {
      try {
        co_await on.transaction([](weft::postgres::transaction& t) -> task<> {
          co_await t.execute("create table weft_never (id int)");
          co_await t.execute("select pg_sleep(60)");
        });
      } catch (const connection_error&) {
        co_return 1;
      }
      co_return 0;
    };
    std::vector<task<int>> work;
    work.push_back(transaction(db));  // has its connection to itself
    for (int i = 0; i < 6; ++i) work.push_back(query(db));
    auto failing = weft::create_task(weft::gather(std::move(work)));
    EXPECT_TRUE(
        co_await becomes_true("select count(*) = 3 from pg_stat_activity where application_name = "
                              "'weft_restart' and query like '%pg_sleep%'"));
    server().restart();
    for (const int lost : co_await failing) EXPECT_EQ(lost, 1);
    EXPECT_EQ(co_await db.fetch_value<int>("select 1"), 1);
    EXPECT_TRUE(co_await db.fetch_value<bool>("select to_regclass('weft_never') is null"));
    EXPECT_TRUE((co_await news.next())->reconnected);
    co_await db.execute("notify after, 'all'");
    EXPECT_EQ((co_await news.next())->payload, "all");
  });
}

}  // namespace
