#pragma once

#include <filesystem>
#include <system_error>
#include <type_traits>
#include <vector>
#include <weft/core/generator.hpp>
#include <weft/core/task.hpp>

namespace weft {

/// Something in a directory.
struct directory_entry {
  std::filesystem::path path;                                          ///< begins with the directory that was asked for
  std::filesystem::file_type type = std::filesystem::file_type::none;  ///< of the entry itself: links are not followed
  int depth = 0;                                                       ///< 0 for what lies in the directory itself
};

/// How walk() goes.
struct walk_options {
  /// How deep: 0 is the directory alone; negative: without limit.
  int max_depth = -1;
  /// Go into directories that symbolic links lead to; one that leads into a ring ends with ELOOP.
  bool follow_symlinks = false;
  /// Called with what could not be entered, which is left out then; without it, that is an error. It is called on the
  /// loop's thread.
  void (*on_error)(const std::filesystem::path& path, std::error_code error) = nullptr;
};
static_assert(std::is_trivially_destructible_v<walk_options>);

/// Everything below a directory, each directory before what is in it, otherwise in no order; read in batches on a
/// thread. Throws std::system_error. os.walk.
[[nodiscard]] async_generator<directory_entry> walk(std::filesystem::path directory, walk_options options = {});

/// What lies in a directory, by name. Throws std::system_error. os.scandir.
[[nodiscard]] task<std::vector<directory_entry>> list_directory(std::filesystem::path directory);

}  // namespace weft
