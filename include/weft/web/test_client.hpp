#pragma once

#include <memory>
#include <weft/core/task.hpp>
#include <weft/http/client.hpp>
#include <weft/http/websocket_connection.hpp>
#include <weft/web/app.hpp>
#include <weft/web/server.hpp>

namespace weft::web {

/// Calls an app without a socket, for tests: an http::client whose connections lead to the app. starlette's TestClient.
///
///     weft::testing::run([&]() -> task<> {
///       co_await with(web::test_client{app}, [](web::test_client& client) -> task<> {
///         http::response r = co_await client.get("/users/7");
///         EXPECT_EQ(r.status(), 200);
///       });
///     });
///
/// Requests and answers are as over a network, bytes and all, but everything happens on the loop, by its clock: under
/// the simulated one (weft::testing::run) hours pass at once. Clients seem to be at 127.0.0.1. Entering makes what the
/// app provides; leaving waits for background tasks.
class test_client : public http::client {
 public:
  /// The app must outlive this. Throws std::logic_error outside a loop.
  explicit test_client(app& of, const http::client_options& options = {});

  /// A WebSocket to the app, for with(): `with(client.websocket("/room"), [](http::websocket& ws) -> task<> {...})`.
  [[nodiscard]] http::websocket_connection websocket(std::string_view path,
                                                     const http::websocket_options& options = {}) const;

  /// The server behind it.
  [[nodiscard]] web::server& server() noexcept { return *server_; }

  /// For with(); see server::enter.
  task<test_client&> enter();
  task<> exit();

 private:
  static task<test_client&> begin(test_client& self);
  static task<> end(test_client& self);

  std::shared_ptr<web::server> server_;
};

}  // namespace weft::web
