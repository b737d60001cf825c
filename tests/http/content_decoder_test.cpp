#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <weft/http/content_decoder.hpp>
#include <weft/http/gzip.hpp>
#include <weft/net/stream_errors.hpp>

#include "http/bombs.hpp"

namespace {

using weft::limit_error;
using weft::http::content_decoder;
using weft::http::content_error;
using weft::http::content_limits;
using weft::http::gzip;
using weft::testing::bomb_size;
using weft::testing::brotli_bomb;
using weft::testing::gzip_bomb;
using weft::testing::zstd_bomb;

constexpr std::string_view text = "What goes around comes around, and what comes around goes around again.";

template <std::size_t N>
constexpr std::string_view bytes(const char (&literal)[N]) {
  return {literal, N - 1};
}

// `text` as the usual programs encode it.
constexpr std::string_view gzip_text = bytes(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x0b\xcf\x48\x2c\x51\x48\xcf\x4f\x2d\x56\x48\x2c\xca\x2f"
    "\xcd\x4b\x51\x48\xce\xcf\x85\x73\x74\x14\x12\x81\x22\xe5\x20\x25\xc8\xc2\x28\xea\x13\xd3\x13\x33"
    "\xf3\xf4\x00\x74\x8d\x77\xbe\x47\x00\x00\x00");
constexpr std::string_view zlib_text = bytes(
    "\x78\x9c\x0b\xcf\x48\x2c\x51\x48\xcf\x4f\x2d\x56\x48\x2c\xca\x2f\xcd\x4b\x51\x48\xce\xcf\x85\x73"
    "\x74\x14\x12\x81\x22\xe5\x20\x25\xc8\xc2\x28\xea\x13\xd3\x13\x33\xf3\xf4\x00\xa6\x3e\x19\xe4");
constexpr std::string_view bare_text = bytes(
    "\x0b\xcf\x48\x2c\x51\x48\xcf\x4f\x2d\x56\x48\x2c\xca\x2f\xcd\x4b\x51\x48\xce\xcf\x85\x73\x74\x14"
    "\x12\x81\x22\xe5\x20\x25\xc8\xc2\x28\xea\x13\xd3\x13\x33\xf3\xf4\x00");
constexpr std::string_view brotli_text = bytes(
    "\x1b\x46\x00\x50\x9c\x07\x76\xac\xc3\xb2\xf5\x2c\x89\x0f\x96\x6f\x6e\x61\x35\x76\xd6\x20\x2c\x2e"
    "\x64\xaa\xac\x0d\x1c\x72\xc0\x5e\x16\x70\x5b\xe0\x81\x1d\x36\xe0\x80\x02\x5d\xc7\x37\x1c\x6c\x2d"
    "\x42\x73\x20\x47\x4e\x7a\x12\x2a\x9d\x0b\x09");
constexpr std::string_view zstd_text = bytes(
    "\x28\xb5\x2f\xfd\x20\x47\x85\x01\x00\x44\x02\x57\x68\x61\x74\x20\x67\x6f\x65\x73\x20\x61\x72\x6f"
    "\x75\x6e\x64\x20\x63\x6f\x6d\x2c\x20\x61\x6e\x64\x20\x77\x68\x61\x74\x61\x67\x61\x69\x6e\x2e\x03"
    "\x00\x53\x1d\x40\xe7\x41\xa0\x98\x4c");

/// Feeds `body` in pieces of `piece` bytes to a decoder that writes `room` bytes at a time.
std::string decoded(std::string_view coding, std::string_view body, std::size_t piece = 1 << 20,
                    std::size_t room = 4096, const content_limits& limits = {}) {
  content_decoder decoder{coding, limits};
  std::string out;
  std::vector<char> buffer(room);
  for (std::size_t at = 0; at < body.size(); at += piece) {
    const std::string own{body.substr(at, piece)};
    std::string_view input = own;
    for (;;) {
      const std::size_t size = decoder.decode(input, buffer);
      EXPECT_LE(size, room);
      if (size == 0) break;
      out.append(buffer.data(), size);
    }
    EXPECT_TRUE(input.empty());
  }
  decoder.finish();
  return out;
}

std::string refusal(std::string_view coding, std::string_view body, const content_limits& limits = {}) {
  std::string first;
  for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{1}, std::size_t{7}}) {
    std::string why;
    try {
      why = "accepted: " + decoded(coding, body, piece, 64, limits);
    } catch (const content_error& error) {
      why = error.what();
    } catch (const limit_error& error) {
      why = error.what();
    }
    if (first.empty()) first = why;
    EXPECT_EQ(why, first) << "in pieces of " << piece;
  }
  return first;
}

struct sample {
  const char* coding;
  std::string_view body;
};

std::ostream& operator<<(std::ostream& out, const sample& each) { return out << each.coding; }

class ContentDecoderSamples : public ::testing::TestWithParam<sample> {};

TEST_P(ContentDecoderSamples, ComeOutWhateverThePieces) {
  const auto& [coding, body] = GetParam();
  for (const std::size_t piece : {1U, 2U, 3U, 10U, 1000U})
    for (const std::size_t room : {1U, 2U, 16U, 71U, 72U, 1000U})
      EXPECT_EQ(decoded(coding, body, piece, room), text) << piece << " " << room;
}

TEST_P(ContentDecoderSamples, MustBeWhole) {
  const auto& [coding, body] = GetParam();
  const std::string expected = "bad " + std::string{coding} + " body: it ends too early";
  for (std::size_t cut = 1; cut < body.size(); ++cut) EXPECT_EQ(refusal(coding, body.substr(0, cut)), expected) << cut;
}

TEST_P(ContentDecoderSamples, MustEndWhereTheyEnd) {
  const auto& [coding, body] = GetParam();
  for (const char* more : {"x", "more", "\xff\xff\xff\xff\xff"})
    EXPECT_TRUE(refusal(coding, std::string{body} + more).starts_with("bad " + std::string{coding} + " body: "))
        << refusal(coding, std::string{body} + more);
}

TEST_P(ContentDecoderSamples, MayBeEmpty) { EXPECT_EQ(decoded(GetParam().coding, ""), ""); }

INSTANTIATE_TEST_SUITE_P(All, ContentDecoderSamples,
                         ::testing::Values(sample{"gzip", gzip_text}, sample{"deflate", zlib_text},
                                           sample{"deflate", bare_text}, sample{"br", brotli_text},
                                           sample{"zstd", zstd_text}));

TEST(ContentDecoder, KnowsTheNames) {
  EXPECT_EQ(decoded("x-gzip", gzip_text), text);
  EXPECT_EQ(decoded(" GZip ", gzip_text), text);
  EXPECT_EQ(decoded("", text), text);
  EXPECT_EQ(decoded("identity", text), text);
  EXPECT_EQ(decoded("identity, br,, identity ,", brotli_text), text);
  EXPECT_EQ(decoded("identity", text, 3, 2), text);
  EXPECT_FALSE(content_decoder{"identity"}.active());
  EXPECT_FALSE(content_decoder{""}.active());
  EXPECT_TRUE(content_decoder{"br"}.active());
}

TEST(ContentDecoder, RefusesOtherCodings) {
  for (const char* coding : {"compress", "gzip, x", "gzip br", "gzip;q=1", "\"gzip\"", "*"}) {
    try {
      const content_decoder decoder{coding};
      ADD_FAILURE() << coding;
    } catch (const content_error& error) {
      EXPECT_EQ(error.status(), 415);
      EXPECT_TRUE(std::string{error.what()}.starts_with("unknown content coding \"")) << error.what();
    }
  }
  EXPECT_EQ(refusal("snappy", ""), "unknown content coding \"snappy\"");
  EXPECT_EQ(refusal("gzip, gzip, gzip, gzip, gzip", ""), "more than 4 content codings");
  EXPECT_EQ(refusal("gzip, identity, gzip", "", {.codings = 1}), "more than 1 content codings");
}

TEST(ContentDecoder, TakesOffSeveralCodings) {
  const std::string twice = gzip(brotli_text);
  const std::string thrice = gzip(gzip(zstd_text));
  for (const std::size_t piece : {1U, 5U, 1000U}) {
    EXPECT_EQ(decoded("br, gzip", twice, piece, 16), text);
    EXPECT_EQ(decoded("zstd,gzip , gzip", thrice, piece, 16), text);
  }
  EXPECT_EQ(refusal("br, gzip", std::string_view{twice}.substr(0, twice.size() - 1)),
            "bad gzip body: it ends too early");
  EXPECT_EQ(refusal("br, gzip", gzip(brotli_text.substr(0, 20))), "bad br body: it ends too early");
  EXPECT_EQ(refusal("br, gzip", gzip(std::string{brotli_text} + "x")), "bad br body: bytes after its end");
  EXPECT_EQ(refusal("br, gzip", gzip("")), "bad br body: it ends too early");
  EXPECT_TRUE(refusal("gzip, br", twice).starts_with("bad br body: ")) << "the last one is undone first";

  std::string large;
  for (int i = 0; i < 100'000; ++i) large += std::to_string(i * 7919);
  EXPECT_EQ(decoded("gzip, gzip", gzip(gzip(large)), 1000, 1000), large);
}

TEST(ContentDecoder, TakesSeveralMembersAndFrames) {
  const std::string members = gzip("one ") + gzip("") + gzip("two ") + std::string{gzip_text};
  const std::string frames = std::string{zstd_text} + std::string{zstd_text};
  for (const std::size_t piece : {1U, 5U, 1000U}) {
    EXPECT_EQ(decoded("gzip", members, piece, 3), "one two " + std::string{text});
    EXPECT_EQ(decoded("zstd", frames, piece, 3), std::string{text} + std::string{text});
  }
  EXPECT_EQ(refusal("gzip", members.substr(0, members.size() - 1)), "bad gzip body: it ends too early");
  EXPECT_EQ(refusal("gzip", members + '\0'), "bad gzip body: bytes after its end");
  EXPECT_EQ(refusal("gzip", members + "\x1f"), "bad gzip body: it ends too early");
  EXPECT_EQ(refusal("deflate", std::string{zlib_text} + std::string{zlib_text}),
            "bad deflate body: bytes after its end");
}

TEST(ContentDecoder, RefusesWhatIsBroken) {
  EXPECT_EQ(refusal("gzip", "plain text, after all"), "bad gzip body: incorrect header check");
  EXPECT_EQ(refusal("deflate", "\x78\x01\x07yz"), "bad deflate body: invalid block type");
  EXPECT_EQ(refusal("deflate", "\x78\xbb\x01\x02\x03\x04"), "bad deflate body: it needs a dictionary");
  EXPECT_EQ(refusal("zstd", "plain text, after all"), "bad zstd body: Unknown frame descriptor");
  EXPECT_TRUE(refusal("br", "plain text, after all").starts_with("bad br body: "));

  // Every byte matters in gzip, but for time, flags of the compression and system in its header.
  for (std::size_t i = 0; i < gzip_text.size(); ++i) {
    if (i >= 4 && i <= 9) continue;
    std::string broken{gzip_text};
    broken[i] = static_cast<char>(broken[i] ^ 0x10);
    EXPECT_TRUE(refusal("gzip", broken).starts_with("bad gzip body: ")) << i;
  }
}

TEST(ContentDecoder, RefusesWindowsOfMoreThan8MiB) {
  EXPECT_EQ(refusal("zstd", bytes("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00")),
            "bad zstd body: Frame requires too much memory for decoding");
}

TEST(ContentDecoder, StopsAtTheLimit) {
  const std::string zeros = gzip_bomb();
  const content_limits limits{.bytes = 100'000};
  EXPECT_EQ(refusal("gzip", zeros, limits), "the decoded gzip body is longer than the limit of 100000 bytes");
  EXPECT_EQ(refusal("br", brotli_bomb(), limits), "the decoded br body is longer than the limit of 100000 bytes");
  EXPECT_EQ(refusal("zstd", zstd_bomb(), limits), "the decoded zstd body is longer than the limit of 100000 bytes");
  EXPECT_EQ(decoded("gzip", gzip(std::string(100'000, 'x')), 1000, 64, limits).size(), 100'000U) << "just up to it";
  EXPECT_EQ(refusal("gzip", gzip(std::string(100'001, 'x')), limits),
            "the decoded gzip body is longer than the limit of 100000 bytes");
  EXPECT_EQ(decoded("gzip", zeros, zeros.size(), 1 << 20, {.bytes = 0}).size(), bomb_size);
}

TEST(ContentDecoder, StopsWhereItInflatesTooMuch) {
  EXPECT_TRUE(refusal("br", brotli_bomb()).starts_with("the decoded br body, 2000 times what came of it, is longer"));
  EXPECT_TRUE(refusal("zstd", zstd_bomb()).starts_with("the decoded zstd body, 2000 times what came of it, is longer"));
  EXPECT_EQ(decoded("br", brotli_bomb(), 1000, 1 << 16, {.ratio = 0}).size(), bomb_size);
  EXPECT_EQ(decoded("gzip", gzip(std::string(5'000'000, 'x'))).size(), 5'000'000U) << "gzip alone cannot";

  const std::string nested = gzip(gzip_bomb());
  EXPECT_TRUE(
      refusal("gzip, gzip", nested).starts_with("the decoded gzip body, 2000 times what came of it, is longer"));
  EXPECT_EQ(refusal("gzip", gzip(std::string(1000, 'x')), {.ratio = 10, .free_bytes = 500}),
            "the decoded gzip body, 10 times what came of it, is longer than the limit of 500 bytes");
}

// What is in between inflates far, and nothing of it comes out.
TEST(ContentDecoder, CountsWhatIsInBetween) {
  std::string empty_members;
  const std::string member = gzip("");
  for (int i = 0; i < 60'000; ++i) empty_members += member;
  EXPECT_EQ(decoded("gzip", empty_members, 1 << 16), "");
  EXPECT_EQ(refusal("gzip, gzip", gzip(empty_members), {.bytes = 1'000'000}),
            "the decoded gzip body is longer than the limit of 1000000 bytes");
}

TEST(ContentDecoder, MovesWithWhatItHasBegun) {
  content_decoder first{"br, gzip"};
  const std::string body = gzip(brotli_text);
  std::array<char, 10> buffer{};
  std::string_view input = body;
  std::string out;
  out.append(buffer.data(), first.decode(input, buffer));
  content_decoder second = std::move(first);
  while (const std::size_t size = second.decode(input, buffer)) out.append(buffer.data(), size);
  second.finish();
  EXPECT_EQ(out, text);
  EXPECT_EQ(second.decode(input, {}), 0U);
}

TEST(Gzip, MakesWhatCanBeUndone) {
  std::string large;
  for (int i = 0; i < 100'000; ++i) large += std::to_string(i * 7919);
  for (const int level : {1, 6, 9}) {
    EXPECT_EQ(decoded("gzip", gzip(large, level)), large);
    EXPECT_LT(gzip(large, level).size(), large.size());
  }
  EXPECT_EQ(decoded("gzip", gzip("")), "");
  EXPECT_THROW(static_cast<void>(gzip("x", 0)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(gzip("x", 10)), std::invalid_argument);
}

}  // namespace
