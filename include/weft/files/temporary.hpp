#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/files/file.hpp>

namespace weft {

/// A new file that goes with its object. Move-only. tempfile.NamedTemporaryFile.
///
/// The destructor removes it, silently.
class temporary_file : public file {
 public:
  /// Leaves it where it is.
  void keep() noexcept;

  using file::file;
};

/// A new directory that goes with its object, and with all that is in it. Move-only. tempfile.TemporaryDirectory.
///
/// The destructor removes it at once, which keeps the loop waiting: await remove() where there may be much in it, or
/// pass it to with(), which does that.
class temporary_directory {
 public:
  temporary_directory() noexcept = default;
  temporary_directory(temporary_directory&& other) noexcept : path_{std::exchange(other.path_, {})} {}
  temporary_directory& operator=(temporary_directory&& other) noexcept;
  ~temporary_directory();

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Removes it on a thread. Throws std::system_error; it can be tried again then. Harmless when repeated. This must
  /// stay where it is meanwhile.
  [[nodiscard]] task<> remove();
  /// Leaves it where it is.
  void keep() noexcept { path_.clear(); }

  /// For with(): the path is what the body gets.
  const std::filesystem::path& enter() const noexcept { return path_; }
  task<> exit() { return remove(); }

  /// For the library's own use.
  explicit temporary_directory(std::filesystem::path path) noexcept : path_{std::move(path)} {}

 private:
  std::filesystem::path path_;
};

/// Makes a file that only the user can read and write, open for both, in `directory` (empty: TMPDIR, else /tmp). Its
/// name begins with `prefix`. Throws std::system_error.
[[nodiscard]] task<temporary_file> make_temporary_file(std::filesystem::path directory = {},
                                                       std::string prefix = "weft-");

/// Makes a directory that only the user can enter; otherwise the same.
[[nodiscard]] task<temporary_directory> make_temporary_directory(std::filesystem::path directory = {},
                                                                 std::string prefix = "weft-");

}  // namespace weft
