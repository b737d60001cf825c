// A chat room with a page: `chat 8080` serves it at http://127.0.0.1:8080; without a port, two clients have a talk.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <weft/http.hpp>
#include <weft/web.hpp>
#include <weft/weft.hpp>

namespace web = weft::web;
using weft::task;

struct line {
  std::string from;
  std::string text;
};
WEFT_DESCRIBE(line, (from, min_length(1), max_length(20)), (text, min_length(1), max_length(500)))

constexpr const char* page = R"(<!doctype html>
<meta charset="utf-8">
<title>chat</title>
<ul id="lines"></ul>
<form id="say"><input id="from" value="guest"> <input id="text" autofocus> <button>say</button></form>
<script>
  const get = (id) => document.getElementById(id);
  const room = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/room`);
  room.onmessage = ({data}) => {
    const {from, text} = JSON.parse(data);
    get("lines").appendChild(document.createElement("li")).textContent = `${from}: ${text}`;
  };
  get("say").onsubmit = (event) => {
    event.preventDefault();
    room.send(JSON.stringify({from: get("from").value, text: get("text").value}));
    get("text").value = "";
  };
</script>
)";

void add_chat(web::app& app, web::broadcast& room) {
  app.get("/", [] { return web::response::html(page); });
  app.websocket("/room", [&room](web::websocket& ws) -> task<> {
    auto seat = room.join(ws);
    while (std::optional<weft::http::message> m = co_await ws.receive()) {
      line said;
      if (weft::read_json(m->text(), said).none()) room.publish(weft::to_json(said));
    }
  });
}

task<> talk(web::server& server, web::broadcast& room) {
  weft::http::client client{{.base_url = server.url()}};
  co_await weft::with(weft::http::websocket_connection(client, "/room"), [&](weft::http::websocket& ada) -> task<> {
    co_await weft::with(weft::http::websocket_connection(client, "/room"), [&](weft::http::websocket& bob) -> task<> {
      while (room.size() < 2) co_await weft::sleep(std::chrono::milliseconds{1});
      co_await ada.send(R"({"from": "ada", "text": "Is anybody there?"})");
      co_await bob.send(R"({"from": "", "text": "nobody"})");  // nobody is told that
      while (std::optional<weft::http::message> m = co_await bob.receive()) {
        line heard = weft::from_json<line>(m->text());
        std::printf("bob hears %s: %s\n", heard.from.c_str(), heard.text.c_str());
        if (heard.from == "bob") break;
        co_await bob.send(R"({"from": "bob", "text": "I am."})");
      }
    });
  });
}

task<> serve_chat() {
  web::app app;
  web::broadcast room;
  add_chat(app, room);
  co_await weft::with(app.server(), [&room](web::server& server) { return talk(server, room); });
}

int main(int argc, char** argv) {
  if (argc < 2) {
    weft::run(serve_chat());
    return 0;
  }
  web::app app{{.title = "chat"}};
  web::broadcast room;
  add_chat(app, room);
  app.serve({.port = static_cast<std::uint16_t>(std::atoi(argv[1]))});
}
