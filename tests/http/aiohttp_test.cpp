// The client and a server of Python's aiohttp (aiohttp_site.py).

#include <boost/json.hpp>
#include <map>
#include <string>
#include <support/child_program.hpp>
#include <support/scratch.hpp>
#include <vector>
#include <weft/http.hpp>

#include "http/scripted_server.hpp"
#include "net/tls_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::client;
using weft::http::request_error;
using weft::http::response;
using weft::testing::child_program;
using weft::testing::run_sockets;
using weft::testing::text_of;
using weft::testing::world;

struct urls {
  std::string plain;
  std::string secure;
};

/// Runs `body(urls)`, a task.
template <class F>
void with_aiohttp(F body) {
  const weft::testing::temporary_text certificate{world().server.both()};
  run_sockets([&]() -> task<> {
    // Debian's Python, for which its aiohttp is installed; another one may come first in the path.
    child_program server{{"/usr/bin/python3", "http/aiohttp_site.py", certificate.path()}};
    const std::string plain = co_await server.says("plain:");
    const std::string secure = co_await server.says("tls:");
    const urls at{"http://127.0.0.1:" + plain, "https://localhost:" + secure};
    co_await body(at);
  });
}

std::string lines() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

std::string shown(const boost::json::value& echoed, const char* name) {
  return std::string{echoed.at(name).as_string()};
}

/// The value of a field that the server has seen.
std::string field(const boost::json::value& echoed, std::string_view name) {
  for (const boost::json::value& each : echoed.at("fields").as_array()) {
    if (each.at(0).as_string() == name) return std::string{each.at(1).as_string()};
  }
  return "(none)";
}

TEST(NetHttpAiohttp, SeesWhatTheClientSends) {
  with_aiohttp([](urls at) -> task<> {
    const weft::tls_context trusting = world().client_context();
    for (const std::string& base : {at.plain, at.secure}) {
      client c{{.base_url = base, .tls = &trusting}};
      boost::json::value seen = (co_await c.get("/echo?a=%20b").query("c", "d&é").header("x-own", "1")).json();
      EXPECT_EQ(shown(seen, "method"), "GET");
      EXPECT_EQ(shown(seen, "target"), "/echo?a=+b&c=d%26%C3%A9");
      EXPECT_EQ(field(seen, "x-own"), "1");
      EXPECT_EQ(field(seen, "host"), base.substr(base.find("//") + 2));
      const boost::json::value connection = seen.at("connection");
      for (const char* const method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"}) {
        seen = (co_await c.make(method, "/echo").body("täglich")).json();
        EXPECT_EQ(shown(seen, "method"), method);
        EXPECT_EQ(shown(seen, "body"), "täglich") << method;
      }
      EXPECT_EQ(seen.at("connection"), connection);
      const std::string large = lines();
      EXPECT_TRUE(co_await c.post("/back").body(large).text() == large);
      EXPECT_EQ((co_await c.post("/echo").body(std::string(2'000'000, 'x'))).status(), 413);
    }
  });
}

TEST(NetHttpAiohttp, SendsBodiesInEveryFraming) {
  with_aiohttp([](urls at) -> task<> {
    const weft::tls_context trusting = world().client_context();
    const std::string expected = lines();
    for (const std::string& base : {at.plain, at.secure}) {
      client c{{.base_url = base, .tls = &trusting}};
      for (const char* const path : {"/chunks", "/coded/gzip", "/coded/deflate", "/coded/raw-deflate", "/coded/br",
                                     "/coded/zstd", "/coded/identity"}) {
        response r = co_await c.get(path);
        EXPECT_EQ(r.status(), 200) << path;
        EXPECT_TRUE(r.text() == expected) << path;
        EXPECT_EQ(c.idle_connections(), 1U) << path;
      }
      EXPECT_EQ((co_await c.head("/chunks")).text(), "");
      c.close_idle();  // aiohttp sends a body with that
      EXPECT_TRUE(co_await c.get("/to-the-end").text() == expected);
      EXPECT_EQ(c.idle_connections(), 0U);
      const std::string broken = co_await text_of<request_error>(c.get("/breaks-off"));
      EXPECT_TRUE(broken.starts_with("GET " + base + "/breaks-off: ")) << broken;
      EXPECT_EQ(co_await text_of<weft::http::status_error>(c.get("/fails").text()),
                "GET " + base + "/fails: 500: 500 Internal Server Error  Server got itself in trouble");
    }
  });
}

TEST(NetHttpAiohttp, ReadsTheClientsForms) {
  with_aiohttp([](urls at) -> task<> {
    client c{{.base_url = at.plain}};
    std::string seen = co_await c.post("/form").form("name", "Zoë & co").form("age", "7").form("name", "").text();
    EXPECT_EQ(boost::json::parse(seen), boost::json::parse(R"([["name", "Zoë & co"], ["age", "7"], ["name", ""]])"));
    weft::http::multipart_form form;
    form.field("title", "Käse\r\n").bytes("file \"1\"", "a\"b.txt", "the content", "text/plain").field("empty", "");
    seen = co_await c.post("/form").body(form.text(), form.content_type()).text();
    // Quotes are encoded as browsers encode them, and it does not decode them.
    EXPECT_EQ(boost::json::parse(seen),
              boost::json::parse(R"([["title", "Käse\r\n"], ["file %221%22", "a%22b.txt", "text/plain", "the content"],
                                     ["empty", ""]])"));
  });
}

TEST(NetHttpAiohttp, GetsItsCookiesBack) {
  with_aiohttp([](urls at) -> task<> {
    client c{{.base_url = at.plain}};
    response r = co_await c.get("/login");
    EXPECT_EQ(r.url().str(), at.plain + "/cookies");
    EXPECT_EQ(r.json(), boost::json::parse(R"({"session": "a b;c", "theme": "dark"})"));
    EXPECT_EQ(c.cookies().size(), 3U);
    co_await c.get("/logout");
    EXPECT_EQ(co_await c.get("/cookies").text(), R"({"theme": "dark"})");
  });
}

TEST(NetHttpAiohttp, RedirectsAndAsksForPasswords) {
  with_aiohttp([](urls at) -> task<> {
    client c{{.base_url = at.plain}};
    for (const std::string status : {"301", "302", "303", "307", "308"}) {
      const bool stays = status == "307" || status == "308";
      for (const std::string method : {"POST", "PUT", "DELETE"}) {
        const bool becomes_get = status == "303" || (!stays && method == "POST");
        const boost::json::value seen = (co_await c.make(method, "/moved/" + status).body("data", "text/x")).json();
        EXPECT_EQ(shown(seen, "method"), becomes_get ? "GET" : method) << status;
        EXPECT_EQ(shown(seen, "body"), becomes_get ? "" : "data") << status << " " << method;
        EXPECT_EQ(field(seen, "content-type"), becomes_get ? "(none)" : "text/x") << status << " " << method;
        EXPECT_EQ(shown(seen, "target"), "/echo?from=" + status);
      }
    }
    EXPECT_EQ((co_await c.get("/private")).status(), 401);
    EXPECT_EQ((co_await c.get("/private").basic_auth("ann", "wrong")).status(), 401);
    EXPECT_EQ(co_await c.get("/private").basic_auth("ann", "sécret").text(), "welcome");
    EXPECT_EQ(co_await c.get("http://ann:s%C3%A9cret@" + at.plain.substr(7) + "/private").text(), "welcome");
    EXPECT_EQ(c.idle_connections(), 1U);
  });
}

TEST(NetHttpAiohttp, TakesBodiesThatAreMadeOrReadWhileTheyAreSent) {
  with_aiohttp([](urls at) -> task<> {
    const weft::testing::scratch place;
    const std::string all = lines();
    const std::string file = place.write("lines", all);
    const auto make = [&](weft::http::body_writer& to) -> task<> {
      for (std::size_t begin = 0, size = 1; begin < all.size(); begin += size, size = size * 3 % 9973 + 1) {
        co_await to.write(std::string_view{all}.substr(begin, size));
      }
      to.trailer("checksum", "1");
    };
    const weft::tls_context trusting = world().client_context();
    for (const std::string& base : {at.plain, at.secure}) {
      client c{{.base_url = base, .tls = &trusting}};
      EXPECT_TRUE(co_await c.post("/back").body_from(make).text() == all);
      EXPECT_TRUE(co_await c.post("/back").body_file(file).text() == all);
      EXPECT_TRUE(co_await c.put("/back").body_from(make).expect_continue().text() == all);
      weft::http::multipart_form form;
      form.field("a", "b").file("lines", file, {.content_type = "text/plain"});
      const std::string seen = co_await c.post("/form").multipart(std::move(form)).text();
      const boost::json::array parts = boost::json::parse(seen).as_array();
      EXPECT_EQ(parts.size(), 2U);
      EXPECT_EQ(parts.at(1).at(1).as_string(), "lines");
      EXPECT_TRUE(parts.at(1).at(3).as_string() == all);
      EXPECT_EQ(c.idle_connections(), 1U);
    }
  });
}

TEST(NetHttpAiohttp, IsAskedBeforeABodyIsSent) {
  with_aiohttp([](urls at) -> task<> {
    client c{{.base_url = at.plain}};
    response asked = co_await c.put("/echo").body("wanted").expect_continue();
    EXPECT_EQ(shown(asked.json(), "body"), "wanted");
    EXPECT_EQ(field(asked.json(), "expect"), "100-continue");
    asked = co_await c.put("/unwanted").body("all the same").expect_continue();  // 417 says to come without asking
    EXPECT_EQ(shown(asked.json(), "body"), "all the same");
    EXPECT_EQ(field(asked.json(), "expect"), "(none)");
    response r = co_await c.put("/echo").body("wanted").header("expect", "100-continue");
    EXPECT_EQ(shown(r.json(), "body"), "wanted");
    r = co_await c.put("/unwanted").body("unwanted").header("expect", "100-continue");
    EXPECT_EQ(r.status(), 417);
    EXPECT_EQ(r.text(), "not today");
    EXPECT_EQ(shown((co_await c.get("/echo")).json(), "method"), "GET");
  });
}

}  // namespace
