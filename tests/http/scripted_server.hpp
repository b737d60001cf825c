#pragma once

// A server that answers a client under test as it is told.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

namespace weft::testing {

/// A request as a scripted server sees it.
struct seen_request {
  std::string line;
  std::string head;
  std::string body;
};

/// What a server answers, as it goes over the wire. It closes the connection after an answer that ends in "\0close".
using script = std::function<std::string(const seen_request&)>;

inline std::string ok(std::string_view body, std::string_view fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string{fields} + "\r\n" +
         std::string{body};
}
inline std::string redirect(int status, std::string_view to) {
  return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + std::string{to} +
         "\r\nContent-Length: 5\r\n\r\nmoved";
}
inline const std::string then_close{"\0close", 6};

inline task<std::optional<seen_request>> read_request(byte_stream& from) {
  seen_request seen;
  for (;;) {
    const std::string_view have = from.buffered();
    if (const std::size_t end = have.find("\r\n\r\n"); end != std::string_view::npos) {
      seen.head = have.substr(0, end + 4);
      from.consume(end + 4);
      break;
    }
    const std::size_t before = have.size();
    const std::string_view more = co_await from.fill();
    if (more.size() == before) co_return std::nullopt;
  }
  seen.line = seen.head.substr(0, seen.head.find('\r'));
  if (const std::size_t at = seen.head.find("content-length: "); at != std::string::npos) {
    seen.body.resize(std::stoul(seen.head.substr(at + 16)));
    co_await from.read_exactly(std::as_writable_bytes(std::span{seen.body}));
  }
  co_return seen;
}

/// A server that answers as it is told, and what it has seen.
struct scripted {
  explicit scripted(script answers) : answer{std::move(answers)} {}
  script answer;
  std::vector<seen_request> requests;
  int connections = 0;
  int ended = 0;  ///< connections that it has closed

  task<> serve(byte_stream connection) {
    ++connections;
    try {
      co_await answer_all(connection);
    } catch (const std::system_error&) {  // the client has gone
    }
    connection.close();
    ++ended;
  }

 private:
  task<> answer_all(byte_stream& connection) {
    for (;;) {
      std::optional<seen_request> request = co_await read_request(connection);
      if (!request) co_return;
      requests.push_back(*request);
      std::string text = answer(*request);
      const bool ends = text.ends_with(then_close);
      if (ends) text.resize(text.size() - then_close.size());
      co_await connection.write(std::string_view{text});
      if (ends) co_return;
    }
  }
};

/// Runs `body(url, server)` beside a server with this script.
template <class F>
void with_server(script answers, F body) {
  run([&]() -> task<> {
    scripted server{std::move(answers)};
    co_await with(
        tcp_server{"127.0.0.1", 0, [&](tcp_stream connection) { return server.serve(std::move(connection)); }},
        [&](tcp_server& listening) -> task<> {
          co_await body("http://127.0.0.1:" + std::to_string(listening.port()), server);
        });
  });
}

/// The text of the exception of type E that `work` throws.
template <class E, class A>
task<std::string> text_of(A work) {
  std::string text = "no exception";
  try {
    co_await std::move(work);
  } catch (const E& e) {
    text = e.what();
  }
  co_return text;
}

}  // namespace weft::testing
