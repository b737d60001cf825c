#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>
#include <type_traits>
#include <weft/core/task.hpp>

namespace weft {

/// All of a file, read on a thread. Throws std::system_error, and limit_error if it is longer than `limit` bytes. A
/// stop is noticed between pieces of some megabytes. pathlib.Path.read_bytes.
[[nodiscard]] task<std::string> read_file(std::filesystem::path path,
                                          std::size_t limit = std::numeric_limits<std::size_t>::max());

/// How write_file writes.
struct write_file_options {
  /// Whoever opens the path sees the old content or all of the new, never a part: it is written beside and renamed.
  /// false: written in place.
  bool atomic = true;
  /// Wait until it is on the disk, so that it outlives a power cut.
  bool durable = false;
  /// Of a file that is made, less the umask; one that is there keeps its own.
  unsigned permissions = 0666;
};
static_assert(std::is_trivially_destructible_v<write_file_options>);

/// Makes `content` the content of a file, whether it is there or not; a symbolic link is followed. Throws
/// std::system_error; the old content is still there then, unless it is written in place. A stop waits until it is
/// done.
[[nodiscard]] task<> write_file(std::filesystem::path path, std::string content, write_file_options options = {});

}  // namespace weft
