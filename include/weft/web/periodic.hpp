#pragma once

#include <type_traits>

namespace weft::web {

/// How app::every repeats.
struct periodic_options {
  /// Begin when the server does, instead of after the first interval.
  bool at_once = false;
  /// With several workers: on each of them. Otherwise on the first one only.
  bool on_each_worker = false;
};
static_assert(std::is_trivially_destructible_v<periodic_options>);

}  // namespace weft::web
