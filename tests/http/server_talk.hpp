#pragma once

// A server under test, and clients that say to it whatever they like.

#include <string>
#include <utility>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace weft::testing {

/// Runs `body(server)` beside a server with this handler, on the simulated clock.
template <class H, class F>
void with_http_server(H handler, F body, http::server_options options = {}) {
  testing::run([&]() -> task<> {
    co_await with(http::server{std::ref(handler), options},
                  [&](http::server& server) -> task<> { co_await body(server); });
  });
}

/// How a handler ended.
struct fate {
  bool begun = false;
  bool stopped = false;
  bool ended = false;
};

/// Notes a stop.
class witness {
 public:
  explicit witness(fate& of) noexcept : of_{of} { of.begun = true; }
  witness(const witness&) = delete;
  witness& operator=(const witness&) = delete;
  ~witness() { of_.stopped = weft::stopping(); }

 private:
  fate& of_;
};

/// Without the Date fields, which differ each time.
inline std::string without_dates(std::string text) {
  for (std::size_t at = 0; (at = text.find("\r\ndate: ", at)) != text.npos;) {
    text.erase(at, text.find("\r\n", at + 2) - at);
  }
  return text;
}

/// What the server answers to these bytes, up to the end of the connection.
inline task<std::string> says(const http::server& server, std::string bytes) {
  tcp_stream stream = co_await open_connection("127.0.0.1", server.port());
  co_await stream.write(std::string_view{bytes});
  co_return without_dates(co_await stream.read_all());
}

}  // namespace weft::testing
