#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <set>
#include <string>
#include <support/nginx.hpp>
#include <support/scarce_descriptors.hpp>

#include "peers.hpp"
#include "tool.hpp"

using namespace weft_test;
using weft::testing::nginx;
using namespace std::chrono_literals;

namespace {

/// A tree of small files behind nginx, and the list of their URLs.
class FetchFromNginx : public testing::Test {
 public:
  void SetUp() override {
    for (int i = 0; i < count; ++i) {
      const std::string name = "/d" + std::to_string(i % 7) + "/f" + std::to_string(i) + ".txt";
      tree.write("www" + name, std::string(static_cast<std::size_t>(i * 13), 'x'));
      paths.push_back(name);
    }
    server = std::make_unique<nginx>("server { listen 127.0.0.1:@0; root " + tree.file("www") + "; }");
    std::string text;
    for (const std::string& path : paths) text += server->url(path) + "\n";
    list = tree.write("urls", text);
  }

  static constexpr int count = 500;
  scratch tree;
  std::vector<std::string> paths;
  std::unique_ptr<nginx> server;
  std::string list;
};

TEST_F(FetchFromNginx, WritesOneRecordOfEachUrl) {
  const std::string output = tree.file("records");
  const finished run = run_tool({"fetch", "-i", list, "-o", output, "-c", "8"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.output, "");

  const std::string records = read_file(output);
  EXPECT_EQ(lines(records).size(), std::size_t{count});
  std::set<std::string> connections;
  for (int i = 0; i < count; ++i) {
    const std::string record = record_of(records, server->url(paths[static_cast<std::size_t>(i)]));
    EXPECT_EQ(field(record, "status"), "200");
    EXPECT_EQ(field(record, "bytes"), std::to_string(i * 13));
    EXPECT_EQ(field(record, "attempts"), "1");
    EXPECT_EQ(field(record, "error"), "null");
    connections.insert(field(record, "x-connection"));
  }
  EXPECT_LE(connections.size(), 8U) << "connections are kept and used again";
  EXPECT_NE(run.errors.find("500 URLs in "), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find("status   200: 500\n"), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find("latency  p50 "), std::string::npos) << run.errors;
}

TEST_F(FetchFromNginx, TakesUrlsFromArgumentsAndStandardInput) {
  const finished run = run_tool({"fetch", server->url(paths[0]), "-i", "-", "--quiet"}, {.input = list});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(lines(run.output).size(), std::size_t{count} + 1);
  EXPECT_EQ(run.errors, "");
}

TEST_F(FetchFromNginx, FailsIfOneIsNotFound) {
  const finished run = run_tool({"fetch", server->url("/nowhere"), server->url(paths[3])});
  EXPECT_EQ(run.status, 1);
  const std::string record = record_of(run.output, server->url("/nowhere"));
  EXPECT_EQ(field(record, "status"), "404");
  EXPECT_EQ(field(record, "error"), "null");
  EXPECT_NE(run.errors.find("1 succeeded, 1 failed"), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find("200: 1, 404: 1"), std::string::npos) << run.errors;
}

TEST_F(FetchFromNginx, KeepsToTheLimitOfAHost) {
  const finished run = run_tool({"fetch", "-i", list, "-c", "20", "--per-host", "3"});
  EXPECT_EQ(run.status, 0);
  std::set<std::string> connections;
  for (const std::string& record : lines(run.output)) connections.insert(field(record, "x-connection"));
  EXPECT_LE(connections.size(), 3U);
}

TEST_F(FetchFromNginx, GetsByWithFewDescriptors) {
  const finished run = run_tool({"fetch", "-i", list, "-c", "200"}, {.descriptors = 64});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(lines(run.output).size(), std::size_t{count});
  EXPECT_NE(run.errors.find("ulimit -n"), std::string::npos) << run.errors;
}

TEST_F(FetchFromNginx, WaitsForOthersWhenDescriptorsRunOut) {
  WEFT_SKIP_IF_SANITIZED();
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  tool process{{"fetch", "-i", "-", "-c", "100"}, {.input_descriptor = pipe[0]}};
  ::close(pipe[0]);
  const std::string first = server->url(paths[0]) + "\n";
  ASSERT_GT(::write(pipe[1], first.data(), first.size()), 0);
  ASSERT_TRUE(process.has_written("x-connection"));
  const rlimit tight{16, 16};
  ASSERT_EQ(::prlimit(process.pid(), RLIMIT_NOFILE, &tight, nullptr), 0);
  const std::string all = read_file(list);
  ASSERT_EQ(::write(pipe[1], all.data(), all.size()), static_cast<ssize_t>(all.size()));
  ::close(pipe[1]);
  EXPECT_EQ(process.wait(), 0) << process.errors();
  EXPECT_EQ(lines(process.output()).size(), std::size_t{count} + 1);
}

TEST_F(FetchFromNginx, TellsWhenTheDiskIsFull) {
  const finished run = run_tool({"fetch", "-i", list, "-o", "/dev/full"});
  EXPECT_EQ(run.status, 3);
  EXPECT_NE(run.errors.find("cannot write the records to /dev/full: No space left on device"), std::string::npos)
      << run.errors;
}

TEST_F(FetchFromNginx, TellsWhenNobodyReadsItsOutput) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  tool process{{"fetch", "-i", list}, {.output_descriptor = pipe[1]}};
  ::close(pipe[0]);
  ::close(pipe[1]);
  EXPECT_EQ(process.wait(), 3);
  EXPECT_NE(process.errors().find("Broken pipe"), std::string::npos) << process.errors();
}

TEST_F(FetchFromNginx, AnswersWhileTheListGoesOn) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  tool process{{"fetch", "-i", "-"}, {.input_descriptor = pipe[0]}};
  ::close(pipe[0]);
  for (std::size_t i = 1; i < 4; ++i) {
    const std::string line = server->url(paths[i]) + "\n";
    ASSERT_GT(::write(pipe[1], line.data(), line.size()), 0);
    EXPECT_TRUE(process.has_written(paths[i]));
  }
  ::close(pipe[1]);
  EXPECT_EQ(process.wait(), 0);
}

// ---- what is no URL, or leads nowhere
// ---------------------------------------------------------------------------------

TEST(Fetch, TellsWhatIsWrongWithEachUrl) {
  const std::string refused = "http://127.0.0.1:" + std::to_string(unused_port()) + "/";
  const std::string endless(100'000, 'u');
  scratch place;
  const std::string list = place.write(
      "urls", "not a url\n\n  http://exa mple/  \r\nftp://example.org/\n" + refused + "\nhttp://\xff\xfe/\n" + endless);
  const finished run = run_tool({"fetch", "-i", list, "--retries", "1"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(lines(run.output).size(), 6U) << run.output;
  EXPECT_EQ(field(record_of(run.output, "not a url"), "kind"), "url");
  EXPECT_EQ(field(record_of(run.output, "http://exa mple/"), "kind"), "url");
  const std::string other = record_of(run.output, "ftp://example.org/");
  EXPECT_EQ(field(other, "kind"), "url");
  EXPECT_EQ(field(other, "message"), "the URL must begin with http:// or https://, not ftp:");
  EXPECT_EQ(field(other, "status"), "null");
  EXPECT_EQ(field(other, "attempts"), "0");
  const std::string nobody = record_of(run.output, refused);
  EXPECT_EQ(field(nobody, "kind"), "connect");
  EXPECT_NE(field(nobody, "message").find("Connection refused"), std::string::npos) << nobody;
  EXPECT_EQ(field(nobody, "attempts"), "2");
  EXPECT_EQ(field(record_of(run.output, "http://\xef\xbf\xbd\xef\xbf\xbd/"), "kind"), "url");
  EXPECT_EQ(field(record_of(run.output, std::string(256, 'u')), "kind"), "url");
}

TEST(Fetch, TellsThatANameHasNoAddress) {
  const finished run = run_tool({"fetch", "http://nothing.invalid/", "--retries", "0"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(field(record_of(run.output, "http://nothing.invalid/"), "kind"), "resolve") << run.output;
}

TEST(Fetch, RefusesWrongUsage) {
  EXPECT_EQ(run_tool({}).status, 2);
  EXPECT_EQ(run_tool({"fetch"}).status, 2);
  EXPECT_EQ(run_tool({"fetch", "--concurrency", "0", "http://127.0.0.1/"}).status, 2);
  EXPECT_EQ(run_tool({"fetch", "--help"}).status, 0);
  EXPECT_EQ(run_tool({"--version"}).status, 0);
  const finished missing = run_tool({"fetch", "-i", "/nowhere/urls"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.errors.find("/nowhere/urls: No such file"), std::string::npos) << missing.errors;
  EXPECT_EQ(run_tool({"fetch", "-i", "/"}).status, 2);
  EXPECT_EQ(run_tool({"fetch", "-o", "/nowhere/records", "http://127.0.0.1/"}).status, 2);
}

// ---- servers that misbehave
// -------------------------------------------------------------------------------------------

TEST(Fetch, TellsWhatIsNotHttp) {
  const scripted_server server{[](peer_connection& peer) {
    peer.write("SSH-2.0-OpenSSH_9.2\r\n");
    peer.wait_for_close();
  }};
  const finished run = run_tool({"fetch", server.url("/")});
  EXPECT_EQ(run.status, 1);
  const std::string record = record_of(run.output, server.url("/"));
  EXPECT_EQ(field(record, "kind"), "protocol");
  EXPECT_EQ(field(record, "attempts"), "1");
}

TEST(Fetch, GivesUpOnWhatNeverEnds) {
  const scripted_server server{[](peer_connection& peer) {
    const std::string path = peer.read_request();
    if (path == "/silent") return peer.wait_for_close();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    peer.wait_for_close();
  }};
  const finished run = run_tool({"fetch", "--timeout", "0.3", server.url("/silent"), server.url("/endless")});
  EXPECT_EQ(run.status, 1);
  const std::string silent = record_of(run.output, server.url("/silent"));
  EXPECT_EQ(field(silent, "kind"), "timeout");
  EXPECT_EQ(field(silent, "status"), "null");
  const std::string endless = record_of(run.output, server.url("/endless"));
  EXPECT_EQ(field(endless, "kind"), "timeout");
  EXPECT_EQ(field(endless, "status"), "200");
  EXPECT_EQ(field(endless, "bytes"), "5");
  EXPECT_NE(run.errors.find("errors   timeout: 2"), std::string::npos) << run.errors;
}

TEST(Fetch, TellsThatAConnectionWasLost) {
  const scripted_server server{[](peer_connection& peer) {
    const std::string path = peer.read_request();
    if (path == "/reset") peer.reset_on_close();
    if (path == "/short") peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
  }};
  const finished run =
      run_tool({"fetch", "--retries", "1", server.url("/reset"), server.url("/short"), server.url("/nothing")});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(lines(run.output).size(), 3U);
  for (const char* path : {"/reset", "/short", "/nothing"}) {
    const std::string record = record_of(run.output, server.url(path));
    EXPECT_EQ(field(record, "kind"), "connection") << record;
    EXPECT_EQ(field(record, "attempts"), "2") << record;
  }
}

TEST(Fetch, SendsAgainWhatAKeptConnectionDidNotTake) {
  // Says nothing of closing, but does so after each answer: at once, after a while, or with a reset.
  const scripted_server server{[](peer_connection& peer) {
    const std::string path = peer.read_request();
    peer.write(ok("hello"));
    if (path.ends_with('1')) std::this_thread::sleep_for(20ms);
    if (path.ends_with('2')) peer.read_request();
    if (path.ends_with('3')) peer.reset_on_close();
  }};
  std::vector<std::string> arguments{"fetch", "-c", "3", "--retries", "0"};
  for (int i = 0; i < 60; ++i) arguments.push_back(server.url("/" + std::to_string(i)));
  const finished run = run_tool(arguments);
  EXPECT_EQ(run.status, 0) << run.output << run.errors;
  EXPECT_EQ(lines(run.output).size(), 60U);
  for (const std::string& record : lines(run.output)) EXPECT_EQ(field(record, "attempts"), "1");
}

TEST(Fetch, TriesAgainWhatIsUnavailableForNow) {
  std::atomic<int> asked = 0;
  const scripted_server server{[&](peer_connection& peer) {
    while (!peer.read_request().empty())
      peer.write(++asked < 3 ? "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy" : ok("hello"));
  }};
  const finished run = run_tool({"fetch", "--retries", "2", server.url("/")});
  EXPECT_EQ(run.status, 0) << run.errors;
  const std::string record = record_of(run.output, server.url("/"));
  EXPECT_EQ(field(record, "status"), "200");
  EXPECT_EQ(field(record, "attempts"), "3");
  EXPECT_EQ(field(record, "bytes"), "5");

  asked = -1000;
  const finished in_vain = run_tool({"fetch", "--retries", "1", server.url("/")});
  EXPECT_EQ(in_vain.status, 1);
  EXPECT_EQ(field(record_of(in_vain.output, server.url("/")), "status"), "503");
}

TEST(Fetch, TakesBodiesThatEndWithTheConnection) {
  const scripted_server server{[](peer_connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.0 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nto the end");
  }};
  const finished run = run_tool({"fetch", "--bodies", server.url("/a"), server.url("/b"), "-c", "1"});
  EXPECT_EQ(run.status, 0);
  const std::string record = record_of(run.output, server.url("/b"));
  EXPECT_EQ(field(record, "body"), "to the end");
  EXPECT_NE(record.find(R"("headers":{"set-cookie":["a=1","b=2"]})"), std::string::npos) << record;
}

TEST(Fetch, PutsBodiesIntoTheRecords) {
  const scripted_server server{[](peer_connection& peer) {
    for (std::string path = peer.read_request(); !path.empty(); path = peer.read_request()) {
      if (path == "/text") peer.write(ok("gr\xc3\xbc\xc3\x9f\n"));
      if (path == "/bytes")
        peer.write(
            ok("\xff\xfe"
               "a"));
      if (path == "/none") peer.write("HTTP/1.1 204 No Content\r\n\r\n");
      if (path == "/long") peer.write(ok(std::string(100'000, 'x')));
    }
  }};
  const finished run = run_tool({"fetch", "--bodies", "--max-body", "10", server.url("/text"), server.url("/bytes"),
                                 server.url("/none"), server.url("/long")});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(field(record_of(run.output, server.url("/text")), "body"), "gr\xc3\xbc\xc3\x9f\\n");
  EXPECT_EQ(field(record_of(run.output, server.url("/bytes")), "body_base64"), "//5h");
  EXPECT_EQ(field(record_of(run.output, server.url("/none")), "body"), "");
  const std::string cut = record_of(run.output, server.url("/long"));
  EXPECT_EQ(field(cut, "bytes"), "100000");
  EXPECT_EQ(field(cut, "body"), "xxxxxxxxxx");
  EXPECT_EQ(field(cut, "body_cut"), "true");
}

TEST(Fetch, FindsHostsByName) {
  const scripted_server server{[](peer_connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }};
  std::string url = server.url("/");
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  std::vector<std::string> arguments{"fetch", "-c", "10"};
  for (int i = 0; i < 50; ++i) arguments.push_back(url + std::to_string(i));
  const finished run = run_tool(arguments);
  EXPECT_EQ(run.status, 0) << run.output << run.errors;
  EXPECT_EQ(server.connections(), 50);
}

// ---- ends before the end
// ----------------------------------------------------------------------------------------------

TEST(Fetch, StopsAtControlCAndStillSumsUp) {
  const scripted_server server{[](peer_connection& peer) {
    for (std::string path = peer.read_request(); !path.empty(); path = peer.read_request()) {
      if (path != "/slow") peer.write(ok("hello"));
    }
  }};
  scratch place;
  std::string list;
  for (int i = 0; i < 10; ++i) list += server.url("/" + std::to_string(i)) + "\n";
  for (int i = 0; i < 1000; ++i) list += server.url("/slow") + "\n";
  tool process{{"fetch", "-c", "5", "-i", place.write("urls", list)}};
  ASSERT_TRUE(process.has_written(server.url("/9")));
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  const std::vector<std::string> records = lines(process.output());
  EXPECT_EQ(records.size(), 15U) << "with those that were under way";
  EXPECT_EQ(std::count_if(records.begin(), records.end(),
                          [](const std::string& record) { return field(record, "kind") == "interrupted"; }),
            5);
  EXPECT_NE(process.errors().find("15 URLs in "), std::string::npos) << process.errors();
  EXPECT_NE(process.errors().find("200: 10"), std::string::npos) << process.errors();
  EXPECT_NE(process.errors().find("errors   interrupted: 5"), std::string::npos) << process.errors();
}

TEST(Fetch, StopsWhileItWaitsForItsList) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const scripted_server server{[](peer_connection& peer) {
    while (!peer.read_request().empty()) peer.write(ok("hello"));
  }};
  tool process{{"fetch", "-i", "-"}, {.input_descriptor = pipe[0]}};
  ::close(pipe[0]);
  const std::string line = server.url("/") + "\n";
  ASSERT_GT(::write(pipe[1], line.data(), line.size()), 0);
  ASSERT_TRUE(process.has_written(server.url("/")));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 143);
  ::close(pipe[1]);
}

}  // namespace
