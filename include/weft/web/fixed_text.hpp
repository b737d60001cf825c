#pragma once

#include <cstddef>
#include <string_view>

namespace weft::web {

/// A string literal as a template argument: the name in `path<"id", int>`.
template <std::size_t Size>
struct fixed_text {
  char text[Size]{};

  consteval fixed_text(const char (&literal)[Size]) {  // NOLINT(google-explicit-constructor)
    for (std::size_t i = 0; i < Size; ++i) text[i] = literal[i];
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, Size - 1}; }
};

}  // namespace weft::web
