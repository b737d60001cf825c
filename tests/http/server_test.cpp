#include <gtest/gtest.h>

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

auto hello = [](server_request&) -> weft::task<server_response> { co_return server_response::text("hello"); };

TEST(HttpServer, AnswersARequest) {
  with_http_server(hello, [](weft::http::server& server) -> weft::task<> {
    EXPECT_EQ(co_await says(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\nconnection: "
              "close\r\n\r\nhello");
  });
}

TEST(HttpServer, AnswersTheClientOfThisLibrary) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        const std::string body = co_await request.text();
        co_return server_response::text(std::string{request.method()} + " " + std::string{request.path()} + " " +
                                        std::string{request.query()} + " " + body);
      },
      [](weft::http::server& server) -> weft::task<> {
        weft::http::client client{{.base_url = server.url()}};
        for (int i = 0; i < 3; ++i) {
          const weft::http::response r = co_await client.post("/a/b?c=d").body("body");
          EXPECT_EQ(r.text(), "POST /a/b c=d body");
        }
        EXPECT_EQ(server.connections(), 1u);
      });
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  int number = 0;
  with_http_server(
      [&](server_request&) -> weft::task<server_response> {
        const int mine = ++number;
        co_await weft::sleep(std::chrono::milliseconds{5 - mine});
        co_return server_response::text(std::to_string(mine));
      },
      [](weft::http::server& server) -> weft::task<> {
        const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        const std::string all = co_await says(
            server, request + request + request + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        std::string bodies;
        for (std::size_t at = 0; (at = all.find("\r\n\r\n", at)) != all.npos; at += 4) bodies += all[at + 4];
        EXPECT_EQ(bodies, "1234");
      });
}

TEST(HttpServer, StreamsABody) {
  with_http_server(
      [](server_request&) -> weft::task<server_response> {
        co_return server_response::stream(
            [](weft::http::response_writer& to) -> weft::task<> {
              co_await to.write("one");
              co_await to.write("two");
              co_await to.flush();
              co_await weft::sleep(1ms);
              co_await to.write("three");
              to.trailer("sum", "3");
            },
            "text/plain");
      },
      [](weft::http::server& server) -> weft::task<> {
        EXPECT_EQ(co_await says(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\nconnection: "
                  "close\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\nsum: 3\r\n\r\n");
      });
}

TEST(HttpServer, HandsTheConnectionToAnotherProtocol) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        EXPECT_TRUE(request.wants_upgrade());
        co_return server_response::upgrade("shout", [](weft::byte_stream stream) -> weft::task<> {
          const std::string word = co_await stream.read_until("\n");
          co_await stream.write("<" + word);
        });
      },
      [](weft::http::server& server) -> weft::task<> {
        EXPECT_EQ(
            co_await says(server, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: shout\r\nConnection: upgrade\r\n\r\nab\n"),
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: shout\r\nconnection: upgrade\r\n\r\n<ab\n");
      });
}

TEST(HttpServer, HidesWhyAHandlerFailed) {
  with_http_server(
      [](server_request& request) -> weft::task<server_response> {
        if (request.path() == "/absent") throw weft::http::http_error{404, "nothing there"};
        throw std::runtime_error{"secret"};
      },
      [](weft::http::server& server) -> weft::task<> {
        std::string reported;
        weft::this_loop().set_exception_handler([&](const weft::exception_context& what) { reported = what.message; });
        const std::string absent = co_await says(server, "GET /absent HTTP/1.0\r\n\r\n");
        EXPECT_TRUE(absent.starts_with("HTTP/1.1 404 Not Found\r\n")) << absent;
        EXPECT_TRUE(absent.ends_with("\r\n\r\nnothing there\n")) << absent;
        EXPECT_EQ(reported, "");
        const std::string failed = co_await says(server, "GET / HTTP/1.0\r\n\r\n");
        EXPECT_TRUE(failed.starts_with("HTTP/1.1 500 Internal Server Error\r\n")) << failed;
        EXPECT_EQ(failed.find("secret"), failed.npos);
        EXPECT_EQ(reported, "An HTTP handler failed");
      });
}

}  // namespace
