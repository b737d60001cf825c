#pragma once

// Internationalized names with symbols and pictures: UTS #46 and browsers allow what IDNA 2008, and so libidn2, does
// not: `☃.net`, and hyphens wherever one likes.

#include <optional>
#include <string>
#include <string_view>

namespace weft::http::detail {

/// The name with its labels encoded. nullopt if UTS #46 refuses it too, or it is written from right to left or has
/// joiners, whose rules need more than can be asked from libidn2 about such a name.
/// @param name valid UTF-8.
std::optional<std::string> symbolic_domain_to_ascii(std::string_view name);

}  // namespace weft::http::detail
