// Attempts that fail, further ones, and hosts that are spared.

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <latch>
#include <mutex>
#include <string>
#include <vector>
#include <weft/http/http_date.hpp>

#include "peers.hpp"
#include "tool.hpp"

using namespace weft_test;
using namespace std::chrono_literals;

namespace {

std::string answer(int status, const std::string& fields = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " So\r\nContent-Length: 0\r\n" + fields + "\r\n";
}

/// Answers each request for "/STATUS..." with that status and these fields.
std::function<void(peer_connection&)> statuses(std::string fields = {}) {
  return [fields](peer_connection& peer) {
    for (std::string path = peer.read_request(); !path.empty(); path = peer.read_request())
      peer.write(answer(std::stoi(path.substr(1)), fields));
  };
}

std::string attempts_of(const std::string& url, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"fetch", url});
  return field(record_of(run_tool(std::move(arguments)).output, url), "attempts");
}

TEST(FetchRetries, OnlyWhatMayPass) {
  const scripted_server server{statuses()};
  std::vector<std::string> arguments{"fetch", "--retries", "1", "--retry-delay", "0.01", "--break-after", "0"};
  const std::vector<std::string> passing{"408", "429", "500", "502", "503", "504"};
  const std::vector<std::string> lasting{"200", "204", "400", "404", "410", "501", "505"};
  for (const auto& list : {passing, lasting}) {
    for (const std::string& status : list) arguments.push_back(server.url("/" + status));
  }
  const std::string output = run_tool(arguments).output;
  for (const std::string& status : passing)
    EXPECT_EQ(field(record_of(output, server.url("/" + status)), "attempts"), "2") << status;
  for (const std::string& status : lasting)
    EXPECT_EQ(field(record_of(output, server.url("/" + status)), "attempts"), "1") << status;
}

TEST(FetchRetries, OnlyMethodsThatMayBeRepeated) {
  const scripted_server server{statuses()};
  const std::vector<std::string> quickly{"--retries", "2", "--retry-delay", "0"};
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), quickly.begin(), quickly.end());
    return arguments;
  };
  EXPECT_EQ(attempts_of(server.url("/503"), with({"--method", "PUT"})), "3");
  EXPECT_EQ(attempts_of(server.url("/503"), with({"--method", "POST"})), "1");
  EXPECT_EQ(attempts_of(server.url("/503"), with({"--method", "POST", "--retry-any-method"})), "3");
  const std::string refused = "http://127.0.0.1:" + std::to_string(unused_port()) + "/";
  EXPECT_EQ(attempts_of(refused, with({"--method", "POST"})), "3") << "it was never sent";
}

/// When requests came. Any thread.
class stopwatch {
 public:
  /// One has come; gives their number.
  std::size_t note() {
    const std::lock_guard held{mutex_};
    times_.push_back(std::chrono::steady_clock::now());
    return times_.size();
  }
  std::size_t count() const {
    const std::lock_guard held{mutex_};
    return times_.size();
  }
  /// From the first to the last.
  std::chrono::nanoseconds span() const {
    const std::lock_guard held{mutex_};
    return times_.back() - times_.front();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::chrono::steady_clock::time_point> times_;
};

TEST(FetchRetries, WhenTheServerSays) {
  stopwatch asked;
  const scripted_server server{[&](peer_connection& peer) {
    while (!peer.read_request().empty()) peer.write(answer(asked.note() == 1 ? 429 : 200, "Retry-After: 1\r\n"));
  }};
  EXPECT_EQ(attempts_of(server.url("/"), {"--retries", "5", "--retry-delay", "0"}), "2");
  ASSERT_EQ(asked.count(), 2U);
  EXPECT_GE(asked.span(), 1s);
}

TEST(FetchRetries, AtADateButNotTooLate) {
  const auto at = [](std::chrono::seconds from_now) {
    return "Retry-After: " +
           weft::http::format_http_date(
               std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() + from_now)) +
           "\r\n";
  };
  const std::vector<std::string> quickly{"--retries", "1", "--retry-delay", "0"};
  const scripted_server past{statuses(at(-60s))};
  EXPECT_EQ(attempts_of(past.url("/503"), quickly), "2");
  const scripted_server far{statuses(at(3600s))};
  EXPECT_EQ(attempts_of(far.url("/503"), quickly), "1");
  const scripted_server nonsense{statuses("Retry-After: tomorrow\r\n")};
  EXPECT_EQ(attempts_of(nonsense.url("/503"), quickly), "2");
}

TEST(FetchErrors, HaveKinds) {
  const scripted_server server{[](peer_connection& peer) {
    const std::string path = peer.read_request();
    const std::string body = "Content-Length: 5\r\n\r\nhello";
    if (path == "/zip") peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + body);
    if (path == "/coding") peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: mystery\r\n" + body);
    if (path == "/lengths") peer.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n" + body);
    if (path == "/chunk") peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
    if (path == "/header") {
      peer.write("HTTP/1.1 200 OK\r\nX: ");
      for (int i = 0; i < 32; ++i) peer.write(std::string(32768, 'x'));
    }
    if (path == "/cut") peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    if (path == "/away") peer.write("HTTP/1.1 302 Found\r\nLocation: http://[::bad/\r\n\r\n");
  }};
  std::vector<std::string> arguments{"fetch", "--retries", "0", "-c", "1"};
  for (const char* path : {"/zip", "/coding", "/lengths", "/chunk", "/header", "/cut", "/away"})
    arguments.push_back(server.url(path));
  const finished run = run_tool(arguments);
  const auto kind = [&](const char* path) { return field(record_of(run.output, server.url(path)), "kind"); };
  EXPECT_EQ(kind("/zip"), "encoding");
  EXPECT_EQ(kind("/coding"), "encoding");
  EXPECT_EQ(kind("/lengths"), "protocol");
  EXPECT_EQ(kind("/chunk"), "protocol");
  EXPECT_EQ(kind("/header"), "protocol");
  EXPECT_EQ(kind("/cut"), "connection");
  EXPECT_EQ(kind("/away"), "protocol");
  EXPECT_EQ(field(record_of(run.output, server.url("/cut")), "status"), "200") << "it had come";
  EXPECT_NE(run.errors.find("connection: 1, protocol: 4, encoding: 2"), std::string::npos) << run.errors;
}

// ---- hosts that are spared ------------------------------------------------------------------------------------------

TEST(FetchBreaksOff, AtAHostThatFailsAllTheTime) {
  const std::string dead = "http://127.0.0.1:" + std::to_string(unused_port());
  const scripted_server alive{statuses()};
  std::vector<std::string> arguments{"fetch", "-c", "1", "--retries", "0", "--break-after", "3"};
  for (int i = 0; i < 10; ++i) arguments.push_back(dead + "/" + std::to_string(i));
  arguments.push_back(alive.url("/200"));
  const finished run = run_tool(arguments);
  EXPECT_EQ(run.status, 1);
  for (int i = 0; i < 10; ++i) {
    const std::string record = record_of(run.output, dead + "/" + std::to_string(i));
    EXPECT_EQ(field(record, "kind"), i < 3 ? "connect" : "circuit");
    EXPECT_EQ(field(record, "attempts"), i < 3 ? "1" : "0");
    if (i >= 3) {
      EXPECT_NE(record.find("has failed 3 times in a row"), std::string::npos) << record;
    }
  }
  EXPECT_EQ(field(record_of(run.output, alive.url("/200")), "status"), "200") << "other hosts are asked";
}

TEST(FetchBreaksOff, AndTriesAgainLater) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const scripted_server server{statuses()};
  tool process{{"fetch", "-i", "-", "-c", "1", "--retries", "0", "--break-after", "2", "--break-for", "0.05"},
               {.input_descriptor = pipe[0]}};
  ::close(pipe[0]);
  /// What becomes of one more URL.
  const auto record_of_next = [&](const std::string& path) {
    const std::string url = server.url(path);
    const std::string line = url + "\n";
    EXPECT_EQ(::write(pipe[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
    EXPECT_TRUE(process.has_written("\"" + url + "\""));
    return record_of(process.output(), url);
  };
  EXPECT_EQ(field(record_of_next("/503/a"), "status"), "503");
  EXPECT_EQ(field(record_of_next("/503/b"), "status"), "503");
  std::string next;
  for (int i = 0; i < 10'000 && field(next, "status") != "200"; ++i) {
    next = record_of_next("/200/" + std::to_string(i));
    EXPECT_TRUE(field(next, "status") == "200" || field(next, "kind") == "circuit") << next;
  }
  EXPECT_EQ(field(record_of_next("/200/last"), "status"), "200");
  ::close(pipe[1]);
  EXPECT_EQ(process.wait(), 1);
}

std::function<void(peer_connection&)> answers_noting(stopwatch& times) {
  return [&times](peer_connection& peer) {
    while (!peer.read_request().empty()) {
      times.note();
      peer.write(ok("hello"));
    }
  };
}

TEST(FetchKeepsARate, Altogether) {
  stopwatch times;
  const scripted_server server{answers_noting(times)};
  std::vector<std::string> arguments{"fetch", "--rate", "50"};
  for (int i = 0; i < 16; ++i) arguments.push_back(server.url("/" + std::to_string(i)));
  EXPECT_EQ(run_tool(arguments).status, 0);
  ASSERT_EQ(times.count(), 16U);
  EXPECT_GE(times.span(), 250ms) << "15 times 20 ms, but for what makes up for delays";
}

TEST(FetchKeepsARate, ForEachHost) {
  std::array<stopwatch, 2> times;
  const scripted_server a{answers_noting(times[0])};
  const scripted_server b{answers_noting(times[1])};
  std::vector<std::string> arguments{"fetch", "--per-host-rate", "50"};
  for (int i = 0; i < 16; ++i) {
    for (const scripted_server* const server : {&a, &b}) arguments.push_back(server->url("/" + std::to_string(i)));
  }
  EXPECT_EQ(run_tool(arguments).status, 0);
  for (const stopwatch& one : times) {
    ASSERT_EQ(one.count(), 16U);
    EXPECT_GE(one.span(), 250ms);
  }
}

// ---- URLs that wait -------------------------------------------------------------------------------------------------

/// Where in the output the record of a URL stands.
std::size_t place_of(const finished& run, const std::string& url) {
  const std::vector<std::string> records = lines(run.output);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (field(records[i], "url") == url) return i;
  }
  ADD_FAILURE() << "no record of " << url;
  return records.size();
}

TEST(FetchLetsOthersGoFirst, WhileAHostMayNotBeAsked) {
  const scripted_server busy{statuses()};
  const scripted_server other{statuses()};
  std::vector<std::string> arguments{"fetch", "-c", "2", "--per-host-rate", "20"};
  for (int i = 0; i < 20; ++i) arguments.push_back(busy.url("/200/" + std::to_string(i)));
  arguments.push_back(other.url("/200"));
  const finished run = run_tool(arguments);
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(lines(run.output).size(), 21U);
  EXPECT_LT(place_of(run, other.url("/200")), 15U);
  EXPECT_LE(busy.connections(), 2);
}

TEST(FetchLetsOthersGoFirst, WhileAllConnectionsOfAHostAreInUse) {
  std::latch released{1};
  const scripted_server busy{[&](peer_connection& peer) {
    while (!peer.read_request().empty()) {
      released.wait();
      peer.write(ok("late"));
    }
  }};
  const scripted_server other{[&](peer_connection& peer) {
    while (!peer.read_request().empty()) peer.write(ok("soon"));
  }};
  std::vector<std::string> arguments{"fetch", "-c", "3", "--per-host", "1"};
  for (int i = 0; i < 10; ++i) arguments.push_back(busy.url("/" + std::to_string(i)));
  for (int i = 0; i < 10; ++i) arguments.push_back(other.url("/" + std::to_string(i)));
  tool process{arguments};
  EXPECT_TRUE(process.has_written(other.url("/9"))) << "though the first host has not answered yet";
  released.count_down();
  EXPECT_EQ(process.wait(), 0);
  EXPECT_EQ(lines(process.output()).size(), 20U);
  EXPECT_EQ(busy.connections(), 1);
}

TEST(FetchLetsOthersGoFirst, WhileItWaitsForAnotherAttempt) {
  const scripted_server server{[asked = 0](peer_connection& peer) mutable {
    for (std::string path = peer.read_request(); !path.empty(); path = peer.read_request()) {
      const bool fails = path == "/busy" && asked++ == 0;
      peer.write(fails ? answer(503, "Retry-After: 1\r\n") : answer(200));
    }
  }};
  const finished run = run_tool({"fetch", "-c", "1", server.url("/busy"), server.url("/a"), server.url("/b")});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(place_of(run, server.url("/busy")), 2U);
  EXPECT_EQ(field(record_of(run.output, server.url("/busy")), "attempts"), "2");
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
