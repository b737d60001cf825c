// The client and proxies of others: tinyproxy, which closes each connection, and nginx, which keeps them.

#include <set>
#include <string>
#include <support/daemon.hpp>
#include <support/nginx.hpp>
#include <vector>
#include <weft/http.hpp>

#include "http/scripted_server.hpp"
#include "net/tls_fixture.hpp"

namespace {

using weft::task;
using weft::http::client;
using weft::http::request_error;
using weft::http::response;
using weft::testing::daemon_program;
using weft::testing::nginx;
using weft::testing::run_sockets;
using weft::testing::text_of;
using weft::testing::world;

/// A server, on "@0" plain and on "@1" with TLS, and a proxy on "@2" plain and on "@3" with TLS.
struct web {
  weft::testing::scratch tree;
  weft::testing::temporary_text certificate{world().server.both()};
  std::string large = std::string(3'000'000, 'l');
  nginx server{configuration()};
  std::string plain = server.url("");
  std::string secure = "https://localhost:" + std::to_string(server.port(1));
  weft::tls_context trusting = world().client_context();

  std::string configuration() const {
    tree.write("www/large", large);
    tree.write("www/text", "text");
    const std::string tls =
        "ssl_certificate " + certificate.path() + "; ssl_certificate_key " + certificate.path() + ";";
    return R"(
      server {
        listen 127.0.0.1:@0;
        listen 127.0.0.1:@1 ssl;
        )" +
           tls + R"(
        root )" +
           tree.file("www") + R"(;
        default_type text/plain;
        location = /zipped { gzip on; gzip_types *; gzip_proxied any; alias )" +
           tree.file("www/large") + R"(; }
        location = /seen { return 200 "$request_method $request_uri $http_host $http_proxy_authorization"; }
        location = /stored { dav_methods PUT; client_max_body_size 10m; }
        location = /moved { return 302 https://localhost:@1/seen; }
      }
      server {
        listen 127.0.0.1:@2;
        listen 127.0.0.1:@3 ssl;
        )" +
           tls + R"(
        location / { proxy_pass http://$http_host$request_uri; proxy_set_header Host $http_host; }
      })";
  }

  std::string proxy_url(const std::string& who, std::uint16_t port) const {
    return "http://" + who + "127.0.0.1:" + std::to_string(port);
  }
};

/// tinyproxy, which asks for a password and makes tunnels to one port.
struct tinyproxy {
  daemon_program program;
  explicit tinyproxy(std::uint16_t tunnels_to)
      : program{"Port @0\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nBasicAuth ann s.cret\nConnectPort " +
                    std::to_string(tunnels_to) + "\n",
                [](const std::string& file) { return std::vector<std::string>{"tinyproxy", "-d", "-c", file}; }} {}
};

TEST(NetHttpProxyPeers, TinyproxyPassesPlainRequestsOn) {
  web w;
  const tinyproxy proxy{w.server.port(1)};
  run_sockets([&]() -> task<> {
    const std::string ann = w.proxy_url("ann:s%2Ecret@", proxy.program.port());
    client c{{.base_url = w.plain, .proxy = ann}};
    EXPECT_EQ(co_await c.get("/text").text(), "text");
    EXPECT_EQ(co_await c.get("/seen?a=b#c").text(), "GET /seen?a=b 127.0.0.1:" + std::to_string(w.server.port()) + " ")
        << "what is for the proxy is not for the server";
    EXPECT_TRUE(co_await c.get("/large").text() == w.large);
    EXPECT_TRUE(co_await c.get("/zipped").text() == w.large);
    EXPECT_LT((co_await c.put("/stored").body(w.large)).status(), 300);
    EXPECT_TRUE(co_await c.get("/stored").text() == w.large);
    EXPECT_EQ((co_await c.head("/large")).header("content-length"), "3000000");
    EXPECT_EQ((co_await c.get("/none")).status(), 404);
    client unknown{{.base_url = w.plain, .proxy = w.proxy_url("", proxy.program.port())}};
    EXPECT_EQ((co_await unknown.get("/text")).status(), 407);
    client mistaken{{.base_url = w.plain, .proxy = w.proxy_url("ann:secret@", proxy.program.port())}};
    EXPECT_GE((co_await mistaken.get("/text")).status(), 401);
  });
}

TEST(NetHttpProxyPeers, TinyproxyMakesTunnels) {
  web w;
  const tinyproxy proxy{w.server.port(1)};
  run_sockets([&]() -> task<> {
    const std::string ann = w.proxy_url("ann:s%2Ecret@", proxy.program.port());
    client c{{.base_url = w.secure, .tls = &w.trusting, .proxy = ann}};
    std::set<std::string> connections;
    for (const char* const path : {"/text", "/large", "/zipped"}) {
      response r = co_await c.get(path);
      EXPECT_EQ(r.status(), 200);
      EXPECT_TRUE(r.text() == (std::string_view{path} == "/text" ? "text" : w.large)) << path;
      connections.insert(std::string{r.header("x-connection")});
    }
    EXPECT_LT((co_await c.put("/stored").body(w.large)).status(), 300);
    EXPECT_EQ(co_await c.get("/seen").text(), "GET /seen localhost:" + std::to_string(w.server.port(1)) + " ");
    EXPECT_EQ(connections.size(), 1U);
    EXPECT_EQ(c.idle_connections(), 1U);
    response led = co_await c.get(w.plain + "/moved");  // one connection for the proxy, one through it
    EXPECT_EQ(led.url().str(), w.secure + "/seen");

    client distrustful{{.base_url = w.secure, .proxy = ann}};
    const std::string distrust = co_await text_of<request_error>(distrustful.get("/text"));
    EXPECT_TRUE(distrust.starts_with("GET " + w.secure + "/text: TLS with localhost")) << distrust;
  });
}

TEST(NetHttpProxyPeers, TinyproxyRefusesTunnels) {
  web w;
  const tinyproxy proxy{w.server.port(1)};
  run_sockets([&]() -> task<> {
    const std::uint16_t port = proxy.program.port();
    const std::string at = "127.0.0.1:" + std::to_string(port);
    client c{{.tls = &w.trusting, .proxy = w.proxy_url("ann:s%2Ecret@", port)}};
    const std::string elsewhere = "https://localhost:" + std::to_string(w.server.port(3));
    const std::string forbidden = co_await text_of<request_error>(c.get(elsewhere + "/x"));
    EXPECT_EQ(forbidden, "GET " + elsewhere + "/x: the proxy " + at + " refuses a tunnel to " + elsewhere.substr(8) +
                             ": 403 Access violation");
    client unknown{{.tls = &w.trusting, .proxy = w.proxy_url("", port)}};
    EXPECT_EQ(co_await text_of<request_error>(unknown.get(w.secure)), "GET " + w.secure + "/: the proxy " + at +
                                                                          " refuses a tunnel to " + w.secure.substr(8) +
                                                                          ": 407 Proxy Authentication Required");
    EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
    EXPECT_EQ(co_await c.get(w.secure + "/text").text(), "text");
  });
  // A tunnel to where nobody listens, and a proxy that is not there.
  const std::uint16_t nobody = weft::testing::unused_port();
  const tinyproxy other{nobody};
  run_sockets([&]() -> task<> {
    const std::string url = "https://localhost:" + std::to_string(nobody) + "/";
    client c{{.proxy = w.proxy_url("ann:s%2Ecret@", other.program.port())}};
    const std::string unreachable = co_await text_of<request_error>(c.get(url));
    EXPECT_NE(unreachable.find(" refuses a tunnel to localhost:" + std::to_string(nobody) + ": 50"), std::string::npos)
        << unreachable;
    client gone{{.proxy = w.proxy_url("", nobody)}};
    std::error_code code;
    try {
      co_await gone.get(url);
    } catch (const request_error& e) {
      code = e.code();
      EXPECT_TRUE(std::string{e.what()}.starts_with("GET " + url + ": connect to 127.0.0.1")) << e.what();
    }
    EXPECT_EQ(code, std::errc::connection_refused);
  });
}

TEST(NetHttpProxyPeers, NginxKeepsConnectionsForAllServers) {
  web w;
  run_sockets([&]() -> task<> {
    const std::string with_tls = "https://localhost:" + std::to_string(w.server.port(3));
    for (const std::string& proxy : {w.proxy_url("", w.server.port(2)), with_tls}) {
      client c{{.base_url = w.plain, .tls = &w.trusting, .proxy = proxy}};
      EXPECT_EQ(co_await c.get("/text").text(), "text");
      EXPECT_TRUE(co_await c.get("/large").text() == w.large);
      EXPECT_TRUE(co_await c.get("/zipped").text() == w.large);
      EXPECT_EQ((co_await c.get("http://127.0.0.1:" + std::to_string(weft::testing::unused_port()))).status(), 502);
      EXPECT_EQ(c.idle_connections(), 1U);
      const std::string refused = co_await text_of<request_error>(c.get(w.secure));
      EXPECT_NE(refused.find(" refuses a tunnel to "), std::string::npos) << refused;
      EXPECT_EQ(c.idle_connections(), 1U);
    }
  });
}

}  // namespace
