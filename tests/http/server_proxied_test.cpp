// A server behind a proxy that introduces its clients, and whoever pretends to be one.

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
using weft::testing::says;
using weft::testing::with_http_server;

task<server_response> who(server_request& request) { co_return server_response::text(request.peer().to_string()); }

const std::string request = "GET / HTTP/1.0\r\n\r\n";
const std::string mark{"\r\n\r\n\0\r\nQUIT\n", 12};

/// A header of version 2 for a client at 192.0.2.X:258.
std::string from(char last, const std::string& more = {}) {
  const std::string addresses =
      std::string{"\xc0\x00\x02", 3} + last + std::string{"\xc0\x00\x02\x01\x01\x02\x00\x50", 8};
  const std::size_t size = addresses.size() + more.size();
  return mark + "\x21\x11" + static_cast<char>(size >> 8) + static_cast<char>(size & 0xff) + addresses + more;
}

TEST(HttpServerProxied, TakesHeadersInPieces) {
  with_http_server(
      who,
      [](server& site) -> task<> {
        for (const std::string& header : {std::string{"PROXY TCP6 2001:db8::1 2001:db8::2 7 80\r\n"}, from(9)}) {
          weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", site.port());
          const std::string all = header + request;
          for (const char c : all) {
            co_await stream.write(std::string(1, c));
            co_await weft::sleep(1ms);
          }
          const std::string answer = co_await stream.read_all();
          EXPECT_TRUE(answer.ends_with(header[0] == 'P' ? "\r\n\r\n[2001:db8::1]:7" : "\r\n\r\n192.0.2.9:258"))
              << answer;
        }
      },
      {.proxy_protocol = true});
}

TEST(HttpServerProxied, LeavesTheProxyItselfAtItsOwnAddress) {
  with_http_server(who,
                   [](server& site) -> task<> {
                     std::string answer =
                         co_await says(site, mark + std::string{"\x20\x00\x00\x00", 4} + request);  // a health check
                     EXPECT_NE(answer.find("\r\n\r\n127.0.0.1:"), answer.npos) << answer;
                     answer = co_await says(site, "PROXY UNKNOWN\r\n" + request);
                     EXPECT_NE(answer.find("\r\n\r\n127.0.0.1:"), answer.npos) << answer;
                   },
                   {.proxy_protocol = true});
}

TEST(HttpServerProxied, ClosesWhatIsNoHeaderWithoutAWord) {
  with_http_server(who,
                   [](server& site) -> task<> {
                     const std::vector<std::string> bad = {
                         request,
                         "PROXY TCP4 192.0.2.1 192.0.2.2 1 99999\r\n" + request,
                         "PROXY TCP4 2001:db8::1 192.0.2.2 1 2\r\n" + request,
                         "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n" + request,
                         "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n" + request,
                         "PROXY " + std::string(200, 'a') + "\r\n" + request,
                         "proxy tcp4 192.0.2.1 192.0.2.2 1 2\r\n" + request,
                         mark + std::string{"\x31\x11\x00\x0c", 4} + std::string(12, 'a') + request,
                         mark + std::string{"\x22\x11\x00\x0c", 4} + std::string(12, 'a') + request,
                         mark + std::string{"\x21\x11\x00\x04", 4} + std::string(4, 'a') + request,
                         mark.substr(0, 11) + "x" + request,
                         std::string(100'000, '\0'),
                     };
                     for (const std::string& each : bad) {
                       std::string answer = "?";
                       try {
                         answer = co_await says(site, each);
                       } catch (const std::system_error&) {
                         answer = "";  // reset, with what it had sent unread
                       }
                       EXPECT_EQ(answer, "") << each.substr(0, 60);
                     }
                     const std::string answer = co_await says(site, from(1) + request);
                     EXPECT_TRUE(answer.ends_with("192.0.2.1:258")) << "others are served";
                   },
                   {.proxy_protocol = true});
}

TEST(HttpServerProxied, DoesNotWaitForEverForAHeader) {
  with_http_server(who,
                   [](server& site) -> task<> {
                     for (const std::string& begin : {std::string{}, std::string{"PROXY TCP4 192."}, mark}) {
                       weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", site.port());
                       const weft::time_point opened = weft::now();
                       co_await stream.write(begin + "");
                       EXPECT_EQ(co_await stream.read_all(), "");
                       EXPECT_LE(weft::now() - opened, 12s);
                     }
                   },
                   {.proxy_protocol = true});
}

TEST(HttpServerProxied, CountsTheClientsAndNotTheProxy) {
  with_http_server(who,
                   [](server& site) -> task<> {
                     weft::tcp_stream first = co_await weft::open_connection("127.0.0.1", site.port());
                     co_await first.write(from(1) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                     co_await first.read_until("192.0.2.1:258");
                     std::string answer = co_await says(site, from(1) + request);
                     EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
                     answer = co_await says(site, from(2) + request);
                     EXPECT_TRUE(answer.ends_with("192.0.2.2:258")) << answer;
                     first.close();
                     while (site.connections() != 0) co_await weft::sleep(1ms);
                     answer = co_await says(site, from(1) + request);
                     EXPECT_TRUE(answer.ends_with("192.0.2.1:258")) << answer;
                   },
                   {.proxy_protocol = true, .max_connections_per_address = 1});
}

TEST(HttpServerProxied, CountsTheAddressesOfAnIpv6NetworkAsOne) {
  const auto from_v6 = [](std::string_view address) {
    return "PROXY TCP6 " + std::string{address} + " 2001:db8::2 7 80\r\n";
  };
  with_http_server(who,
                   [&](server& site) -> task<> {
                     weft::tcp_stream first = co_await weft::open_connection("127.0.0.1", site.port());
                     co_await first.write(from_v6("2001:db8:0:1::1") + "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                     co_await first.read_until("[2001:db8:0:1::1]:7");
                     std::string answer = co_await says(site, from_v6("2001:db8:0:1:ffff::2") + request);
                     EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
                     answer = co_await says(site, from_v6("2001:db8:0:2::1") + request);
                     EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
                   },
                   {.proxy_protocol = true, .max_connections_per_address = 1});
}

TEST(HttpServerProxied, IntroducesClientsThatSpeakTls) {
  const auto made_up = weft::make_up_certificate({"127.0.0.1"});
  weft::tls_context context = weft::tls_context::server();
  context.add_certificate_pem(made_up.certificate, made_up.key).alpn("http/1.1");
  with_http_server(who,
                   [](server& site) -> task<> {
                     weft::http::client c{{.base_url = site.url(), .verify = false}};
                     c.connect_with([&](const weft::http::url&) -> task<weft::byte_stream> {
                       weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", site.port());
                       co_await stream.write(from(5));
                       co_return weft::byte_stream{std::move(stream)};
                     });
                     EXPECT_EQ(co_await c.get("/").text(), "192.0.2.5:258");
                   },
                   {.tls = &context, .proxy_protocol = true});
}

}  // namespace
