// The HTTP server over TLS, and clients that do not get as far as HTTP.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "server_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::server;
using weft::http::server_request;
using weft::http::server_response;
using weft::testing::with_http_server;

weft::tls_context context() {
  const auto made_up = weft::make_up_certificate({"127.0.0.1"});
  weft::tls_context of = weft::tls_context::server();
  of.add_certificate_pem(made_up.certificate, made_up.key).alpn("http/1.1");
  return of;
}

task<server_response> hello(server_request& request) {
  co_return server_response::text(request.is_tls() ? "hello" : "not over TLS");
}

/// What a client that offers these protocols agrees on, and what it is answered.
task<std::string> agreed_on(const server& site, std::string protocols) {
  weft::tls_stream stream =
      co_await weft::open_connection("127.0.0.1", site.port(), weft::tls_options{.verify = false, .alpn = protocols});
  const std::string protocol = stream.alpn_protocol();
  co_await stream.write("GET / HTTP/1.0\r\n\r\n");
  const std::string answer = co_await stream.read_all();
  co_return protocol + ": " + answer.substr(answer.find("\r\n\r\n") + 4);
}

TEST(HttpServerTls, AgreesOnItsProtocol) {
  const weft::tls_context of = context();
  with_http_server(hello,
                   [](server& site) -> task<> {
                     EXPECT_EQ(co_await agreed_on(site, "h2,http/1.1"), "http/1.1: hello");
                     EXPECT_EQ(co_await agreed_on(site, ""), ": hello") << "a client that does not ask";
                     bool refused = false;
                     try {
                       co_await agreed_on(site, "h2");
                     } catch (const std::system_error&) {
                       refused = true;
                     } catch (const weft::error&) {
                       refused = true;
                     }
                     EXPECT_TRUE(refused);
                     EXPECT_EQ(co_await agreed_on(site, "http/1.1"), "http/1.1: hello");
                   },
                   {.tls = &of});
}

TEST(HttpServerTls, TurnsAwayWhatIsNoTls) {
  const weft::tls_context of = context();
  with_http_server(hello,
                   [](server& site) -> task<> {
                     for (const std::string& bytes : {std::string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
                                                      std::string(5000, '\0'), std::string{"\x16\x03\x01\xff\xff"}}) {
                       weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", site.port());
                       const weft::time_point begin = weft::now();
                       std::string answer;
                       try {
                         co_await stream.write(std::string_view{bytes});
                         answer = co_await stream.read_all();
                       } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): reset
                       }
                       EXPECT_EQ(answer.find("HTTP"), answer.npos);
                       EXPECT_LE(weft::now() - begin, 12s);
                     }
                     while (site.connections() != 0) co_await weft::sleep(1ms);
                     EXPECT_EQ(co_await agreed_on(site, "http/1.1"), "http/1.1: hello");
                   },
                   {.tls = &of});
}

TEST(HttpServerTls, AHandshakeMayNotTakeForEver) {
  const weft::tls_context of = context();
  with_http_server(hello,
                   [](server& site) -> task<> {
                     weft::tcp_stream silent = co_await weft::open_connection("127.0.0.1", site.port());
                     const weft::time_point begin = weft::now();
                     while (site.connections() == 0) co_await weft::sleep(1ms);
                     EXPECT_EQ(co_await agreed_on(site, "http/1.1"), "http/1.1: hello") << "meanwhile";
                     while (site.connections() != 0) co_await weft::sleep(1s);
                     EXPECT_LE(weft::now() - begin, 12s);
                   },
                   {.tls = &of});
}

TEST(HttpServerTls, OneConnectionTooManyGetsNoHandshake) {
  const weft::tls_context of = context();
  with_http_server(hello,
                   [](server& site) -> task<> {
                     weft::tcp_stream first = co_await weft::open_connection("127.0.0.1", site.port());
                     while (site.connections() == 0) co_await weft::sleep(1ms);
                     weft::tcp_stream second = co_await weft::open_connection("127.0.0.1", site.port());
                     EXPECT_EQ(co_await second.read_all(), "");
                     first.close();
                     while (site.connections() != 0) co_await weft::sleep(1ms);
                     EXPECT_EQ(co_await agreed_on(site, "http/1.1"), "http/1.1: hello");
                   },
                   {.tls = &of, .max_connections = 1});
}

}  // namespace
