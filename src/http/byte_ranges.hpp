#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::http::detail {

struct byte_range {
  std::uint64_t first;
  std::uint64_t size;  ///< not 0

  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// What a Range field asks for. RFC 9110, section 14.2.
struct asked_ranges {
  enum class kind : unsigned char {
    whole,         ///< nothing that could be understood, or that would be worth it: the field is ignored
    parts,         ///< of those asked for, the ones that there are
    out_of_range,  ///< none of those asked for is there: 416
  };
  kind what = kind::whole;
  std::vector<byte_range> parts;
};

/// @param size of the whole body. Many ranges, or such as overlap, cost the server more than the whole would: they are
/// ignored (section 17.15).
asked_ranges read_ranges(std::string_view field, std::uint64_t size);

}  // namespace weft::http::detail
