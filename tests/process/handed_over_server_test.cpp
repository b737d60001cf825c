// A server that is restarted without losing a request: the new process gets the old one's sockets.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/process.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::http::server_request;
using weft::http::server_response;

/// tests/support/successor_server.cpp, which is built into the same directory as this program.
std::string successor_program() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "successor_server").string();
}

struct tally {
  int old_ones = 0;
  int new_ones = 0;
  std::string failures;
  bool enough() const { return new_ones >= 200; }
};

weft::task<> ask(std::string url, tally& seen) {
  weft::http::client client{{.base_url = url}};
  while (!seen.enough()) {
    try {
      const weft::http::response r = co_await client.get("/");
      ++(r.text() == "new" ? seen.new_ones : seen.old_ones);
    } catch (const std::exception& e) {
      seen.failures += std::string{e.what()} + "\n";
      break;
    }
  }
}

/// One connection for each request.
weft::task<> connect_and_ask(std::uint16_t port, tally& seen) {
  while (!seen.enough()) {
    try {
      weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", port);
      co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      const std::string answer = co_await stream.read_all();
      ++(answer.ends_with("new") ? seen.new_ones : seen.old_ones);
      if (answer.empty()) seen.failures += "no answer\n";
    } catch (const std::system_error& e) {
      seen.failures += std::string{e.what()} + "\n";
      break;
    }
  }
}

TEST(HandedOverServer, LosesNoRequest) {
  tally seen;
  weft::run([&]() -> weft::task<> {
    co_await weft::with(
        weft::http::server{[](server_request&) -> weft::task<server_response> {
          co_await weft::sleep(1ms);
          co_return server_response::text("old");
        }},
        [&](weft::http::server& server) -> weft::task<> {
          const auto successor =
              weft::command{successor_program()}.stderr_to(weft::stdio::inherit).pass_listening(server.listening());
          co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
            for (int i = 0; i < 4; ++i) {
              tg.create_task(ask(server.url(), seen));
              tg.create_task(connect_and_ask(server.port(), seen));
            }
            while (seen.old_ones < 100) co_await weft::sleep(1ms);
            co_await weft::with(successor.start(), [&](weft::process& process) -> weft::task<> {
              for (;;) {
                const std::optional<std::string> line = co_await process.out.read_line();
                if (!line || *line == "serving") break;
              }
              const bool drained = co_await server.drain(30s);
              EXPECT_TRUE(drained);
              while (!seen.enough() && seen.failures.empty()) co_await weft::sleep(1ms);
            });
          });
        });
  });
  EXPECT_EQ(seen.failures, "");
  EXPECT_GE(seen.old_ones, 100);
  EXPECT_GE(seen.new_ones, 200);
}

}  // namespace
