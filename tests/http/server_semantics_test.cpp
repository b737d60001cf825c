// What the protocol asks of a server, whatever its handler does.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "server_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::http::server_request;
using weft::http::server_response;
using weft::testing::says;
using weft::testing::with_http_server;

const std::string last = "Host: a\r\nConnection: close\r\n\r\n";

weft::task<server_response> hello(server_request&) { co_return server_response::text("hello"); }

TEST(HttpServerSemantics, AnswersHeadWithoutTheBody) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        if (request.path() == "/fixed") co_return server_response::text("hello");
        if (request.path() == "/known") co_return server_response{}.header("Content-Length", "12345");
        co_return server_response::stream([](weft::http::body_writer& to) -> weft::task<> {
          ADD_FAILURE() << "nobody wants this";
          co_await to.write("x");
        });
      },
      [](weft::http::server& server) -> weft::task<> {
        EXPECT_EQ(co_await says(server, "HEAD /fixed HTTP/1.1\r\n" + last),
                  "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\nconnection: "
                  "close\r\n\r\n");
        EXPECT_EQ(co_await says(server, "HEAD /known HTTP/1.1\r\n" + last),
                  "HTTP/1.1 200 OK\r\ncontent-length: 12345\r\nconnection: close\r\n\r\n");
        EXPECT_EQ(co_await says(server, "HEAD /streamed HTTP/1.1\r\n" + last),
                  "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: "
                  "chunked\r\nconnection: close\r\n\r\n");
      });
}

TEST(HttpServerSemantics, SendsNoBodyWhereThereMustBeNone) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        co_return server_response::text("hello").status(request.path() == "/204" ? 204 : 304);
      },
      [](weft::http::server& server) -> weft::task<> {
        EXPECT_EQ(co_await says(server, "GET /204 HTTP/1.1\r\n" + last),
                  "HTTP/1.1 204 No Content\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\n");
        EXPECT_EQ(co_await says(server, "GET /304 HTTP/1.1\r\n" + last),
                  "HTTP/1.1 304 Not Modified\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\n");
      });
}

TEST(HttpServerSemantics, SpeaksWithClientsOfHttp10) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        if (request.path() == "/fixed") co_return server_response::text("hello");
        co_return server_response::stream([](weft::http::body_writer& to) -> weft::task<> {
          co_await to.write("one ");
          co_await to.write("two");
        });
      },
      [](weft::http::server& server) -> weft::task<> {
        EXPECT_EQ(co_await says(server, "GET /fixed HTTP/1.0\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\nconnection: "
                  "close\r\n\r\nhello");
        EXPECT_EQ(co_await says(server, "GET /fixed HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\nconnection: "
                  "keep-alive\r\n\r\nhello"
                  "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\nconnection: close\r\n\r\none two");
      });
}

TEST(HttpServerSemantics, AsksForABodyOnlyWhenItIsRead) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        if (request.path() == "/no") co_return server_response{403};
        co_return server_response::text(co_await request.text());
      },
      [](weft::http::server& server) -> weft::task<> {
        const std::string rest = " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
        EXPECT_EQ(co_await says(server, "POST /no" + rest),
                  "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write("POST /yes" + rest);
        EXPECT_EQ(co_await stream.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
        co_await stream.write("hello");
        const std::string head = co_await stream.read_until("\r\n\r\n");
        EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
        EXPECT_EQ(co_await stream.read_some(), "hello");
      });
}

TEST(HttpServerSemantics, GivesTheBodyAsItComesAndItsTrailers) {
  std::string seen;
  with_http_server(
      [&](server_request& request) -> weft::task<server_response> {
        EXPECT_TRUE(request.has_body());
        EXPECT_FALSE(request.content_length());
        while (std::optional<std::string_view> piece = co_await request.next()) seen += "[" + std::string{*piece} + "]";
        seen += request.trailers().get("sum").value_or("none");
        co_return server_response{};
      },
      [&](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        co_await stream.write("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + last + "3\r\nabc\r\n");
        co_await weft::sleep(1s);
        co_await stream.write("2\r\nde\r\n0\r\nsum: 5\r\n\r\n");
        const std::string answer = co_await stream.read_all();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
      });
  EXPECT_EQ(seen, "[abc][de]5");
}

TEST(HttpServerSemantics, AStreamMayReadTheBodyThatItAnswers) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        co_return server_response::stream([&request](weft::http::response_writer& to) -> weft::task<> {
          while (const auto piece = co_await request.next()) co_await to.write(*piece);
        });
      },
      [](weft::http::server& server) -> weft::task<> {
        const std::string body(300'000, 'b');  // more than is passed over
        const std::string fields = "\r\nHost: a\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n";
        const std::string old = co_await says(server, "POST / HTTP/1.0" + fields + body);
        EXPECT_TRUE(old.ends_with("\r\n\r\n" + body)) << old.substr(0, 300);
        const std::string present = co_await says(server, "POST / HTTP/1.1" + fields + body);
        EXPECT_TRUE(present.ends_with("b\r\n0\r\n\r\n")) << present.substr(0, 300);
        EXPECT_EQ(
            std::count(present.begin() + static_cast<std::ptrdiff_t>(present.find("\r\n\r\n")), present.end(), 'b') /
                300'000,
            1);
      });
}

TEST(HttpServerSemantics, ReadsJson) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        const std::vector<int> numbers = co_await request.json<std::vector<int>>();
        int sum = 0;
        for (const int each : numbers) sum += each;
        co_return server_response::json(sum);
      },
      [](weft::http::server& server) -> weft::task<> {
        weft::http::client client{{.base_url = server.url()}};
        EXPECT_EQ((co_await client.post("/").json_text("[1, 2, 3]")).text(), "6");
        EXPECT_EQ((co_await client.post("/").json_text("[1, 2")).status(), 400);
        const weft::http::response wrong = co_await client.post("/").json_text(R"([1, "2"])");
        EXPECT_EQ(wrong.status(), 422);
        EXPECT_NE(wrong.text().find("$[1]"), std::string::npos) << wrong.text();
      });
}

TEST(HttpServerSemantics, SendsEarlyHintsAtOnce) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        weft::http::headers hints;
        hints.add("Link", "</style.css>; rel=preload");
        request.send_early_hints(hints);
        co_await weft::sleep(1s);
        co_return server_response::text("page");
      },
      [](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        const weft::time_point begin = weft::now();
        co_await stream.write("GET / HTTP/1.1\r\n" + last);
        EXPECT_EQ(co_await stream.read_until("\r\n\r\n"),
                  "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
        EXPECT_LT(weft::now() - begin, 1s);
        const std::string answer = co_await stream.read_all();
        EXPECT_TRUE(answer.ends_with("page"));
      });
}

TEST(HttpServerSemantics, ManagesTheFieldsOfTheConnectionItself) {
  with_http_server(
      [](server_request&) -> weft::task<server_response> {
        co_return server_response::text("hello")
            .header("Content-Length", "3")
            .header("Transfer-Encoding", "gzip")
            .header("Content-Type", "text/x-own")
            .header("x-own", "1")
            .header("Connection", "close");
      },
      [](weft::http::server& server) -> weft::task<> {
        EXPECT_EQ(co_await says(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\nContent-Type: text/x-own\r\nx-own: 1\r\ncontent-length: 5\r\nconnection: "
                  "close\r\n\r\nhello");
      });
}

TEST(HttpServerSemantics, SendsADateAndItsName) {
  with_http_server(hello,
                   [](weft::http::server& server) -> weft::task<> {
                     weft::http::client client{{.base_url = server.url()}};
                     const weft::http::response r = co_await client.get("/");
                     EXPECT_TRUE(weft::http::parse_http_date(r.header("date")));
                     EXPECT_EQ(r.header("server"), "loom/1");
                   },
                   {.server_name = "loom/1"});
}

TEST(HttpServerSemantics, SendsALargeBodyFromWhereItIs) {
  static const std::string large(3'000'000, 'x');
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        if (request.path() == "/static") co_return server_response::static_bytes(large, "text/plain");
        co_return server_response::text(large);
      },
      [](weft::http::server& server) -> weft::task<> {
        weft::http::client client{{.base_url = server.url()}};
        for (const char* const path : {"/static", "/owned", "/static"}) {
          const weft::http::response r = co_await client.get(path);
          EXPECT_EQ(r.text(), large);
        }
        EXPECT_EQ(server.connections(), 1u);
      });
}

TEST(HttpServerSemantics, ABodyThatBreaksOffIsNotTakenForWhole) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        const bool announced = request.path() == "/announced";
        co_return server_response::stream(
            [announced](weft::http::body_writer& to) -> weft::task<> {
              co_await to.write("part");
              if (!announced) throw std::runtime_error{"broken"};
            },
            "text/plain", announced ? std::optional<std::uint64_t>{100} : std::nullopt);
      },
      [](weft::http::server& server) -> weft::task<> {
        weft::this_loop().set_exception_handler([](const weft::exception_context&) {});
        weft::http::client client{{.base_url = server.url()}};
        for (const char* const path : {"/announced", "/chunked"}) {
          bool failed = false;
          try {
            co_await client.get(path);
          } catch (const weft::http::request_error&) {
            failed = true;
          }
          EXPECT_TRUE(failed) << path;
        }
      });
}

TEST(HttpServerSemantics, AnswersWhatWasPipelinedWhileAHandlerWaits) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        if (request.path() == "/slow") co_await weft::sleep(1min);
        co_return server_response::text(std::string{request.path()});
      },
      [](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        const weft::time_point begin = weft::now();
        co_await stream.write("GET /quick HTTP/1.1\r\nHost: a\r\n\r\nGET /slow HTTP/1.1\r\n" + last);
        co_await stream.read_until("/quick");
        EXPECT_LT(weft::now() - begin, 1s);  // it does not wait for the slow one
        co_await stream.read_until("/slow");
        EXPECT_GE(weft::now() - begin, 1min);
      });
}

TEST(HttpServerSemantics, DrainsInPeace) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        if (request.wants_upgrade()) {
          co_return server_response::upgrade("x", [](weft::byte_stream stream, weft::event& draining) -> weft::task<> {
            co_await draining.wait();
            co_await stream.write("bye");
          });
        }
        co_await weft::sleep(5s);
        co_return server_response::text("done");
      },
      [](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream idle = co_await weft::open_connection("127.0.0.1", server.port());
        weft::tcp_stream busy = co_await weft::open_connection("127.0.0.1", server.port());
        weft::tcp_stream other = co_await weft::open_connection("127.0.0.1", server.port());
        co_await busy.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        co_await other.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
        co_await weft::sleep(1s);
        EXPECT_EQ(server.connections(), 3u);
        const weft::time_point begin = weft::now();
        const bool early = co_await server.drain(2s);
        EXPECT_FALSE(early);
        EXPECT_EQ(server.connections(), 1u);
        const bool drained = co_await server.drain(1min);
        EXPECT_TRUE(drained);
        EXPECT_LE(weft::now() - begin, 6s);  // the client does not close, and is waited for a little
        EXPECT_EQ(co_await idle.read_all(), "");
        EXPECT_TRUE((co_await other.read_all()).ends_with("bye"));
        const std::string answer = co_await busy.read_all();
        EXPECT_NE(answer.find("\r\nconnection: close\r\n"), answer.npos) << answer;
        EXPECT_TRUE(answer.ends_with("done"));
      });
}

TEST(HttpServerSemantics, WhatOneTurnAnswersGoesOutTogether) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        co_return server_response::text(std::string{request.path()});
      },
      [](weft::http::server& server) -> weft::task<> {
        weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
        std::string requests;
        for (int i = 0; i < 16; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
        co_await stream.write(std::string_view{requests});
        const std::string first = co_await stream.read_some(100'000);
        EXPECT_TRUE(first.ends_with("/15")) << first;
      });
}

TEST(HttpServerSemantics, SendsTrailersBehindAStream) {
  with_http_server(
      [](server_request&) -> weft::task<server_response> {
        co_return server_response::stream(
            [](weft::http::body_writer& to) -> weft::task<> {
              co_await to.write("abc");
              to.trailer("Digest", "123");
              to.trailer("Server-Timing", "all;dur=1");
            },
            "text/plain");
      },
      [](weft::http::server& server) -> weft::task<> {
        std::string answer = co_await says(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        EXPECT_TRUE(answer.ends_with("\r\n\r\n3\r\nabc\r\n0\r\nDigest: 123\r\nServer-Timing: all;dur=1\r\n\r\n"))
            << answer;
        answer = co_await says(server, "GET / HTTP/1.0\r\n\r\n");
        EXPECT_TRUE(answer.ends_with("\r\n\r\nabc")) << answer;
      });
}

}  // namespace
