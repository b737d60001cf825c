// A server on many loops.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::server;
using weft::http::server_request;
using weft::http::server_response;

TEST(NetHttpServerWorkers, ShareAPort) {
  constexpr std::size_t workers = 3;
  constexpr int connections = 60;
  std::atomic<std::uint16_t> port{0};
  std::array<std::atomic<int>, workers> answered{};
  std::atomic<std::size_t> serving{0};
  weft::run_workers(workers + 1, [&](weft::worker& self) -> task<> {
    if (self.index() == workers) {  // the clients
      while (serving != workers) co_await weft::sleep(1ms);
      for (int i = 0; i < connections; ++i) {
        weft::http::client c{{.use_environment = false}};
        const std::string url = "http://127.0.0.1:" + std::to_string(port.load()) + "/";
        EXPECT_EQ(co_await c.get(url).text(), "hello");
        EXPECT_EQ(co_await c.get(url).text(), "hello");
      }
      self.stop_all();
      co_return;
    }
    const auto answer = [&, index = self.index()](server_request&) -> task<server_response> {
      ++answered[index];
      co_return server_response::text("hello");
    };
    while (self.index() != 0 && port == 0) co_await weft::sleep(1ms);  // the first picks the port
    co_await weft::with(server{answer, {.port = port, .reuse_port = true}}, [&](server& site) -> task<> {
      port = site.port();
      ++serving;
      co_await weft::sleep(1h);
    });
  });
  int all = 0;
  for (const std::atomic<int>& each : answered) {
    EXPECT_GT(each, 0);
    all += each;
  }
  EXPECT_EQ(all, 2 * connections);
}

}  // namespace
