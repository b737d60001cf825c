#include <cstdio>
#include <string>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

struct user {
  int id;
  std::string name;
};
WEFT_DESCRIBE(user, id, name)

/// Stands for a server: knows one user, whatever it is asked.
weft::task<> answer(weft::tcp_stream s) {
  for (;;) {
    const std::string head = co_await s.read_until("\r\n\r\n");
    const bool known = head.starts_with("GET /users/7 ");
    const char* const text = known ? "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"id\":7,\"name\":\"Ada\"}"
                                   : "HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nno such user";
    co_await s.write(text);
  }
}

weft::task<> ask(weft::tcp_server& site) {
  const std::string url = "http://127.0.0.1:" + std::to_string(site.port());
  weft::http::client client{{.base_url = url, .timeout = 5s}};

  weft::http::response r = co_await client.get("/users/7").header("accept", "application/json");
  std::printf("%d %s\n", r.status(), r.text().c_str());

  const user ada = co_await client.get("/users/7").json<user>();
  std::printf("user %d is %s\n", ada.id, ada.name.c_str());

  try {
    co_await client.get("/users/8").json<user>();
  } catch (const weft::http::status_error& e) {
    std::printf("status %d: %s\n", e.status(), e.body().c_str());
  }
}

weft::task<> serve_and_ask() {
  weft::tcp_server site{"127.0.0.1", 0, answer};
  co_await weft::with(site, ask);
}

int main() { weft::run(serve_and_ask()); }
