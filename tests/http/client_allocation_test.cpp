#include "support/allocations.hpp"

#if WEFT_TEST_COUNTS_ALLOCATIONS

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>
#include <thread>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

namespace {

using weft::task;
using weft::http::client;

/// What a small page looks like when nginx sends it.
std::string page() {
  return "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\nContent-Type: "
         "application/octet-stream\r\nContent-Length: 1024\r\nLast-Modified: Sat, 21 Nov 2026 09:00:00 GMT\r\n"
         "Connection: keep-alive\r\nETag: \"65aa0000-400\"\r\nAccept-Ranges: bytes\r\n\r\n" +
         std::string(1024, 'x');
}

task<> answer(weft::tcp_stream connection) {
  const std::string text = page();
  for (;;) {
    const std::string_view have = co_await connection.fill();
    if (have.empty()) co_return;
    if (!have.ends_with("\r\n\r\n")) continue;
    connection.consume(have.size());
    co_await connection.write(text);
  }
}

/// A server on a thread of its own, so that what it allocates is not counted.
class server_thread {
 public:
  server_thread() : thread_{[this] { weft::run(serve()); }}, port_{port_told_.get_future().get()} {}
  server_thread(const server_thread&) = delete;
  server_thread& operator=(const server_thread&) = delete;
  ~server_thread() {
    loop_->call_soon_threadsafe([this] { end_.set(); });
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  task<> serve() {
    co_await with(weft::tcp_server{"127.0.0.1", 0, answer}, [this](weft::tcp_server& server) -> task<> {
      loop_ = weft::this_loop();
      port_told_.set_value(server.port());
      co_await end_.wait();
    });
  }

  weft::event end_;
  std::optional<weft::loop_handle> loop_;
  std::promise<std::uint16_t> port_told_;
  std::thread thread_;
  std::uint16_t port_;
};

/// How often an awaited step allocates once it is warm, in a hundred repetitions.
template <class F>
task<std::size_t> allocations_of(F step) {
  for (int i = 0; i < 200; ++i) co_await step();
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) co_await step();
  co_return allocations() - before;
}

TEST(NetHttpClientAllocation, AtMostFourForASmallBody) {
  const server_thread server;
  weft::run([](std::string url) -> task<> {
    client c;
    const auto get = [&]() -> task<> {
      const weft::http::response r = co_await c.get(url);
      EXPECT_EQ(r.text().size(), 1024U);
    };
    const std::size_t of_get = co_await allocations_of(get);
    EXPECT_LE(of_get, 400U);
    EXPECT_GE(of_get, 100U) << "nothing is counted";
  }(server.url() + "/pages/17/index.html"));
}

TEST(NetHttpClientAllocation, AtMostFourUnderABaseUrlWithAQuery) {
  const server_thread server;
  weft::run([](std::string url) -> task<> {
    client c{{.base_url = url}};
    const auto get = [&]() -> task<> {
      const std::string text = co_await c.get("/pages/17/index.html?page=2").text();
      EXPECT_EQ(text.size(), 1024U);
    };
    EXPECT_LE(co_await allocations_of(get), 400U);
  }(server.url()));
}

}  // namespace

#endif
