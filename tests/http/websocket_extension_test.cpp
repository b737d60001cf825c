#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http/websocket_extension.hpp"

using namespace weft::http::detail;

namespace {

/// What a server makes of an offer: its answer, or "none", or "malformed".
std::string answer(std::string_view offer, const deflate_wishes& wishes = {}) {
  const auto offers = parse_websocket_extensions(offer);
  if (!offers) return "malformed";
  const auto accepted = accept_deflate(*offers, wishes);
  return accepted ? accepted->answer : "none";
}

/// What a client makes of an answer: "refused", or bits and context of server and client: "15+ 12-".
std::string confirm(std::string_view text, const deflate_wishes& wishes = {}) {
  const auto answered = parse_websocket_extensions(text);
  if (!answered || answered->size() != 1) return "malformed";
  const auto agreed = confirm_deflate(answered->front(), wishes);
  if (!agreed) return "refused";
  return std::to_string(agreed->server_window_bits) + (agreed->server_keeps_context ? "+ " : "- ") +
         std::to_string(agreed->client_window_bits) + (agreed->client_keeps_context ? "+" : "-");
}

TEST(WebsocketExtension, IsReadStrictly) {
  const auto two = parse_websocket_extensions(" foo; a=1; B=\"x\" ;c , bar");
  ASSERT_TRUE(two);
  ASSERT_EQ(two->size(), 2U);
  EXPECT_EQ(two->front().name, "foo");
  EXPECT_EQ(two->front().parameters.size(), 3U);
  EXPECT_EQ(two->front().parameters[1].second, "x");
  EXPECT_FALSE(two->front().parameters[2].second);
  EXPECT_EQ(two->back().name, "bar");
  for (const std::string_view bad :
       {"foo bar", ";", "foo;", "foo; =1", "foo; a=", "foo; a=\"\"", "foo; a=\"b", "foo; a=\"b c\"", "=", "a/b"}) {
    EXPECT_FALSE(parse_websocket_extensions(bad)) << bad;
  }
  EXPECT_TRUE(parse_websocket_extensions("")->empty());
}

TEST(WebsocketExtension, ServerTakesTheFirstOfferThatItCanKeep) {
  EXPECT_EQ(answer("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits"), "permessage-deflate");
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits=10"), "permessage-deflate; client_max_window_bits=10");
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=10"), "permessage-deflate; server_max_window_bits=10");
  EXPECT_EQ(answer("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_EQ(answer("permessage-deflate", {.window_bits = 11}), "permessage-deflate; server_max_window_bits=11");
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits", {.window_bits = 11, .keep_context = false}),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; "
            "client_max_window_bits=11");
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=7, permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(answer("foo, permessage-deflate; bar, permessage-deflate; server_max_window_bits"), "none");
  for (const std::string_view bad :
       {"client_max_window_bits=16", "client_max_window_bits=08", "server_max_window_bits=x",
        "server_no_context_takeover=1", "client_no_context_takeover; client_no_context_takeover",
        "client_max_window_bits; client_max_window_bits=10"}) {
    EXPECT_EQ(answer("permessage-deflate; " + std::string{bad}), "none") << bad;
  }
}

TEST(WebsocketExtension, ClientOffersWhatItWants) {
  EXPECT_EQ(offer_deflate({}), "permessage-deflate; client_max_window_bits");
  EXPECT_EQ(offer_deflate({.window_bits = 10, .keep_context = false}),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
            "client_max_window_bits=10");
}

TEST(WebsocketExtension, ClientTakesNoAnswerThatItDidNotAskFor) {
  EXPECT_EQ(confirm("permessage-deflate"), "15+ 15+");
  EXPECT_EQ(confirm("permessage-deflate; server_no_context_takeover; client_max_window_bits=9"), "15- 9+");
  EXPECT_EQ(confirm("permessage-deflate; client_no_context_takeover; server_max_window_bits=12"), "12+ 15-");
  EXPECT_EQ(confirm("permessage-deflate; client_max_window_bits"), "refused");
  EXPECT_EQ(confirm("permessage-deflate; foo"), "refused");
  EXPECT_EQ(confirm("something-else"), "refused");
  EXPECT_EQ(confirm("permessage-deflate", {.window_bits = 10}), "refused");
  EXPECT_EQ(confirm("permessage-deflate; server_max_window_bits=9", {.window_bits = 10}), "9+ 10+");
  EXPECT_EQ(confirm("permessage-deflate", {.keep_context = false}), "refused");
}

}  // namespace
