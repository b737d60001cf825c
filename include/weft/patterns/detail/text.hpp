#pragma once

#include <string>
#include <weft/core/clock.hpp>

namespace weft::detail {

/// A duration for people: "250 ms", "1.5 s".
std::string in_words(clock::duration d);

}  // namespace weft::detail
