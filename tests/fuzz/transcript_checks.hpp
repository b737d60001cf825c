#pragma once

// What fuzz targets of parsers check about transcripts.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <http/transcript.hpp>
#include <weft/http/headers.hpp>

namespace weft::http::testing {

inline void require(bool holds, const char* what, const transcript& a, const transcript& b) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n--- one\n%s%s\n--- other\n%s%s\n", what, a.events.c_str(), a.why.c_str(),
               b.events.c_str(), b.why.c_str());
  std::abort();
}

inline void require_same(const char* what, const transcript& a, const transcript& b) {
  require(a.refused == b.refused, what, a, b);
  require(a.events == b.events, what, a, b);
  require(a.left == b.left && a.done == b.done && a.keep_alive == b.keep_alive, what, a, b);
}

/// What was parsed could have been added by hand.
inline void require_valid(const headers& fields) {
  headers again;
  for (const auto [name, value] : fields) again.add(name, value);  // throws std::invalid_argument, which ends the run
  if (again != fields) std::abort();
}

/// Sizes of pieces that depend on nothing but the seed.
class piece_source {
 public:
  explicit piece_source(std::uint8_t seed) noexcept : most_{seed < 128 ? 4U : 64U}, state_{seed * 2654435761U + 1} {}

  std::size_t operator()(std::size_t) noexcept {
    state_ = state_ * 1664525U + 1013904223U;
    return std::size_t{1} + (state_ >> 16) % most_;
  }

 private:
  unsigned most_;
  std::uint32_t state_;
};

/// Small enough to be reached by small inputs.
inline parser_limits small_limits() noexcept {
  return {.start_line = 24,
          .header_bytes = 64,
          .header_count = 3,
          .chunk_extensions = 8,
          .interim_heads = 1,
          .body_bytes = 32};
}

}  // namespace weft::http::testing
