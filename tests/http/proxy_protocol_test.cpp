#include "http/proxy_protocol.hpp"

#include <gtest/gtest.h>

#include <string>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "server_talk.hpp"

namespace {

using weft::http::detail::read_proxy_header;

const std::string mark{"\r\n\r\n\0\r\nQUIT\n", 12};
const std::string v4_addresses{"\xc0\x00\x02\x01\xc0\x00\x02\x02\xdc\x04\x01\xbb", 12};

std::string binary(char command, char family, const std::string& extra) {
  return mark + command + family + static_cast<char>(extra.size() >> 8) + static_cast<char>(extra.size() & 0xff) +
         extra;
}

/// "CLIENT SIZE", "- SIZE", "more" or "refused".
std::string seen_in(const std::string& input) {
  try {
    const auto header = read_proxy_header(input);
    if (!header) return "more";
    return (header->client ? header->client->to_string() : "-") + " " + std::to_string(header->size);
  } catch (const weft::http::protocol_error&) {
    return "refused";
  }
}

TEST(ProxyProtocol, ReadsVersion1) {
  EXPECT_EQ(seen_in("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET"), "192.0.2.1:56324 42");
  EXPECT_EQ(seen_in("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n"), "[2001:db8::1]:1 40");
  EXPECT_EQ(seen_in("PROXY UNKNOWN\r\n"), "- 15");
  EXPECT_EQ(seen_in("PROXY UNKNOWN ffff:f...f:ffff 1 2\r\n"), "- 35");
}

TEST(ProxyProtocol, ReadsVersion2) {
  EXPECT_EQ(seen_in(binary(0x21, 0x11, v4_addresses)), "192.0.2.1:56324 28");
  EXPECT_EQ(seen_in(binary(0x21, 0x11, v4_addresses + std::string("\x04\x00\x01x", 4))), "192.0.2.1:56324 32");
  EXPECT_EQ(seen_in(binary(0x20, 0x00, "")), "- 16");
  EXPECT_EQ(seen_in(binary(0x21, 0x31, std::string(216, 'a'))), "- 232");  // a Unix socket's client
}

TEST(ProxyProtocol, WaitsForTheWholeHeader) {
  const std::string first = "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n";
  for (std::size_t size = 0; size < first.size(); ++size) EXPECT_EQ(seen_in(first.substr(0, size)), "more") << size;
  const std::string second = binary(0x21, 0x11, v4_addresses);
  for (std::size_t size = 0; size < second.size(); ++size) EXPECT_EQ(seen_in(second.substr(0, size)), "more") << size;
}

TEST(ProxyProtocol, RefusesEverythingElse) {
  for (const std::string& input :
       {std::string{"GET / HTTP/1.1\r\n"}, std::string{"PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n"},
        std::string{"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443 1\r\n"}, std::string{"PROXY TCP4 a 192.0.2.2 1 2\r\n"},
        std::string{"PROXY TCP4 ::1 ::1 1 2\r\n"}, std::string{"PROXY TCP4 192.0.2.1 192.0.2.2 99999 443\r\n"},
        "PROXY " + std::string(120, 'a'), binary(0x31, 0x11, v4_addresses), binary(0x22, 0x11, v4_addresses),
        binary(0x21, 0x11, "short"), binary(0x21, 0x21, v4_addresses)}) {
    EXPECT_EQ(seen_in(input), "refused") << input;
  }
}

TEST(HttpServerBehindAProxy, LearnsWhoTheClientIs) {
  weft::testing::with_http_server(
      [](weft::http::server_request& request) -> weft::task<weft::http::server_response> {
        co_return weft::http::server_response::text(request.peer().to_string());
      },
      [](weft::http::server& server) -> weft::task<> {
        const std::string request = "GET / HTTP/1.0\r\n\r\n";
        std::string answer =
            co_await weft::testing::says(server, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n" + request);
        EXPECT_TRUE(answer.ends_with("\r\n\r\n192.0.2.1:56324")) << answer;
        answer = co_await weft::testing::says(server, binary(0x21, 0x11, v4_addresses) + request);
        EXPECT_TRUE(answer.ends_with("\r\n\r\n192.0.2.1:56324")) << answer;
        EXPECT_EQ(co_await weft::testing::says(server, "PROXY TCP4 192.0.2.1"), "");
      },
      {.proxy_protocol = true});
}

}  // namespace
