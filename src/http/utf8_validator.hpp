#pragma once

#include <cstdint>
#include <string_view>

namespace weft::http::detail {

/// Tells whether text that comes in pieces, cut anywhere, is UTF-8: no overlong forms, no surrogates, nothing above
/// U+10FFFF. RFC 3629. Says so at the first byte that cannot be right.
class utf8_validator {
 public:
  /// False if the text is none, whatever follows; the validator is of no use then.
  bool append(std::string_view more) noexcept;

  /// The text may end here: no character is cut.
  bool complete() const noexcept { return missing_ == 0; }

 private:
  bool begin_character(unsigned char first) noexcept;

  std::uint8_t missing_ = 0;  // bytes of the present character
  std::uint8_t least_ = 0;    // what the next of them may be
  std::uint8_t most_ = 0;
};

/// Text that is there as a whole.
inline bool is_utf8(std::string_view text) noexcept {
  utf8_validator validator;
  return validator.append(text) && validator.complete();
}

}  // namespace weft::http::detail
