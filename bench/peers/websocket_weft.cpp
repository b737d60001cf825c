// WebSocket echo with weft.

#include <chrono>
#include <cstdio>
#include <optional>
#include <weft/http.hpp>
#include <weft/weft.hpp>

namespace {

weft::task<> echo(weft::http::websocket& ws) {
  for (;;) {
    const std::optional<weft::http::message> m = co_await ws.receive();
    if (!m) co_return;
    co_await ws.send(*m);
  }
}

weft::task<weft::http::server_response> handle(weft::http::server_request& request) {
  co_return weft::http::accept_websocket(request, echo);
}

weft::task<> serve() {
  co_await weft::with(weft::http::server{handle, {.host = "127.0.0.1"}},
                      [](weft::http::server& server) -> weft::task<> {
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
