#pragma once

#include <sys/stat.h>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/descriptor.hpp"

namespace weft::http::detail {

/// What tells a file from another, and from itself after a change.
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t changed = 0;  ///< the content, in nanoseconds since 1970
  std::uint64_t size = 0;

  friend bool operator==(const file_identity&, const file_identity&) = default;
};
file_identity identity_of(const struct ::stat& about) noexcept;

struct directory_entry {
  std::string name;
  bool is_directory = false;
  std::uint64_t size = 0;
  std::int64_t changed = 0;  ///< in seconds since 1970
};

/// What was found at a path.
struct opened_file {
  enum class kind : unsigned char { file, directory };
  kind what = kind::file;
  file_identity identity;
  std::shared_ptr<weft::detail::descriptor> descriptor;  ///< of a file whose content is not here
  std::string content;
  bool has_content = false;
};

/// Opens a file or directory below `root`, and nowhere else; reads it whole if it has up to `most_content` bytes.
/// Blocks. Throws std::system_error that names the path: ENOENT for what is no file and no directory.
opened_file open_below(int root, const std::string& path, std::size_t most_content);

/// The same without blocking; nothing if that cannot be, because something must come from a disk first.
std::optional<opened_file> open_below_at_once(int root, const std::string& path, std::size_t most_content);

/// What is in a directory below `root`, but `.` and `..`. Blocks; throws as open_below() does.
std::vector<directory_entry> list_below(int root, const std::string& path);

}  // namespace weft::http::detail
