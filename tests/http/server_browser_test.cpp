// A page of the server in Chromium, without a window, that talks to WebSockets of the same server, each of which wants
// another way to compress.

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
  const text = Array.from({length: 9000}, (_, i) => `word ${i * i}`).join(" ");
  const talk = (way) => new Promise((resolve) => {
    const heard = [];
    const socket = new WebSocket(`ws://${location.host}/socket/${way}`, "chat");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      socket.send("schön");
      socket.send(text);
      socket.send(new Uint8Array(70000).fill(7));
      socket.send(text);
    };
    socket.onmessage = ({data}) => {
      heard.push(data === text ? "text" : typeof data === "string" ? data : `${data.byteLength} bytes`);
      if (heard.length === 4) socket.close(4001, "enough");
    };
    socket.onclose = ({code, reason, wasClean}) => {
      resolve([...heard, socket.protocol, socket.extensions.split(";")[0], code, reason, wasClean].join("|"));
    };
  });
  (async () => {
    const all = [];
    for (const way of ["15", "15-", "9", "9-"]) all.push(await talk(way));
    const back = await fetch("/back", {method: "POST", body: all.join(" ")});
    document.getElementById("heard").textContent = await back.text();
    await fetch("/shown", {method: "POST"});
  })();
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
      if (request.path().starts_with("/socket/")) {
        const weft::http::websocket_options options{
            .compression = true,
            .keep_compression_context = !request.path().ends_with('-'),
            .compression_window_bits = std::stoi(std::string{request.path().substr(8)}),
            .subprotocols = "chat"};
        co_return weft::http::accept_websocket(request, echo, options);
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
      const std::string each = "schön|text|70000 bytes|text|chat|permessage-deflate|4001||true";
      EXPECT_NE(said.find(">" + each + " " + each + " " + each + " " + each + "</p>"), said.npos) << said;
    });
  });
}

}  // namespace
