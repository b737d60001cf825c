#pragma once

#include <cstddef>

namespace weft::detail {

/// Memory for bytes on their way. A thread keeps the blocks that it used last: connections that are busy one after the
/// other share a few, and idle ones hold none.
class block_pool {
 public:
  static constexpr std::size_t block_size = std::size_t{16} << 10;

  static char* allocate(std::size_t size);
  static void free(char* memory, std::size_t size) noexcept;
};

}  // namespace weft::detail
