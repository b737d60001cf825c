#include <cstdio>
#include <map>
#include <string>
#include <weft/http.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;
using weft::http::http_error;
using weft::http::server_request;
using weft::http::server_response;

struct note {
  int id;
  std::string text;
};
WEFT_DESCRIBE(note, id, text)

/// Notes, which live as long as the server does.
class notebook {
 public:
  weft::task<server_response> answer(server_request& request) {
    if (request.path() == "/notes" && request.method() == "POST") co_return co_await add(request);
    if (request.path() == "/ticks") co_return server_response::stream(tick, "text/plain");
    if (request.path() == "/last" && !notes_.empty()) co_return server_response::json(notes_.rbegin()->second);
    throw http_error{404, "There is nothing here."};
  }

 private:
  weft::task<server_response> add(server_request& request) {
    note added = co_await request.json<note>();  // 400 or 422 if it is none
    const std::string place = "/notes/" + std::to_string(added.id);
    notes_.insert_or_assign(added.id, std::move(added));
    co_return server_response{201}.header("location", place);
  }

  /// A body that is made while it is sent. It is stopped if the client goes away.
  static weft::task<> tick(weft::http::body_writer& to) {
    for (int i = 1; i <= 3; ++i) {
      co_await to.write("tick " + std::to_string(i) + "\n");
      co_await weft::sleep(1ms);
    }
  }

  std::map<int, note> notes_;
};

weft::task<> write_notes(weft::http::server& server) {
  weft::http::client client{{.base_url = server.url()}};
  const note milk{7, "buy milk"};
  weft::http::response r = co_await client.post("/notes").json(milk);
  std::printf("%d %s\n", r.status(), std::string(r.header("location")).c_str());
  std::printf("%s\n", (co_await client.get("/last").text()).c_str());
  r = co_await client.post("/notes").json_text(R"({"id": "seven"})");
  std::printf("%d %s", r.status(), r.text().c_str());
  std::printf("%s", (co_await client.get("/ticks").text()).c_str());
  r = co_await client.get("/elsewhere");
  std::printf("%d %s", r.status(), r.text().c_str());
}

weft::task<> serve_notes() {
  notebook notes;
  const auto answer = [&notes](server_request& request) { return notes.answer(request); };
  co_await weft::with(weft::http::server{answer, {.port = 0, .idle_timeout = 30s}}, write_notes);
}

int main() { weft::run(serve_notes()); }
