#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace weft::http {

/// How much of a message a parser takes before it refuses it. Sizes are bytes as they came over the wire.
struct parser_limits {
  std::size_t start_line = 8 * 1024;         ///< the request line or status line
  std::size_t header_bytes = 64 * 1024;      ///< all header fields of one head; again for the trailers
  std::size_t header_count = 128;            ///< header fields of one head; again for the trailers
  std::size_t chunk_extensions = 16 * 1024;  ///< all chunk extensions of one message
  std::size_t interim_heads = 32;            ///< 1xx responses before the final one
  std::uint64_t body_bytes = std::numeric_limits<std::uint64_t>::max();  ///< the body, without its chunk framing
};
static_assert(std::is_trivially_destructible_v<parser_limits>);

}  // namespace weft::http
