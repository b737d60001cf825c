// app.serve as a main program calls it, in a process of its own.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <support/loopback_port.hpp>
#include <utility>

#include "app_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
namespace http = weft::http;
namespace web = weft::web;

/// A process that serves, and tells on standard output where.
class serving_process {
 public:
  explicit serving_process(const std::function<int()>& main) {
    std::array<int, 2> out{};
    if (::pipe(out.data()) != 0) throw std::runtime_error{"pipe"};
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::close(out[0]);
      ::close(out[1]);
      int status = 2;
      try {
        status = main();
      } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
      }
      std::fflush(nullptr);
      ::_exit(status);
    }
    ::close(out[1]);
    output_ = ::fdopen(out[0], "r");
    url_ = line();
    url_.erase(0, url_.find("http"));
  }
  serving_process(const serving_process&) = delete;
  serving_process& operator=(const serving_process&) = delete;
  ~serving_process() {
    std::fclose(output_);
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  const std::string& url() const noexcept { return url_; }
  void signal(int number) const { ::kill(pid_, number); }
  /// The next line of its output; empty at the end.
  std::string line() {
    std::string text;
    for (int c = std::fgetc(output_); c != EOF && c != '\n'; c = std::fgetc(output_)) text += static_cast<char>(c);
    return text;
  }
  int ended() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
  std::string url_;
};

void say(const char* text) {
  std::printf("%s\n", text);
  std::fflush(stdout);
}

TEST(NetWebServe, DrainsAtSigterm) {
  serving_process process{[] {
    web::app app;
    app.get("/slow", [](web::background_tasks& background) -> task<std::string> {
      background.add([]() -> task<> {
        co_await weft::sleep(20ms);
        say("background task ended");
      });
      say("handling");
      co_await weft::sleep(200ms);
      co_return "done";
    });
    app.serve({.port = 0});
    say("served");
    return 0;
  }};
  weft::run([&]() -> task<> {
    http::client client{{.base_url = process.url()}};
    auto answer = weft::create_task([&]() -> task<std::string> { co_return told(co_await client.get("/slow")); });
    co_await weft::to_thread([&] { EXPECT_EQ(process.line(), "handling"); });
    process.signal(SIGTERM);
    EXPECT_EQ(co_await answer, "200 done");
  });
  EXPECT_EQ(process.line(), "background task ended");
  EXPECT_EQ(process.line(), "served");
  EXPECT_EQ(process.ended(), 0);
}

TEST(NetWebServe, StopsWhatTakesTooLong) {
  serving_process process{[] {
    web::app app{{.background_timeout = 10ms}};
    app.get("/", [](web::background_tasks& background) {
      background.add([]() -> task<> {
        say("begun");
        co_await weft::sleep(1h);
      });
    });
    app.serve({.port = 0});
    return 0;
  }};
  weft::run([&]() -> task<> {
    http::client client{{.base_url = process.url()}};
    EXPECT_EQ((co_await client.get("/")).status(), 204);
  });
  EXPECT_EQ(process.line(), "begun");
  process.signal(SIGINT);
  EXPECT_EQ(process.ended(), 0);
}

struct counter {
  int worker;
  int ticks = 0;
};

TEST(NetWebServe, HasManyWorkers) {
  const std::uint16_t port = weft::testing::unused_port();
  serving_process process{[port] {
    web::app app;
    std::atomic<int> made = 0;
    app.provide([&made] { return counter{made++}; });
    app.serve_metrics();
    std::atomic<int> tickers = 0;
    app.every(1ms, "tick", [&tickers](web::use<counter> own) {
      if (own->ticks++ == 0 && ++tickers > 1) say("two of them");
    });
    app.get("/", [](web::use<counter> own) { return own->worker; });
    app.serve({.port = port, .workers = 3});
    return made.load() == 3 && tickers.load() == 1 ? 0 : 1;
  }};
  weft::run([&]() -> task<> {
    for (int i = 0; i < 20; ++i) {  // connections that the kernel spreads
      http::client client{{.base_url = process.url()}};
      EXPECT_EQ((co_await client.get("/")).status(), 200);
    }
    http::client client{{.base_url = process.url()}};
    const std::string metrics = (co_await client.get("/metrics")).text();
    EXPECT_NE(metrics.find(R"(weft_http_requests_total{method="GET",route="/",status="200"} 20)"), std::string::npos)
        << metrics;
    EXPECT_NE(metrics.find(R"(weft_event_loop_lag_seconds{worker="2"})"), std::string::npos) << metrics;
  });
  process.signal(SIGTERM);
  EXPECT_EQ(process.ended(), 0);
}

TEST(NetWebServe, RefusesWorkersWithoutAPort) {
  web::app app;
  EXPECT_THROW(app.serve({.port = 0, .workers = 2}), std::invalid_argument);
}

}  // namespace
