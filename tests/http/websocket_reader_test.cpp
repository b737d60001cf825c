#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/websocket_frame.hpp"
#include "websocket_transcript.hpp"

using weft::http::websocket_role;
using weft::http::testing::read_websocket;
using weft::http::testing::websocket_case;
using namespace std::string_literals;

namespace {

/// A frame by hand: any first byte, a payload, masked for a server.
std::string frame(unsigned first, std::string_view payload, bool masked = false) {
  std::string out{static_cast<char>(first)};
  const unsigned bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(bit | payload.size());
  } else if (payload.size() < 65536) {
    out += static_cast<char>(bit | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  } else {
    out += static_cast<char>(bit | 127);
    for (int i = 7; i >= 0; --i) out += static_cast<char>(payload.size() >> (8 * i) & 0xff);
  }
  const std::string key = "\x12\xf4\x56\x78";
  if (masked) out += key;
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += masked ? static_cast<char>(payload[i] ^ key[i % 4]) : payload[i];
  return out;
}

constexpr unsigned text = 0x81;
constexpr unsigned binary = 0x82;
constexpr unsigned text_begin = 0x01;
constexpr unsigned binary_begin = 0x02;
constexpr unsigned more = 0x00;
constexpr unsigned last = 0x80;
constexpr unsigned close = 0x88;
constexpr unsigned ping = 0x89;
constexpr unsigned pong = 0x8a;
constexpr unsigned compressed = 0x40;

std::string code(unsigned number, std::string_view reason = {}) {
  return std::string{static_cast<char>(number >> 8), static_cast<char>(number & 0xff)}.append(reason);
}

/// The same however the bytes are cut: whole, byte by byte, and in two at every place.
std::string read(const std::string& bytes, const websocket_case& how = {}) {
  const std::string whole = read_websocket(bytes, [&](std::size_t) { return bytes.size(); }, how);
  EXPECT_EQ(read_websocket(bytes, [](std::size_t) { return 1U; }, how), whole);
  const std::size_t cuts = std::min<std::size_t>(bytes.size(), 600);
  for (std::size_t cut = 1; cut < cuts; ++cut) {
    const std::string halves =
        read_websocket(bytes, [&](std::size_t at) { return at == 0 ? cut : bytes.size() - cut; }, how);
    EXPECT_EQ(halves, whole) << "cut at " << cut;
  }
  return whole;
}

TEST(WebsocketReader, GivesMessagesAndControlFramesHoweverTheyAreCut) {
  EXPECT_EQ(read(frame(text, "hello") + frame(binary, "\x00\xff"s)), "text:hello bytes:\x00\xff"s);
  EXPECT_EQ(read(frame(text, "") + frame(text, "")), "text: text:");
  EXPECT_EQ(read(frame(text_begin, "hel") + frame(more, "") + frame(last, "lo")), "text:hello");
  EXPECT_EQ(read(frame(binary_begin, "a") + frame(ping, "1") + frame(more, "b") + frame(pong, "2") + frame(last, "c")),
            "ping:1 pong:2 bytes:abc");
  EXPECT_EQ(read(frame(ping, std::string(125, 'x'))), "ping:" + std::string(125, 'x'));
  EXPECT_EQ(read(frame(text, std::string(126, 'x'))), "text:" + std::string(126, 'x'));
  EXPECT_EQ(read(frame(text, std::string(70000, 'x')), {.limits = {.message = 100000, .frame = 100000}}),
            "text:" + std::string(70000, 'x'));
  EXPECT_EQ(read(frame(close, code(1000, "bye")) + "anything"), "close:1000:bye");
  EXPECT_EQ(read(frame(close, "")), "close:1005");
}

TEST(WebsocketReader, TakesTheMaskOff) {
  const websocket_case server{.role = websocket_role::server};
  std::string long_text;
  for (int i = 0; i < 150; ++i) long_text += std::to_string(i);
  EXPECT_EQ(read(frame(text, "hello", true) + frame(ping, "abcde", true), server), "text:hello ping:abcde");
  EXPECT_EQ(read(frame(text_begin, long_text, true) + frame(last, long_text, true), server),
            "text:" + long_text + long_text);
  EXPECT_EQ(read(frame(close, code(4000), true), server), "close:4000");
}

TEST(WebsocketReader, RefusesWhatTheRfcForbids) {
  for (const unsigned bit : {0x10U, 0x20U, 0x40U}) {
    EXPECT_EQ(read(frame(text | bit, "a")), "!1002");
    EXPECT_EQ(read(frame(ping | bit, "a")), "!1002");
    EXPECT_EQ(read(frame(text_begin, "a") + frame(last | bit, "a")), "!1002");
  }
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    EXPECT_EQ(read(frame(0x80 | opcode, "")), "!1002");
  }
  for (const unsigned control : {close, ping, pong}) {
    EXPECT_EQ(read(frame(control & 0x7f, "")), "!1002") << "in fragments";
    EXPECT_EQ(read(frame(control, std::string(126, 'x'))), "!1002") << "too long";
  }
  EXPECT_EQ(read(frame(last, "a")), "!1002");
  EXPECT_EQ(read(frame(more, "a")), "!1002");
  EXPECT_EQ(read(frame(text_begin, "a") + frame(text, "b")), "!1002");
  EXPECT_EQ(read(frame(text_begin, "a") + frame(binary_begin, "b")), "!1002");
  EXPECT_EQ(read(frame(text, "a") + frame(last, "b")), "text:a !1002");
  EXPECT_EQ(read(frame(text, "a", true)), "!1002") << "masked by a server";
  EXPECT_EQ(read(frame(text, "a"), {.role = websocket_role::server}), "!1002") << "not masked by a client";
}

TEST(WebsocketReader, RefusesLengthsInMoreBytesThanTheyNeed) {
  EXPECT_EQ(read("\x81\x7e\x00\x05hello"s), "!1002");
  EXPECT_EQ(read("\x81\x7e\x00\x7d"s + std::string(125, 'x')), "!1002");
  EXPECT_EQ(read("\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x05hello"s), "!1002");
  EXPECT_EQ(read("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"s), "!1002");
  EXPECT_EQ(read("\x82\x7f\x80\x00\x00\x00\x00\x01\x00\x00"s), "!1002") << "the highest bit is set";
}

TEST(WebsocketReader, RefusesAsSoonAsTheByteHasCome) {
  EXPECT_EQ(read("\x83"), "!1002");
  EXPECT_EQ(read("\xc1"), "!1002");
  EXPECT_EQ(read("\x09"), "!1002");
  EXPECT_EQ(read("\x81\x81"), "!1002");
  EXPECT_EQ(read("\x89\x7e"), "!1002");
  EXPECT_EQ(read("\x82\x7f\x80"), "!1002");
  EXPECT_EQ(read("\x82\x7e\x03\xe9"), "!1009");
  EXPECT_EQ(read(frame(text, "\xc0 and much that is not sent").substr(0, 3)), "!1007");
}

TEST(WebsocketReader, WantsCloseCodesAndReasonsThatMayBeSent) {
  for (const unsigned number : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U, 1014U,
                                3000U, 3999U, 4000U, 4999U}) {
    EXPECT_EQ(read(frame(close, code(number))), "close:" + std::to_string(number));
  }
  for (const unsigned number : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U}) {
    EXPECT_EQ(read(frame(close, code(number))), "!1002") << number;
  }
  EXPECT_EQ(read(frame(close, "\x03")), "!1002") << "one byte";
  EXPECT_EQ(read(frame(close, code(1000, "caf\xc3\xa9"))), "close:1000:caf\xc3\xa9");
  EXPECT_EQ(read(frame(close, code(1000, "caf\xc3"))), "!1007");
  EXPECT_EQ(read(frame(close, code(1000, "\xff"))), "!1007");
}

TEST(WebsocketReader, WantsTextInUtf8AcrossFragments) {
  const std::string snowman = "\xe2\x98\x83";
  EXPECT_EQ(read(frame(text_begin, "\xe2") + frame(ping, "") + frame(more, "\x98") + frame(last, "\x83")),
            "ping: text:" + snowman);
  EXPECT_EQ(read(frame(text_begin, "\xe2\x98") + frame(last, "")), "!1007") << "ends within a character";
  EXPECT_EQ(read(frame(text, "\xe2\x98")), "!1007");
  EXPECT_EQ(read(frame(binary, "\xe2\x98")), "bytes:\xe2\x98") << "binary may be anything";
  EXPECT_EQ(read(frame(text, "\xe2\x98") + frame(text, "\x83")), "!1007");
  EXPECT_EQ(read(frame(text_begin, "ok") + frame(ping, "1") + frame(more, "\xed\xa0\x80") + frame(ping, "2")),
            "ping:1 !1007")
      << "a surrogate";
}

TEST(WebsocketReader, HoldsToItsLimits) {
  const websocket_case small{.limits = {.message = 10, .frame = 6}};
  EXPECT_EQ(read(frame(text, "123456"), small), "text:123456");
  EXPECT_EQ(read(frame(text, "1234567"), small), "!1009");
  EXPECT_EQ(read(frame(text_begin, "12345") + frame(last, "67890"), small), "text:1234567890");
  EXPECT_EQ(read(frame(text_begin, "12345") + frame(last, "678901"), small), "!1009");
  EXPECT_EQ(read(frame(ping, "1234567"), small), "ping:1234567") << "control frames have a limit of their own";
  EXPECT_EQ(read("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"s, small), "!1009");
}

TEST(WebsocketReader, GivesPiecesOfAMessage) {
  weft::http::detail::websocket_reader reader{websocket_role::client, {.message = 10, .frame = 100}};
  std::string transcript;
  const std::string bytes = frame(text_begin, "hello, world") + frame(ping, "p") + frame(last, " and more");
  for (const char c : bytes) {
    std::string_view one{&c, 1};
    while (const auto event = reader.next(one, true)) weft::http::testing::add_event(transcript, reader, *event);
  }
  EXPECT_TRUE(transcript.starts_with("piece-of-text:h piece-of-text:e"));
  EXPECT_TRUE(transcript.ends_with("piece-of-text:r text:e"));
  EXPECT_NE(transcript.find("ping:p"), std::string::npos);
}

TEST(WebsocketReader, KeepsPiecesWithinTheirLimit) {
  const websocket_case pieces{.limits = {.message = 10, .frame = 1000}, .pieces = true};
  EXPECT_EQ(read(frame(text, "hello, world, and more"), pieces), "text:hello, world, and more");
  EXPECT_EQ(read(frame(text, "abc"), {.limits = {.message = 1, .frame = 1000}, .pieces = true}), "text:abc");
  EXPECT_EQ(read(frame(binary_begin, "1234567") + frame(ping, "p") + frame(last, std::string(90, 'x')), pieces),
            "ping:p bytes:1234567" + std::string(90, 'x'));
}

// ---- permessage-deflate ---------------------------------------------------------------------------------------------

std::string deflated(const std::vector<std::string>& messages, bool keep_context = true) {
  weft::http::detail::message_deflater deflater{15, keep_context};
  std::string out;
  for (const std::string& message : messages) {
    weft::http::detail::pooled_bytes bytes;
    deflater.deflate(message, true, bytes);
    out += frame(text | compressed, bytes.view());
  }
  return out;
}

constexpr websocket_case with_deflate{.deflate = true};

TEST(WebsocketReader, InflatesMessages) {
  EXPECT_EQ(read(deflated({"hello", "hello", "", "", "hello"}), with_deflate),
            "text:hello text:hello text: text: text:hello");
  EXPECT_EQ(read(deflated({"hello", "", "hello"}, false), with_deflate), "text:hello text: text:hello");
  EXPECT_EQ(read(frame(text, "as it is") + deflated({"hello"}), with_deflate), "text:as it is text:hello");
  EXPECT_LT(deflated({"a sentence that comes twice", "a sentence that comes twice"}).size(),
            deflated({"a sentence that comes twice", "a sentence that comes twice"}, false).size());
}

TEST(WebsocketReader, InflatesTheExamplesOfRfc7692) {
  const std::string hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
  EXPECT_EQ(read(frame(text | compressed, hello), with_deflate), "text:Hello");
  EXPECT_EQ(read(frame(text_begin | compressed, hello.substr(0, 3)) + frame(last, hello.substr(3)), with_deflate),
            "text:Hello");
  EXPECT_EQ(read(frame(text | compressed, hello) + frame(text | compressed, "\xf2\x00\x11\x00\x00"s), with_deflate),
            "text:Hello text:Hello")
      << "context takeover";
  EXPECT_EQ(read(frame(text | compressed, "\x00\x05\x00\xfa\xffHello\x00"s), with_deflate), "text:Hello") << "stored";
  EXPECT_EQ(read(frame(text | compressed, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), with_deflate), "text:Hello")
      << "a final block";
  EXPECT_EQ(read(frame(text | compressed, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), with_deflate),
            "text:Hello")
      << "two blocks";
}

TEST(WebsocketReader, StopsDeflateBombsAtTheLimit) {
  const std::string bomb = deflated({std::string(1'000'000, 'x')});
  ASSERT_LT(bomb.size(), 2000U);
  EXPECT_EQ(read(bomb, {.deflate = true, .limits = {.message = 1000, .frame = 2000}}), "!1009");
  EXPECT_EQ(read(deflated({std::string(1000, 'x')}), with_deflate), "text:" + std::string(1000, 'x'));
  EXPECT_EQ(read(deflated({std::string(1001, 'x')}), with_deflate), "!1009");
}

TEST(WebsocketReader, InflatesPiecesWithinTheirLimit) {
  const std::string much(100'000, 'x');
  const websocket_case pieces{.deflate = true, .limits = {.message = 5000, .frame = 2000}, .pieces = true};
  EXPECT_EQ(read(deflated({much, "next"}), pieces), "text:" + much + " text:next");
}

TEST(WebsocketReader, RefusesBadDeflate) {
  EXPECT_EQ(read(frame(text | compressed, "\xff\xff\xff\xff"), with_deflate), "!1007");
  EXPECT_EQ(read(deflated({"ok", "\xc0\x80"}), with_deflate), "text:ok !1007") << "no UTF-8";
  EXPECT_EQ(read(frame(text_begin | compressed, "") + frame(last | compressed, ""), with_deflate), "!1002")
      << "the bit is of the first frame only";
  EXPECT_EQ(read(frame(ping | compressed, ""), with_deflate), "!1002");
}

// ---- writing --------------------------------------------------------------------------------------------------------

TEST(WebsocketFrame, IsWrittenAsItIsRead) {
  using namespace weft::http::detail;
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 1000U, 65535U, 65536U, 70000U}) {
    std::string payload(size, '\0');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>('a' + i % 26);
    pooled_bytes plain;
    write_frame(plain, {.opcode = websocket_opcode::text}, payload);
    EXPECT_EQ(plain.view(), frame(text, payload));
    pooled_bytes masked;
    write_frame(masked, {.opcode = websocket_opcode::text, .mask = websocket_mask{'\x12', '\xf4', '\x56', '\x78'}},
                payload);
    EXPECT_EQ(masked.view(), frame(text, payload, true));
  }
}

TEST(WebsocketMask, IsTheSameWhereverItBegins) {
  using namespace weft::http::detail;
  std::string plain;
  for (int i = 0; i < 300; ++i) plain += static_cast<char>(i * 7);
  const websocket_mask key{'\x01', '\x80', '\x55', '\xfe'};
  std::string expected = plain;
  for (std::size_t i = 0; i < plain.size(); ++i) expected[i] = static_cast<char>(plain[i] ^ key[i % 4]);
  for (std::size_t begin = 0; begin < 70; ++begin) {
    std::string got = plain;
    copy_masked(got.data(), plain.data(), begin, key);
    copy_masked(got.data() + begin, got.data() + begin, got.size() - begin, mask_from(key, begin));
    EXPECT_EQ(got, expected) << begin;
  }
}

TEST(WebsocketMask, IsNotTheSameTwice) {
  std::vector<weft::http::detail::websocket_mask> seen;
  for (int i = 0; i < 1000; ++i) seen.push_back(weft::http::detail::random_mask());
  std::ranges::sort(seen);
  EXPECT_GE(std::ranges::unique(seen).begin() - seen.begin(), 990);
}

}  // namespace
