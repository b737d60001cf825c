// A page of the server in Chromium, without a window, that talks to a WebSocket of the same server.

#include <string>
#include <support/child_program.hpp>
#include <support/scratch.hpp>
#include <vector>
#include <weft/http.hpp>

#include "net/sockets.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::server;
using weft::http::server_request;
using weft::http::server_response;

// The browser prints the page once its picture is there, which the server does not send before it has heard the rest.
constexpr const char* page = R"(<!doctype html>
<title>page</title>
<p id="heard">nothing</p>
<img src="/picture">
<script>
  const heard = [];
  const socket = new WebSocket(`ws://${location.host}/socket`, "chat");
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    socket.send("schön");
    socket.send(new Uint8Array(70000).fill(7));
  };
  socket.onmessage = ({data}) => {
    heard.push(typeof data === "string" ? data : `${data.byteLength} bytes`);
    if (heard.length === 2) socket.close(4001, "enough");
  };
  socket.onclose = async ({code, reason, wasClean}) => {
    heard.push(socket.protocol, socket.extensions.split(";")[0], code, reason, wasClean);
    const body = heard.join("|");
    const back = await fetch("/back", {method: "POST", body});
    document.getElementById("heard").textContent = await back.text();
    await fetch("/shown", {method: "POST"});
  };
</script>
)";

TEST(NetHttpServerBrowser, ShowsWhatTheWebSocketSays) {
  weft::testing::run_sockets([]() -> task<> {
    weft::event shown;
    const auto echo = [](weft::http::websocket& ws) -> task<> {
      while (const auto message = co_await ws.receive()) co_await ws.send(*message);
      EXPECT_EQ(ws.close_code(), weft::http::websocket_code{4001});
      EXPECT_EQ(ws.close_reason(), "enough");
    };
    const auto handle = [&](server_request& request) -> task<server_response> {
      if (request.path() == "/") co_return server_response::html(page);
      if (request.path() == "/socket") {
        co_return weft::http::accept_websocket(request, echo, {.compression = true, .subprotocols = "chat"});
      }
      if (request.path() == "/back") co_return server_response::text(co_await request.text());
      if (request.path() == "/shown") {
        shown.set();
        co_return server_response{204};
      }
      if (request.path() == "/picture") co_await shown.wait();
      co_return server_response{404};
    };
    co_await weft::with(server{std::ref(handle)}, [&](server& s) -> task<> {
      const weft::testing::scratch place;
      const std::vector<std::string> command{"chromium",
                                             "--headless",
                                             "--no-sandbox",
                                             "--disable-gpu",
                                             "--disable-dev-shm-usage",
                                             "--no-proxy-server",
                                             "--disable-background-networking",
                                             "--user-data-dir=" + place.file("profile"),
                                             "--dump-dom",
                                             s.url() + "/"};
      const std::string said = co_await weft::testing::output_of(command, 100s);
      EXPECT_NE(said.find(">schön|70000 bytes|chat|permessage-deflate|4001||true</p>"), said.npos) << said;
    });
  });
}

}  // namespace
