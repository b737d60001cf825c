#include <cstdio>
#include <optional>
#include <string>
#include <weft/http.hpp>
#include <weft/weft.hpp>

using weft::http::message;
using weft::http::websocket;

/// The server's end: one call of this for each client.
weft::task<> answer(websocket& ws) {
  while (std::optional<message> m = co_await ws.receive())  // nullopt: the peer has closed
    co_await ws.send("you said " + std::string(m->text()));
}

weft::task<weft::http::server_response> handle(weft::http::server_request& request) {
  if (request.path() == "/chat") co_return weft::http::accept_websocket(request, answer, {.subprotocols = "chat"});
  co_return weft::http::server_response::text("no such room").status(404);
}

/// The client's end.
weft::task<> talk(websocket& ws) {
  co_await ws.send("hello");
  std::optional<message> m = co_await ws.receive();
  std::printf("%s\n", std::string(m->text()).c_str());

  weft::http::message_writer out = co_await ws.begin_text();  // a message in pieces
  for (const char* word : {"one ", "two ", "three"}) co_await out.write(word);
  co_await out.finish();
  m = co_await ws.receive();
  std::printf("%s\n", std::string(m->text()).c_str());
}

weft::task<> visit(weft::http::server& server) {
  const std::string base = "ws://127.0.0.1:" + std::to_string(server.port());
  co_await weft::with(weft::http::websocket_connection(base + "/chat", {.subprotocols = "chat"}), talk);
  try {
    co_await weft::with(weft::http::websocket_connection(base + "/kitchen"), talk);
  } catch (const weft::http::websocket_refused& e) {
    std::printf("%d: %s\n", e.status(), e.body().c_str());
  }
}

weft::task<> serve_and_talk() { co_await weft::with(weft::http::server{handle}, visit); }

int main() { weft::run(serve_and_talk()); }
