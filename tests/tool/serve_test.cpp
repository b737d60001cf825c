#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/process.hpp>
#include <weft/weft.hpp>

#include "tool.hpp"

using namespace weft_test;
using namespace std::chrono_literals;

namespace {

using weft::http::client;

/// `weft serve` at work on a directory with a page and a subdirectory.
class NetServe : public testing::Test {
 public:
  void SetUp() override {
    std::ofstream{place.file("page.html")} << "<p>hello";
    std::filesystem::create_directory(place.file("sub"));
  }

  /// Where it says that it serves; empty if it has not said so in time.
  static std::string address(const tool& program) {
    for (int i = 0; i < 1000; ++i) {
      const std::string said = program.errors();
      const std::size_t from = said.find(" at http");
      const std::size_t to = said.find("/ (", from);
      if (to != std::string::npos) return said.substr(from + 4, to - from - 4);
      weft::run([]() -> weft::task<> { co_await weft::sleep(10ms); });
    }
    ADD_FAILURE() << program.errors();
    return {};
  }

  std::vector<std::string> arguments(std::vector<std::string> more) const {
    std::vector<std::string> all{"serve", place.file(""), "--port", "0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  scratch place;
};

TEST_F(NetServe, ServesADirectoryAndTellsWhatItDid) {
  tool program{arguments({})};
  const std::string url = address(program);
  weft::run([&]() -> weft::task<> {
    client c{{.base_url = url}};
    EXPECT_EQ(co_await c.get("/page.html").text(), "<p>hello");
    const std::string listing = co_await c.get("/").text();
    EXPECT_NE(listing.find("href=\"./page.html\""), std::string::npos) << listing;
    EXPECT_NE(listing.find("href=\"./sub/\""), std::string::npos) << listing;
    EXPECT_EQ((co_await c.get("/none")).status(), 404);
  });
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_NE(program.output().find(" 127.0.0.1 GET /page.html 200\n"), std::string::npos) << program.output();
  EXPECT_NE(program.output().find(" 127.0.0.1 GET /none 404\n"), std::string::npos) << program.output();
}

TEST_F(NetServe, MakesUpACertificateAndServesOnManyLoops) {
  tool program{arguments({"--tls", "--workers", "3", "--no-listing"})};
  const std::string url = address(program);
  EXPECT_TRUE(url.starts_with("https://")) << url;
  weft::run([&]() -> weft::task<> {
    for (int i = 0; i < 10; ++i) {
      client c{{.base_url = url, .verify = false}};
      EXPECT_EQ(co_await c.get("/page.html").text(), "<p>hello");
      EXPECT_EQ((co_await c.get("/")).status(), 404);
    }
    client careful{{.base_url = url}};
    try {
      co_await careful.get("/page.html");
      ADD_FAILURE() << "nobody has signed this certificate";
    } catch (const weft::http::request_error& e) {
      EXPECT_EQ(e.code(), weft::tls_errc::self_signed) << e.what();
    }
  });
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0);
}

TEST_F(NetServe, LetsRequestsFinishWhenItEnds) {
  std::filesystem::resize_file(place.file("page.html"), 50'000'000);
  tool program{arguments({})};
  const std::string url = address(program);
  weft::run([&]() -> weft::task<> {
    client c{{.base_url = url}};
    weft::http::streaming_response slow = co_await c.get("/page.html").stream();
    std::optional<std::string> piece = co_await slow.next();
    EXPECT_TRUE(piece);
    program.signal(SIGTERM);
    std::size_t bytes = piece ? piece->size() : 0;
    for (piece = co_await slow.next(); piece; piece = co_await slow.next()) bytes += piece->size();
    EXPECT_EQ(bytes, 50'000'000U);
  });
  EXPECT_EQ(program.wait(), 0);
}

/// Asks over one connection and over a new one each time, until told to end.
weft::task<> keep_asking(std::string url, const bool& enough, int& answers, int& asking) {
  ++asking;
  client lasting{{.base_url = url}};
  while (!enough) {
    EXPECT_EQ(co_await lasting.get("/page.html").text(), "<p>hello");
    client fresh{{.base_url = url}};
    EXPECT_EQ(co_await fresh.get("/page.html").text(), "<p>hello");
    ++answers;
  }
  --asking;
}

TEST_F(NetServe, GivesWayToASuccessorAtTheSameSocketWithoutLosingARequest) {
  weft::run([&]() -> weft::task<> {
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    const std::string url = "http://127.0.0.1:" + std::to_string(listener.local_address().port());
    const auto serve = [&] {
      weft::command tool{std::getenv("WEFT_TOOL")};
      tool.args("serve", place.file(""), "--workers", "2").stdout_to(weft::stdio::null);
      return tool.pass_listening({listener.native_handle()}).start();
    };
    const auto served = [](weft::process& program) -> weft::task<> {
      const std::string said = co_await program.err.read_until("\n");
      EXPECT_TRUE(said.ends_with(" at the sockets that were passed on (Ctrl-C ends it)\n")) << said;
    };
    bool enough = false;
    int answers = 0;
    int asking = 0;
    co_await weft::with(serve(), [&](weft::process& old) -> weft::task<> {
      co_await served(old);
      co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
        for (int i = 0; i < 4; ++i) tg.create_task(keep_asking(url, enough, answers, asking));
        while (answers < 50) co_await weft::sleep(1ms);
        co_await weft::with(serve(), [&](weft::process& successor) -> weft::task<> {
          co_await served(successor);
          old.terminate();
          const int status = co_await old.wait();
          EXPECT_EQ(status, 0);
          const int before = answers;
          while (answers < before + 50) co_await weft::sleep(1ms);
          enough = true;
          while (asking != 0) co_await weft::sleep(1ms);
          successor.terminate();
          const int last = co_await successor.wait();
          EXPECT_EQ(last, 0);
        });
      });
    });
  });
}

TEST_F(NetServe, SaysWhatIsWrong) {
  finished run = run_tool({"serve", "/nowhere/at/all", "--port", "0"});
  EXPECT_NE(run.status, 0);
  EXPECT_NE(run.errors.find("/nowhere/at/all: No such file or directory"), std::string::npos) << run.errors;
  run = run_tool({"serve", "--port", "65536"});
  EXPECT_NE(run.status, 0);
  EXPECT_NE(run.errors.find("--port"), std::string::npos) << run.errors;
  run = run_tool(arguments({"--cert", place.file("page.html")}));
  EXPECT_NE(run.status, 0);
  EXPECT_NE(run.errors.find("page.html"), std::string::npos) << run.errors;
}

}  // namespace
