#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <vector>
#include <weft/describe.hpp>
#include <weft/files.hpp>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/patterns.hpp>
#include <weft/weft.hpp>

#include "http/scripted_server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::client;
using weft::testing::ok;
using weft::testing::redirect;
using weft::testing::scripted;
using weft::testing::seen_request;
using weft::testing::text_of;
using weft::testing::then_close;
using weft::testing::with_server;

TEST(NetHttpClient, GetsAResponseAndKeepsTheConnection) {
  with_server([](const seen_request&) { return ok("hello", "Content-Type: text/plain\r\n"); },
              [](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                weft::http::response r = co_await c.get("/a?b=c#d").header("x-own", "1");
                EXPECT_EQ(r.status(), 200);
                EXPECT_EQ(r.text(), "hello");
                EXPECT_EQ(r.header("content-type"), "text/plain");
                EXPECT_EQ(r.url().str(), url + "/a?b=c#d");
                EXPECT_EQ(co_await c.get("/again").text(), "hello");
                EXPECT_EQ(server.connections, 1);
                EXPECT_EQ(c.idle_connections(), 1U);
                EXPECT_EQ(server.requests[0].line, "GET /a?b=c HTTP/1.1");
                EXPECT_NE(server.requests[0].head.find("\r\nx-own: 1\r\n"), std::string::npos);
                EXPECT_NE(server.requests[0].head.find("\r\nuser-agent: weft/"), std::string::npos);
              });
}

TEST(NetHttpClient, SendsQueriesBodiesAndForms) {
  with_server([](const seen_request&) { return ok(""); },
              [](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                co_await c.get("/q?a=1").query("b", "x&y z").query("n", 3);
                EXPECT_EQ(server.requests[0].line, "GET /q?a=1&b=x%26y+z&n=3 HTTP/1.1");
                co_await c.post("/j").json_text("{}");
                EXPECT_EQ(server.requests[1].body, "{}");
                EXPECT_NE(server.requests[1].head.find("content-type: application/json\r\n"), std::string::npos);
                co_await c.put("/f").form("name", "Zoë").form("age", "7");
                EXPECT_EQ(server.requests[2].body, "name=Zo%C3%AB&age=7");
                co_await c.post("/empty");
                EXPECT_NE(server.requests[3].head.find("content-length: 0\r\n"), std::string::npos);
                EXPECT_EQ(server.connections, 1);
              });
}

TEST(NetHttpClient, AStatusIsAnErrorOnlyWhereSuccessIsAskedFor) {
  with_server([](const seen_request&) { return "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope"; },
              [](std::string url, scripted&) -> task<> {
                client c;
                weft::http::response r = co_await c.get(url + "/x");
                EXPECT_EQ(r.status(), 404);
                EXPECT_FALSE(r.ok());
                EXPECT_EQ(co_await text_of<weft::http::status_error>(c.get(url + "/x").text()),
                          "GET " + url + "/x: 404: nope");
                EXPECT_EQ(co_await text_of<weft::http::status_error>(c.get(url + "/x").expect_status()),
                          "GET " + url + "/x: 404: nope");
              });
}

TEST(NetHttpClient, FollowsRedirectsAsBrowsersDo) {
  const auto answers = [](const seen_request& r) {
    if (r.line.find("/see-other") != std::string::npos) return redirect(303, "/end");
    if (r.line.find("/found") != std::string::npos) return redirect(302, "end?x=1");
    if (r.line.find("/temporary") != std::string::npos) return redirect(307, "/end");
    return ok(r.line.substr(0, r.line.find(' ')));
  };
  with_server(answers, [](std::string url, scripted& server) -> task<> {
    client c{{.base_url = url}};
    weft::http::response r = co_await c.post("/see-other").body("data");
    EXPECT_EQ(r.text(), "GET");
    EXPECT_EQ(r.redirects(), 1);
    EXPECT_EQ(server.requests.back().body, "");
    EXPECT_EQ(server.requests.back().head.find("content-type"), std::string::npos);
    r = co_await c.post("/found").body("data");
    EXPECT_EQ(r.text(), "GET");
    EXPECT_EQ(r.url().str(), url + "/end?x=1");
    r = co_await c.post("/temporary").body("data");
    EXPECT_EQ(r.text(), "POST");
    EXPECT_EQ(server.requests.back().body, "data");
    r = co_await c.get("/found").follow_redirects(0);
    EXPECT_EQ(r.status(), 302);
    EXPECT_EQ(server.connections, 1);
  });
}

TEST(NetHttpClient, EndsARedirectLoop) {
  with_server([](const seen_request&) { return redirect(302, "/round"); },
              [](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                EXPECT_EQ(co_await text_of<weft::http::too_many_redirects>(c.get("/round").follow_redirects(4)),
                          "GET " + url + "/round: redirected more than 4 times");
                EXPECT_EQ(server.requests.size(), 5U);
              });
}

TEST(NetHttpClient, KeepsCredentialsFromOtherOrigins) {
  scripted other{[](const seen_request&) { return ok("there"); }};
  std::uint16_t other_port = 0;
  with_server(
      [&](const seen_request&) { return redirect(302, "http://127.0.0.1:" + std::to_string(other_port) + "/"); },
      [&](std::string url, scripted& server) -> task<> {
        co_await weft::with(
            weft::tcp_server{"127.0.0.1", 0, [&](weft::tcp_stream s) { return other.serve(std::move(s)); }},
            [&](weft::tcp_server& listening) -> task<> {
              other_port = listening.port();
              client c;
              weft::http::response r = co_await c.get(url + "/").bearer_auth("secret").header("x-plain", "1");
              EXPECT_EQ(r.text(), "there");
              EXPECT_NE(server.requests[0].head.find("Bearer secret"), std::string::npos);
              EXPECT_EQ(other.requests[0].head.find("secret"), std::string::npos);
              EXPECT_NE(other.requests[0].head.find("x-plain: 1"), std::string::npos);
            });
      });
}

TEST(NetHttpClient, SendsAnIdempotentRequestAgainWhenTheKeptConnectionIsDead) {
  int answered = 0;
  with_server([&](const seen_request&) { return ++answered == 2 ? then_close : ok("fine"); },
              [](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                co_await c.get("/1");
                EXPECT_EQ(co_await c.get("/2").text(), "fine");  // its first try met the close
                EXPECT_EQ(server.connections, 2);
                EXPECT_EQ(server.requests.size(), 3U);
              });
}

TEST(NetHttpClient, DoesNotSendAPostTwice) {
  int answered = 0;
  with_server([&](const seen_request&) { return ++answered == 2 ? then_close : ok("fine"); },
              [](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                co_await c.post("/1");
                const std::string text = co_await text_of<weft::http::request_error>(c.post("/2"));
                EXPECT_TRUE(text.starts_with("POST " + url + "/2: ")) << text;
                EXPECT_EQ(server.requests.size(), 2U);
              });
}

TEST(NetHttpClient, TakesNoConnectionThatTheServerHasClosed) {
  with_server([](const seen_request&) { return ok("bye") + then_close; },
              [](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                co_await c.post("/1");
                while (server.ended == 0) co_await weft::sleep(1ms);
                co_await weft::sleep(1ms);                       // the loop hears of it before its next round
                weft::http::response r = co_await c.post("/2");  // could not be sent again
                EXPECT_EQ(r.text(), "bye");
                EXPECT_EQ(server.connections, 2);
              });
}

TEST(NetHttpClient, HasNoMoreConnectionsThanItMay) {
  with_server([&](const seen_request&) { return ok("x"); },
              [&](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url, .max_connections_per_host = 3}};
                std::vector<int> numbers(50);
                auto texts = co_await weft::map(numbers, [&](int) { return c.get("/").text(); }, {.limit = 20});
                EXPECT_EQ(texts.size(), 50U);
                EXPECT_EQ(server.connections, 3);
                EXPECT_EQ(c.idle_connections(), 3U);
                EXPECT_EQ(c.active_connections(), 0U);
                c.close_idle();
                EXPECT_EQ(c.idle_connections(), 0U);
              });
}

TEST(NetHttpClient, LimitsTheTimeOfARequest) {
  with_server(
      [](const seen_request& r) { return r.line.find("/late") != std::string::npos ? "HTTP/1.1 200 OK\r\n" : ok("x"); },
      [](std::string url, scripted&) -> task<> {
        client c{{.base_url = url}};
        EXPECT_EQ(co_await text_of<weft::timeout_error>(c.get("/late").timeout(20ms)),
                  "GET " + url + "/late: not complete in time");
        client impatient{{.base_url = url, .read_timeout = 20ms}};
        EXPECT_EQ(co_await text_of<weft::timeout_error>(impatient.get("/late")),
                  "GET " + url + "/late: no answer came in 20 ms");
        EXPECT_EQ(c.idle_connections(), 0U);
        EXPECT_EQ(co_await c.get("/").text(), "x");
      });
}

TEST(NetHttpClient, StreamsABody) {
  const std::string large(1'000'000, 'b');
  with_server([&](const seen_request&) { return ok(large); },
              [&](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                weft::http::streaming_response r = co_await c.get("/").stream();
                EXPECT_EQ(r.status(), 200);
                std::size_t got = 0;
                std::size_t pieces = 0;
                while (std::optional<std::string> piece = co_await r.next()) {
                  got += piece->size();
                  ++pieces;
                }
                EXPECT_EQ(got, large.size());
                EXPECT_GT(pieces, 1U);
                EXPECT_EQ(c.idle_connections(), 1U);
                {
                  weft::http::streaming_response left = co_await c.get("/").stream();
                  co_await left.next();
                }
                EXPECT_EQ(c.idle_connections(), 0U);  // what was not read to its end is of no more use
                EXPECT_EQ(server.connections, 1);
              });
}

TEST(NetHttpClient, RefusesABodyAboveTheLimit) {
  with_server([](const seen_request&) { return ok("0123456789"); },
              [](std::string url, scripted&) -> task<> {
                client c{{.base_url = url}};
                const std::string text = co_await text_of<weft::limit_error>(c.get("/").body_limit(9));
                EXPECT_NE(text.find("the body of GET " + url + "/"), std::string::npos) << text;
                EXPECT_EQ(co_await c.get("/").body_limit(10).text(), "0123456789");
              });
}

TEST(NetHttpClient, SaysWhatIsWrongWithABrokenAnswer) {
  std::string answer;
  with_server([&](const seen_request&) { return answer + then_close; },
              [&](std::string url, scripted&) -> task<> {
                client c{{.base_url = url}};
                for (const char* const broken :
                     {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "SSH-2.0-OpenSSH\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
                  answer = broken;
                  const std::string text = co_await text_of<weft::http::request_error>(c.get("/"));
                  EXPECT_TRUE(text.starts_with("GET " + url + "/: ")) << text;
                  EXPECT_EQ(c.idle_connections(), 0U);
                }
              });
}

TEST(NetHttpClient, SaysThatNobodyListens) {
  weft::run([]() -> task<> {
    std::string url;
    {
      weft::tcp_listener gone{*weft::endpoint::parse("127.0.0.1", 0)};
      url = "http://" + gone.local_address().to_string() + "/";
    }
    client c;
    std::error_code code;
    try {
      co_await c.get(url);
    } catch (const weft::http::request_error& e) {
      code = e.code();
      EXPECT_TRUE(std::string{e.what()}.starts_with("GET " + url + ": connect to ")) << e.what();
    }
    EXPECT_EQ(code, std::errc::connection_refused);
  });
}

TEST(NetHttpClient, RefusesWhatIsNoRequestWhereItIsGiven) {
  weft::run([]() -> task<> {
    client c;
    EXPECT_THROW((void)c.get("/relative"), weft::http::url_error);
    EXPECT_THROW((void)c.get("ftp://example.org/"), weft::http::url_error);
    EXPECT_THROW((void)c.make("BAD METHOD", "http://example.org/"), std::invalid_argument);
    EXPECT_THROW((void)c.get("http://example.org/").header("a\nb", "c"), std::invalid_argument);
    co_return;
  });
}

TEST(NetHttpClient, AStopOfARequestClosesItsConnection) {
  with_server([](const seen_request&) { return std::string{"HTTP/1.1 200 OK\r\n"}; },
              [](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                auto asking = weft::create_task(c.get("/").text());
                while (server.requests.empty()) co_await weft::sleep(1ms);
                EXPECT_EQ(c.active_connections(), 1U);
                asking.cancel();
                while (!asking.done()) co_await weft::sleep(1ms);
                EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
              });
}

TEST(NetHttpClient, SendsCookiesBack) {
  const auto answers = [](const seen_request& r) {
    if (r.line.find("/login") != std::string::npos) {
      return "HTTP/1.1 302 Found\r\nLocation: /home\r\nSet-Cookie: id=7; HttpOnly\r\nSet-Cookie: theme=dark; "
             "Path=/home\r\n"
             "Content-Length: 0\r\n\r\n" +
             std::string{};
    }
    return ok("x");
  };
  with_server(answers, [](std::string url, scripted& server) -> task<> {
    client c{{.base_url = url}};
    co_await c.get("/login");
    EXPECT_NE(server.requests.back().head.find("\r\ncookie: theme=dark; id=7\r\n"), std::string::npos)
        << server.requests.back().head;
    co_await c.get("/");
    EXPECT_NE(server.requests.back().head.find("\r\ncookie: id=7\r\n"), std::string::npos);
    EXPECT_EQ(c.cookies().size(), 2U);
    client forgetful{{.base_url = url, .keep_cookies = false}};
    co_await forgetful.get("/login");
    EXPECT_EQ(server.requests.back().head.find("cookie"), std::string::npos);
  });
}

TEST(NetHttpClient, SavesABodyWholeOrNotAtAll) {
  const std::string large(3'000'000, 'b');
  const auto answers = [&](const seen_request& r) {
    if (r.line.find("/cut") != std::string::npos) return ok(large).substr(0, 100'000) + then_close;
    return ok(large);
  };
  with_server(answers, [&](std::string url, scripted&) -> task<> {
    auto directory = co_await weft::make_temporary_directory();
    const auto path = directory.path() / "body";
    client c{{.base_url = url, .body_limit = 10}};
    weft::http::response r = co_await c.get("/").save(path);
    EXPECT_EQ(r.status(), 200);
    EXPECT_TRUE(co_await weft::read_file(path) == large);
    co_await weft::write_file(path, "before");
    co_await text_of<weft::http::request_error>(c.get("/cut").save(path));
    EXPECT_EQ(co_await weft::read_file(path), "before");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory.path()}, {}), 1);
    const std::string text = co_await text_of<std::system_error>(c.get("/").save(directory.path() / "none" / "body"));
    EXPECT_TRUE(text.starts_with("open ")) << text;
    co_await directory.remove();
  });
}

TEST(NetHttpClient, DecompressesBodies) {
  const std::string text(100'000, 'z');
  std::string sent;
  const auto answers = [&](const seen_request& r) {
    if (r.line.find("/none") != std::string::npos)
      return std::string{"HTTP/1.1 304 Same\r\nContent-Encoding: gzip\r\n\r\n"};
    if (r.line.find("/cut") != std::string::npos)
      return ok(sent.substr(0, sent.size() - 5), "Content-Encoding: gzip\r\n");
    if (r.line.find("/unknown") != std::string::npos) return ok("x", "Content-Encoding: rot13\r\n");
    return ok(sent, "Content-Encoding: gzip\r\n");
  };
  with_server(answers, [&](std::string url, scripted& server) -> task<> {
    sent = weft::http::gzip(text);
    client c{{.base_url = url}};
    EXPECT_TRUE(co_await c.get("/").text() == text);
    EXPECT_NE(server.requests[0].head.find("\r\naccept-encoding: gzip, deflate, br, zstd\r\n"), std::string::npos);
    EXPECT_EQ((co_await c.get("/none")).status(), 304);
    const std::string limited = co_await text_of<weft::limit_error>(c.get("/").body_limit(99'999));
    EXPECT_NE(limited.find("the body of GET"), std::string::npos) << limited;
    for (const char* const path : {"/cut", "/unknown"}) {
      const std::string why = co_await text_of<weft::http::request_error>(c.get(path));
      EXPECT_TRUE(why.starts_with("GET " + url + path + ": ")) << why;
    }
    client raw{{.base_url = url, .decompress = false}};
    EXPECT_TRUE(co_await raw.get("/").text() == sent);
  });
}

struct city {
  std::string name;
  int people;
};
WEFT_DESCRIBE(city, name, people)

std::string json_error_of(auto&& read) {
  try {
    read();
  } catch (const weft::json_error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(NetHttpClient, SaysWhereAnAnswerIsNoJson) {
  with_server([](const seen_request&) { return ok("{\n\"name\": nul}"); },
              [](std::string url, scripted&) -> task<> {
                client c;
                weft::http::response r = co_await c.put(url + "/x");
                const std::string wrong = json_error_of([&] { (void)r.json(); });
                EXPECT_TRUE(wrong.starts_with("PUT " + url + "/x: $.name: expected ")) << wrong;
                EXPECT_EQ(json_error_of([&] { (void)r.json<city>(); }), wrong);
              });
}

TEST(NetHttpClient, SendsAndReadsDescribedTypes) {
  with_server([](const seen_request& r) { return r.body.empty() ? ok(R"({"name": 7})") : ok(r.body); },
              [](std::string url, scripted& server) -> task<> {
                client c{{.base_url = url}};
                const city sent{"Köln", 1'000'000};
                const city got = co_await c.post("/").json(sent).json<city>();
                EXPECT_EQ(got.name, "Köln");
                EXPECT_EQ(got.people, 1'000'000);
                EXPECT_EQ(server.requests[0].body, R"({"name":"Köln","people":1000000})");
                weft::http::response r = co_await c.post("/").json(sent);
                EXPECT_EQ(r.json<city>().people, 1'000'000);
                EXPECT_EQ(r.json().at("people").as_int64(), 1'000'000);
                const std::string wrong = co_await text_of<weft::json_error>(c.get("/").json<city>());
                EXPECT_NE(wrong.find("name"), std::string::npos) << wrong;
                EXPECT_NE(wrong.find("people"), std::string::npos) << wrong;
                EXPECT_TRUE(wrong.starts_with("GET " + url + "/: ")) << wrong;
                r = co_await c.get("/");
                EXPECT_EQ(json_error_of([&] { (void)r.json<city>(); }), wrong);
              });
}

TEST(NetHttpClient, IdleConnectionsAreClosedByTheClock) {
  weft::testing::with_server([](const seen_request&) { return ok("x"); },
                             [](std::string url, scripted& server) -> task<> {
                               client c{{.idle_timeout = 50ms}};
                               co_await c.get(url);
                               EXPECT_EQ(c.idle_connections(), 1U);
                               while (c.idle_connections() != 0) co_await weft::sleep(5ms);
                               co_await c.get(url);
                               EXPECT_EQ(server.connections, 2);
                             });
}

TEST(NetHttpClient, RetryHeedsWhatTheServerAsksFor) {
  weft::run(
      []() -> task<> {
        client c;
        int asked = 0;
        c.answer_with([&](const weft::http::mock_request&) -> task<weft::http::mock_response> {
          if (++asked < 3) co_return weft::http::mock_response{503, "busy"}.header("Retry-After", "7");
          co_return weft::http::mock_response{200, "done"};
        });
        const weft::time_point before = weft::now();
        const auto get = [&] { return c.get("http://example.org/").text(); };
        const std::string text = co_await weft::retry({.retry_if = &weft::http::is_transient}, get);
        EXPECT_EQ(text, "done");
        EXPECT_EQ(weft::now() - before, 14s);

        asked = 0;
        const weft::http::response busy = co_await c.get("http://example.org/");
        EXPECT_EQ(busy.retry_after(), 7s);
        c.answer_with([&](const weft::http::mock_request&) -> task<weft::http::mock_response> {
          ++asked;
          co_return weft::http::mock_response{404, "gone"};
        });
        asked = 0;
        EXPECT_EQ(co_await text_of<weft::http::status_error>(weft::retry({.retry_if = &weft::http::is_transient}, get)),
                  "GET http://example.org/: 404: gone");
        EXPECT_EQ(asked, 1);
      }(),
      {.clock = weft::clock_mode::simulated});
}

}  // namespace
