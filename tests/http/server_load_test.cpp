// The server under the tools that load servers: wrk and h2load. 20,000 requests each; a million if WEFT_TEST_SOAK is
// set.

#include <cstdlib>
#include <string>
#include <support/child_program.hpp>
#include <vector>
#include <weft/http.hpp>

#include "net/sockets.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::server;
using weft::http::server_request;
using weft::http::server_response;
using weft::testing::output_of;
using weft::testing::run_sockets;

bool soaks() { return std::getenv("WEFT_TEST_SOAK") != nullptr; }  // NOLINT(concurrency-mt-unsafe)

std::size_t requests_to_serve() { return soaks() ? 1'000'000 : 20'000; }

/// Runs `body(server, served)`, a task, with the number of requests that have been answered.
template <class F>
void with_counting_server(F body) {
  run_sockets([&]() -> task<> {
    std::size_t served = 0;
    const auto handle = [&](server_request& request) -> task<server_response> {
      ++served;
      if (request.path() == "/stream") {
        co_return server_response::stream([](weft::http::response_writer& to) -> task<> {
          co_await to.write("one");
          co_await to.flush();
          co_await to.write("two");
        });
      }
      if (request.has_body()) co_return server_response::text(co_await request.text());
      co_return server_response::text("hello");
    };
    co_await weft::with(server{std::ref(handle)}, [&](server& s) -> task<> { co_await body(s, served); });
  });
}

TEST(NetHttpServerLoad, WrkFindsNoError) {
  with_counting_server([](server& s, std::size_t& served) -> task<> {
    while (served < requests_to_serve()) {  // it counts seconds, not requests
      const std::vector<std::string> command{"wrk",       "-t1", "-c32",       soaks() ? "-d10s" : "-d1s",
                                             "--timeout", "30s", s.url() + "/"};
      const std::string said = co_await output_of(command, 100s);
      EXPECT_NE(said.find(" requests in "), said.npos) << said;
      EXPECT_EQ(said.find("Socket errors"), said.npos) << said;
      EXPECT_EQ(said.find("Non-2xx"), said.npos) << said;
      if (::testing::Test::HasFailure()) break;
    }
  });
}

/// @param arguments beside the number of requests, the number of connections and the URL.
void h2load_finds_no_error(std::vector<std::string> arguments, std::string path, std::size_t requests) {
  with_counting_server([&](server& s, std::size_t& served) -> task<> {
    const std::string number = std::to_string(requests);
    std::vector<std::string> command{"h2load", "--h1", "-c32", "-n" + number};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back(s.url() + path);
    const std::string said = co_await output_of(command, 600s);
    EXPECT_NE(said.find(number + " done, " + number + " succeeded, 0 failed, 0 errored, 0 timeout\n"), said.npos)
        << said;
    EXPECT_NE(said.find("status codes: " + number + " 2xx"), said.npos) << said;
    EXPECT_EQ(served, requests);
  });
}

TEST(NetHttpServerLoad, H2loadFindsNoError) { h2load_finds_no_error({}, "/", requests_to_serve()); }

TEST(NetHttpServerLoad, H2loadPipelines) { h2load_finds_no_error({"-m16"}, "/", requests_to_serve()); }

TEST(NetHttpServerLoad, H2loadReadsStreams) { h2load_finds_no_error({"-m4"}, "/stream", requests_to_serve() / 4); }

TEST(NetHttpServerLoad, H2loadUploads) {
  const weft::testing::temporary_text body{std::string(10'000, 'b')};
  h2load_finds_no_error({"-d", body.path()}, "/", requests_to_serve() / 4);
}

}  // namespace
