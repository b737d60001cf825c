// WebSockets through proxies of others: tinyproxy, and nginx in front of the server.

#include <string>
#include <support/daemon.hpp>
#include <support/nginx.hpp>
#include <vector>
#include <weft/http.hpp>

#include "net/sockets.hpp"
#include "net/tls_fixture.hpp"

namespace {

using weft::task;
using weft::http::client;
using weft::http::message;
using weft::http::server_request;
using weft::http::server_response;
using weft::http::websocket;
using weft::http::websocket_connection;
using weft::testing::daemon_program;
using weft::testing::nginx;
using weft::testing::run_sockets;
using weft::testing::world;

task<server_response> echo_all(server_request& request) {
  const auto echo = [](websocket& ws) -> task<> {
    for (;;) {
      const std::optional<message> m = co_await ws.receive();
      if (!m) co_return;
      co_await ws.send(*m);
    }
  };
  co_return weft::http::accept_websocket(request, echo, {.compression = true, .subprotocols = "chat"});
}

/// Messages of several sizes there and back, and the closing.
task<> expect_echo(client through, std::string url) {
  websocket_connection connection{std::move(through), url, {.compression = true, .subprotocols = "chat"}};
  co_await weft::with(connection, [](websocket& ws) -> task<> {
    EXPECT_TRUE(ws.compressed());
    EXPECT_EQ(ws.subprotocol(), "chat");
    for (const std::size_t size : {0U, 10U, 70'000U, 500'000U}) {
      const std::string text(size, 'x');
      co_await ws.send(std::string_view{text});
      const std::optional<message> back = co_await ws.receive();
      EXPECT_TRUE(back && back->text() == text) << size;
    }
    co_await ws.close(weft::http::websocket_code{4002}, "through");
    EXPECT_EQ(ws.close_code(), weft::http::websocket_code{4002});
  });
}

/// tinyproxy, which asks for a password and makes tunnels to two ports.
daemon_program tinyproxy(std::uint16_t plain, std::uint16_t secure) {
  return daemon_program{
      "Port @0\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nBasicAuth ann s.cret\nConnectPort " +
          std::to_string(plain) + "\nConnectPort " + std::to_string(secure) + "\n",
      [](const std::string& file) { return std::vector<std::string>{"tinyproxy", "-d", "-c", file}; }};
}

TEST(NetWebsocketProxy, TinyproxyMakesTunnelsForPlainAndForTls) {
  const weft::tls_context context = world().server_context();
  const weft::tls_context trusting = world().client_context();
  run_sockets([&]() -> task<> {
    co_await weft::with(weft::http::server{echo_all}, [&](weft::http::server& plain) -> task<> {
      co_await weft::with(weft::http::server{echo_all, {.tls = &context}}, [&](weft::http::server& secure) -> task<> {
        const std::string ws = "ws://127.0.0.1:" + std::to_string(plain.port());
        const std::string wss = "wss://localhost:" + std::to_string(secure.port());
        const daemon_program proxy = tinyproxy(plain.port(), secure.port());
        const std::string at = "127.0.0.1:" + std::to_string(proxy.port());
        const std::string ann = "http://ann:s%2Ecret@" + at;
        co_await expect_echo(client{{.tls = &trusting, .proxy = ann}}, ws);
        co_await expect_echo(client{{.tls = &trusting, .proxy = ann}}, wss);

        const std::string nobody = "http://" + at;
        std::string refused;
        try {
          co_await expect_echo(client{{.tls = &trusting, .proxy = nobody}}, wss);
        } catch (const weft::http::request_error& e) {
          refused = e.what();
        }
        EXPECT_NE(refused.find(" refuses a tunnel to "), std::string::npos) << refused;
        std::string distrusted;
        try {
          co_await expect_echo(client{{.proxy = ann}}, wss);
        } catch (const weft::http::request_error& e) {
          distrusted = e.what();
        }
        EXPECT_NE(distrusted.find("TLS with localhost"), std::string::npos) << distrusted;
      });
    });
  });
}

TEST(NetWebsocketProxy, NginxPassesThemOn) {
  const weft::testing::temporary_text certificate{world().server.both()};
  const weft::tls_context trusting = world().client_context();
  run_sockets([&]() -> task<> {
    co_await weft::with(weft::http::server{echo_all}, [&](weft::http::server& server) -> task<> {
      const std::string pass = "location / { proxy_pass http://127.0.0.1:" + std::to_string(server.port()) +
                               "; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
                               "proxy_set_header Connection Upgrade; proxy_set_header Host $http_host; }";
      const nginx front{"server { listen 127.0.0.1:@0; listen 127.0.0.1:@1 ssl; ssl_certificate " + certificate.path() +
                        "; ssl_certificate_key " + certificate.path() + "; " + pass + " }"};
      co_await expect_echo(client{{.tls = &trusting}}, "ws://127.0.0.1:" + std::to_string(front.port(0)));
      co_await expect_echo(client{{.tls = &trusting}}, "wss://localhost:" + std::to_string(front.port(1)));
    });
  });
}

}  // namespace
