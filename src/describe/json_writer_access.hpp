#pragma once

#include <cstddef>
#include <string_view>
#include <weft/describe/json_writer.hpp>

namespace weft {

/// What writing a described type does with a writer beyond what others do.
struct json_writer_access {
  /// A padded key can be read up to a multiple of so many bytes.
  static constexpr std::size_t key_padding = 16;

  /// As quoted_key(), for a name that is padded.
  static void padded_key(json_writer& to, std::string_view quoted);
};

}  // namespace weft
