#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace weft::http::detail {

/// A piece of a file lies in memory, as far as its ends tell: reading it keeps nobody waiting for a disk. True, too,
/// where the file system does not say.
bool lies_in_memory(int file, std::uint64_t offset, std::size_t size) noexcept;

/// Reads a piece of a file, at the end of it a shorter one or nothing. Blocks. Throws std::system_error.
void read_piece(int file, std::uint64_t offset, std::size_t size, std::string& into);

}  // namespace weft::http::detail
