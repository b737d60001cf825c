#pragma once

// An app under test, and a client of it.

#include <string>
#include <weft/http.hpp>
#include <weft/testing.hpp>
#include <weft/web.hpp>
#include <weft/weft.hpp>

namespace weft::testing {

/// Runs `body(client, server)` beside a server of the app.
template <class F>
void with_app(web::app& app, F body) {
  weft::run([&]() -> task<> {
    co_await with(app.server(), [&](web::server& server) -> task<> {
      http::client client{{.base_url = server.url()}};
      co_await body(client, server);
    });
  });
}

/// Runs `body(client)` beside the app, without sockets and by simulated time.
template <class F>
void with_test_client(web::app& app, F body) {
  run([&]() -> task<> { co_await with(web::test_client{app}, body); });
}

/// The status and the body of an answer, in one line.
inline std::string told(const http::response& answer) { return std::to_string(answer.status()) + " " + answer.text(); }

}  // namespace weft::testing
