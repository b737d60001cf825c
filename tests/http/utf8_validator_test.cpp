#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "describe/utf8.hpp"
#include "http/utf8_validator.hpp"

using weft::http::detail::utf8_validator;

namespace {

bool valid(std::string_view text) {
  utf8_validator validator;
  return validator.append(text) && validator.complete();
}

/// By another hand.
bool valid_by_code_points(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = weft::detail::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

TEST(Utf8Validator, KnowsEveryCodePoint) {
  for (unsigned point = 0; point < 0x110000; ++point) {
    if (point >= 0xd800 && point < 0xe000) continue;
    std::string text;
    weft::detail::append_utf8(text, point);
    ASSERT_TRUE(valid(text)) << point;
  }
}

TEST(Utf8Validator, AgreesOnAllThatIsShort) {
  for (unsigned first = 0x7f; first < 0x100; ++first) {
    for (unsigned second = 0; second < 0x100; ++second) {
      for (const unsigned third : {0x00U, 0x7fU, 0x80U, 0xa0U, 0xbfU, 0xc0U, 0xffU}) {
        for (const unsigned fourth : {0x41U, 0x80U, 0xbfU, 0xc2U}) {
          const std::string text{static_cast<char>(first), static_cast<char>(second), static_cast<char>(third),
                                 static_cast<char>(fourth)};
          for (std::size_t size = 1; size <= text.size(); ++size) {
            const std::string_view part = std::string_view{text}.substr(0, size);
            ASSERT_EQ(valid(part), valid_by_code_points(part))
                << first << ' ' << second << ' ' << third << ' ' << fourth;
          }
        }
      }
    }
  }
}

TEST(Utf8Validator, FindsABadByteBehindAnyAmountOfText) {
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string text(size, 'x');
    EXPECT_TRUE(valid(text));
    const auto within = [&](std::string_view bytes) { return std::string{text}.append(bytes).append(text); };
    EXPECT_FALSE(valid(within("\xff")));
    EXPECT_TRUE(valid(within("\xc3\xa9")));
    EXPECT_FALSE(valid(within("\xc3")));
  }
}

TEST(Utf8Validator, GoesOnWhereTextWasCut) {
  const std::string_view text = "a\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80z";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    utf8_validator validator;
    EXPECT_TRUE(validator.append(text.substr(0, cut)));
    EXPECT_TRUE(validator.append(text.substr(cut)));
    EXPECT_TRUE(validator.complete());
  }
  utf8_validator early;
  EXPECT_TRUE(early.append("\xed"));
  EXPECT_FALSE(early.append("\xa0")) << "a surrogate is refused before its last byte has come";
}

}  // namespace
