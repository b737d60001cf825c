// WebSocket echo with weft.

#include <optional>
#include <weft/http.hpp>

#include "weft_server.hpp"

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

}  // namespace

int main() {
  return run_server([] { return weft::http::server{handle, {.host = "127.0.0.1"}}; });
}
