// TCP echo with weft.

#include <chrono>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <weft/net.hpp>
#include <weft/weft.hpp>

namespace {

weft::task<> echo(weft::tcp_stream connection) {
  try {
    for (;;) {
      const std::string_view text = co_await connection.fill();
      if (text.empty()) co_return;
      co_await connection.write(text);
      connection.consume(text.size());
    }
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the peer has gone
  }
}

weft::task<> serve() {
  co_await weft::with(weft::tcp_server{"127.0.0.1", 0, echo}, [](weft::tcp_server& server) -> weft::task<> {
    std::printf("listening %d\n", server.port());
    std::fflush(stdout);
    co_await weft::sleep(std::chrono::hours{24 * 365});
  });
}

}  // namespace

int main() {
  try {
    weft::run(serve);
  } catch (const weft::interrupted&) {
    return 0;
  }
}
