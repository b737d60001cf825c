// The client and nginx.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <support/nginx.hpp>
#include <vector>
#include <weft/files.hpp>
#include <weft/http.hpp>
#include <weft/patterns.hpp>

#include "http/scripted_server.hpp"
#include "net/tls_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::client;
using weft::http::request_error;
using weft::http::response;
using weft::testing::nginx;
using weft::testing::run_sockets;
using weft::testing::scratch;
using weft::testing::text_of;
using weft::testing::world;

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

/// A tree of files behind nginx: on "@0" plain, on "@1" with TLS.
struct site {
  scratch tree;
  weft::testing::temporary_text certificate{world().server.both()};
  std::string text = numbered_lines(20'000);
  std::string plain;
  std::string secure;
  nginx server{configuration()};

  site() {
    plain = server.url("");
    secure = "https://localhost:" + std::to_string(server.port(1));
  }

  std::string configuration() const {
    tree.write("www/small.txt", "small\n");
    tree.write("www/empty.txt", "");
    tree.write("www/text.txt", text);
    for (int i = 0; i < 50; ++i)
      tree.write("www/d/" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
    std::string redirects;
    for (const char* const status : {"301", "302", "303", "307", "308"}) {
      redirects += std::string{"location = /"} + status + " { return " + status + " /method; }\n";
    }
    return R"(
      default_type text/plain;
      gzip_types *;
      gzip_min_length 0;
      server {
        listen 127.0.0.1:@0;
        listen 127.0.0.1:@1 ssl;
        ssl_certificate )" +
           certificate.path() + R"(;
        ssl_certificate_key )" +
           certificate.path() + R"(;
        root )" +
           tree.file("www") + R"(;
        location /zipped/ { gzip on; alias )" +
           tree.file("www") + R"(/; }
        location /few/ { keepalive_requests 3; alias )" +
           tree.file("www") + R"(/; }
        location /brief/ { keepalive_timeout 10ms; alias )" +
           tree.file("www") + R"(/; }
        location /slow/ { limit_rate 50k; alias )" +
           tree.file("www") + R"(/; }
        location /d/ { autoindex on; autoindex_format json; }
        location /stored/ { dav_methods PUT DELETE; create_full_put_path on; client_max_body_size 10m; }
        location /small/ { dav_methods PUT; client_max_body_size 1k; }
        location = /method { return 200 "$request_method $content_length"; }
        location = /round { return 302 $uri; }
        location = /to-tls { return 302 https://localhost:@1/small.txt; }
        location = /nothing { return 204; }
        location = /hangs-up { return 444; }
)" + redirects +
           R"(
      }
      server { listen 127.0.0.1:@2; keepalive_timeout 0; large_client_header_buffers 1 1k;
               return 200 "$connection\n"; })";
  }
};

/// Runs `body(site)`, a task.
template <class F>
void with_site(F body) {
  site made;
  run_sockets([&]() -> task<> { co_await body(made); });
}

TEST(NetHttpNginx, GetsWhatItServesPlainAndWithTls) {
  with_site([](site& s) -> task<> {
    const weft::tls_context trusting = world().client_context();
    for (const std::string& base : {s.plain, s.secure}) {
      client c{{.base_url = base, .tls = &trusting}};
      std::set<std::string> connections;
      const auto get = [&](std::string path) -> task<std::string> {
        response r = co_await c.get(path);
        EXPECT_EQ(r.status(), 200) << path;
        connections.insert(std::string{r.header("x-connection")});
        co_return r.text();
      };
      EXPECT_EQ(co_await get("/small.txt"), "small\n");
      EXPECT_EQ(co_await get("/empty.txt"), "");
      EXPECT_TRUE(co_await get("/text.txt") == s.text);
      response head = co_await c.head("/text.txt");
      EXPECT_EQ(head.header("content-length"), std::to_string(s.text.size()));
      EXPECT_EQ(head.text(), "");
      response same = co_await c.get("/text.txt").header("if-none-match", head.header("etag"));
      EXPECT_EQ(same.status(), 304);
      response part = co_await c.get("/text.txt").header("range", "bytes=5-11");
      EXPECT_EQ(part.status(), 206);
      EXPECT_EQ(part.text(), s.text.substr(5, 7));
      response none = co_await c.get("/none");
      EXPECT_EQ(none.status(), 404);
      EXPECT_NE(none.text().find("404 Not Found"), std::string::npos);
      EXPECT_EQ((co_await c.get("/nothing")).status(), 204);
      const boost::json::value listing = (co_await c.get("/d/")).json();
      EXPECT_EQ(listing.as_array().size(), 50U);
      connections.insert(std::string{(co_await c.get("/small.txt")).header("x-connection")});
      EXPECT_EQ(connections.size(), 1U) << "all of that goes over one connection";
      EXPECT_EQ(c.idle_connections(), 1U);
    }
  });
}

TEST(NetHttpNginx, UnpacksWhatItCompresses) {
  with_site([](site& s) -> task<> {
    client c{{.base_url = s.plain}};
    response r = co_await c.get("/zipped/text.txt");
    EXPECT_EQ(r.header("content-encoding"), "gzip");
    EXPECT_EQ(r.header("transfer-encoding"), "chunked");
    EXPECT_TRUE(r.text() == s.text);
    EXPECT_EQ(co_await c.get("/zipped/small.txt").text(), "small\n");
    EXPECT_EQ((co_await c.head("/zipped/text.txt")).text(), "");
    EXPECT_EQ(c.idle_connections(), 1U);
    client raw{{.base_url = s.plain, .decompress = false}};
    EXPECT_TRUE(co_await raw.get("/zipped/text.txt").text() == s.text) << "it compresses only for those who ask";
  });
}

TEST(NetHttpNginx, SharesFewConnectionsAmongManyRequests) {
  with_site([](site& s) -> task<> {
    const weft::tls_context trusting = world().client_context();
    for (const std::string& base : {s.plain, s.secure}) {
      client c{{.base_url = base, .max_connections = 8, .tls = &trusting}};
      std::set<std::string> connections;
      std::vector<std::size_t> numbers(200);
      for (std::size_t i = 0; i < 200; ++i) numbers[i] = i % 50;
      const auto get = [&](std::size_t n) -> task<std::size_t> {
        response r = co_await c.get("/d/" + std::to_string(n));
        connections.insert(std::string{r.header("x-connection")});
        co_return r.text().size();
      };
      const auto sizes = co_await weft::map(numbers, get, {.limit = 40});
      EXPECT_TRUE(std::equal(sizes.begin(), sizes.end(), numbers.begin()));
      EXPECT_LE(connections.size(), 8U);
      EXPECT_EQ(c.active_connections(), 0U);
      EXPECT_EQ(c.idle_connections(), connections.size());
    }
  });
}

TEST(NetHttpNginx, ItsLimitsOnConnectionsAreNotNoticed) {
  with_site([](site& s) -> task<> {
    client c{{.base_url = s.plain}};
    std::map<std::string, int> uses;
    for (int i = 0; i < 10; ++i) {
      response r = co_await c.post("/few/small.txt");  // what it does not allow, and what cannot be sent twice
      EXPECT_EQ(r.status(), 405);
      ++uses[std::string{r.header("x-connection")}];
    }
    EXPECT_EQ(uses.size(), 4U);
    for (int i = 0; i < 20; ++i) {  // it closes the connection at about the time when it is used again
      EXPECT_EQ(co_await c.get("/brief/small.txt").text(), "small\n");
      co_await weft::sleep(9ms + i * 100us);
    }
    const std::string each_its_own = s.server.url("/", 2);
    const std::string first = co_await c.get(each_its_own).text();
    EXPECT_NE(co_await c.get(each_its_own).text(), first);
  });
}

TEST(NetHttpNginx, FollowsItsRedirects) {
  with_site([](site& s) -> task<> {
    const weft::tls_context trusting = world().client_context();
    client c{{.base_url = s.plain, .tls = &trusting}};
    const std::map<std::string, std::string> becomes{
        {"/301", "GET "}, {"/302", "GET "}, {"/303", "GET "}, {"/307", "POST 4"}, {"/308", "POST 4"}};
    for (const auto& [path, seen] : becomes) {
      EXPECT_EQ(co_await c.post(path).body("data").text(), seen) << path;
      EXPECT_EQ(co_await c.get(path).text(), "GET ") << path;
      EXPECT_EQ((co_await c.head(path)).redirects(), 1) << path;
    }
    response there = co_await c.get("/to-tls");
    EXPECT_EQ(there.text(), "small\n");
    EXPECT_EQ(there.url().str(), s.secure + "/small.txt");
    EXPECT_EQ((co_await c.get("/d")).url().str(), s.plain + "/d/");
    EXPECT_EQ(co_await text_of<weft::http::too_many_redirects>(c.get("/round")),
              "GET " + s.plain + "/round: redirected more than 10 times");
  });
}

TEST(NetHttpNginx, StoresBodiesThatItTakesAndHearsWhyItDoesNot) {
  with_site([](site& s) -> task<> {
    const weft::tls_context trusting = world().client_context();
    for (const std::string& base : {s.plain, s.secure}) {
      client c{{.base_url = base, .tls = &trusting}};
      const std::string large = numbered_lines(300'000);
      EXPECT_LT((co_await c.put("/stored/a").body(large)).status(), 300);
      EXPECT_TRUE(co_await c.get("/stored/a").text() == large);
      EXPECT_LT((co_await c.put("/stored/b").body("asked first").header("expect", "100-continue")).status(), 300);
      EXPECT_EQ(co_await c.get("/stored/b").text(), "asked first");
      EXPECT_EQ((co_await c.del("/stored/b")).status(), 204);
      EXPECT_EQ((co_await c.get("/stored/b")).status(), 404);
      EXPECT_EQ(c.idle_connections(), 1U);
      const auto make = [&](weft::http::body_writer& to) -> task<> {
        for (std::size_t at = 0; at < large.size(); at += 100'000) {
          co_await to.write(std::string_view{large}.substr(at, 100'000));
        }
      };
      EXPECT_LT((co_await c.put("/stored/made").body_from(make).expect_continue()).status(), 300);
      EXPECT_TRUE(co_await c.get("/stored/made").text() == large);
      EXPECT_LT((co_await c.put("/stored/file").body_file(s.tree.file("www/stored/made"))).status(), 300);
      EXPECT_TRUE(co_await c.get("/stored/file").text() == large);
      EXPECT_EQ(c.idle_connections(), 1U);
      EXPECT_EQ((co_await c.put("/small/a").body_from(make)).status(), 413);
      EXPECT_EQ((co_await c.put("/small/a").body(large).expect_continue()).status(), 413);
      for (const std::size_t size : {std::size_t{2'000}, std::size_t{3'000'000}}) {
        response refused = co_await c.put("/small/a").body(std::string(size, 'x'));
        EXPECT_EQ(refused.status(), 413) << size;
      }
      EXPECT_EQ((co_await c.get("/small.txt")).status(), 200);
    }
    client c{{.base_url = s.server.url("", 2)}};
    EXPECT_EQ((co_await c.get("/" + std::string(5'000, 'x'))).status(), 414);
    EXPECT_EQ((co_await c.get("/").header("x-long", std::string(5'000, 'x'))).status(), 400);
  });
}

TEST(NetHttpNginx, DownloadsWhatIsLarge) {
  with_site([](site& s) -> task<> {
    const std::string large = numbered_lines(1'000'000);
    s.tree.write("www/large", large);
    const weft::tls_context trusting = world().client_context();
    for (const std::string& base : {s.plain, s.secure}) {
      client c{{.base_url = base, .body_limit = 1000, .tls = &trusting}};
      const std::string file = s.tree.file("large");
      co_await c.get("/large").save(file);
      EXPECT_TRUE(co_await weft::read_file(file) == large);
      auto stream = co_await c.get("/large").stream();
      std::string got;
      while (std::optional<std::string> piece = co_await stream.next()) got += *piece;
      EXPECT_TRUE(got == large);
      EXPECT_EQ(c.idle_connections(), 1U);
      const std::string limited = co_await text_of<weft::limit_error>(c.get("/large"));
      EXPECT_NE(limited.find("the body of GET " + base + "/large"), std::string::npos) << limited;
      EXPECT_EQ(c.idle_connections(), 0U);
    }
  });
}

TEST(NetHttpNginx, GivesUpWhereItTakesTooLongOrHangsUp) {
  with_site([](site& s) -> task<> {
    client c{{.base_url = s.plain}};
    EXPECT_EQ(co_await text_of<weft::timeout_error>(c.get("/slow/text.txt").timeout(50ms)),
              "GET " + s.plain + "/slow/text.txt: not complete in time");
    auto slow = co_await c.get("/slow/text.txt").timeout(10s).stream();
    EXPECT_TRUE(co_await slow.next());
    EXPECT_EQ(co_await text_of<request_error>(c.get("/hangs-up")),
              "GET " + s.plain + "/hangs-up: the connection ended before a response began");
    const std::string mistaken = "https" + s.plain.substr(4);
    const std::string not_tls = co_await text_of<request_error>(c.get(mistaken));
    EXPECT_TRUE(not_tls.starts_with("GET " + mistaken + "/: TLS with 127.0.0.1")) << not_tls;
    response not_plain = co_await c.get("http" + s.secure.substr(5));
    EXPECT_EQ(not_plain.status(), 400);
  });
}

}  // namespace
