#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <weft/core/generator.hpp>
#include <weft/core/task.hpp>

namespace weft {

namespace detail {
class file_state;
}

/// How open_file opens; combine with `|`. open(2)'s flags.
enum class open_mode : unsigned {
  read = 1,        ///< O_RDONLY, or with `write` O_RDWR
  write = 2,       ///< O_WRONLY
  append = 4,      ///< every write goes to the end; implies write
  create = 8,      ///< make it if it is not there
  truncate = 16,   ///< drop what is in it
  exclusive = 32,  ///< with create: fail if it is there
};
constexpr open_mode operator|(open_mode a, open_mode b) noexcept {
  return static_cast<open_mode>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool operator&(open_mode a, open_mode b) noexcept {
  return (static_cast<unsigned>(a) & static_cast<unsigned>(b)) != 0;
}

/// Where file::seek counts from. lseek(2)'s whence.
enum class seek_from : unsigned char { begin, current, end };

/// An open file, buffered in both directions. aiofiles, Python's io.
///
/// Move-only. What it does to the disk runs on threads, so the loop goes on; what is in the buffer is given or taken at
/// once. Operations that several tasks begin at the same time are done one after the other, in that order. It must
/// outlive them and belongs to one loop. Errors of the system are std::system_error whose text names the operation and
/// the path.
///
/// Stops: an operation that has reached its thread is finished first, and nothing is lost by it: what was read stays
/// in the buffer, and what write() was given is written by the next flush() or close().
/// The destructor writes what is left and closes, silently; await close() to hear of errors.
class file {
 public:
  /// What a line may have at most, where no other limit is given.
  static constexpr std::size_t default_line_limit = std::size_t{1} << 20;
  static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

  /// A closed file.
  file() noexcept;
  file(file&& other) noexcept;
  file& operator=(file&& other) noexcept;
  ~file();

  // ---- reading ----

  /// The next `size` bytes, fewer only at the end of the file; empty there. Of a pipe or terminal, what there is.
  [[nodiscard]] task<std::string> read(std::size_t size);
  /// All that is left. Throws limit_error, and takes nothing, if that is more than `limit` bytes.
  [[nodiscard]] task<std::string> read_all(std::size_t limit = no_limit);
  /// The next line without its "\n" or "\r\n"; the last one may lack them. nullopt at the end. Throws limit_error, and
  /// takes nothing, if it is longer than `limit` bytes.
  [[nodiscard]] task<std::optional<std::string>> read_line(std::size_t limit = default_line_limit);
  /// The lines that are left, as read_line() gives them. The file must outlive the generator.
  [[nodiscard]] async_generator<std::string> lines(std::size_t limit = default_line_limit);
  /// `size` bytes from `offset` on, fewer only at the end; neither buffered nor moving the position. pread(2).
  [[nodiscard]] task<std::string> read_at(std::uint64_t offset, std::size_t size);

  // ---- writing ----

  /// Writes all of `text`: into the buffer, and to the file when 64 KiB have come together.
  [[nodiscard]] task<> write(std::string text);
  /// Writes all of `text` at `offset`; neither buffered nor moving the position. pwrite(2).
  [[nodiscard]] task<> write_at(std::uint64_t offset, std::string text);
  /// Hands what is buffered to the kernel. When that fails, what was not written stays buffered.
  [[nodiscard]] task<> flush();
  /// flush(), and waits until it is on the disk. fsync(2).
  [[nodiscard]] task<> sync();

  // ---- the file ----

  /// Moves the position and gives it, in bytes from the beginning. Writes what is buffered first.
  [[nodiscard]] task<std::uint64_t> seek(std::int64_t offset, seek_from whence = seek_from::begin);
  /// Where the next read or write happens; not to be asked while an operation is under way.
  std::uint64_t tell() const;
  /// Its size in bytes, with what is buffered.
  [[nodiscard]] task<std::uint64_t> size();
  /// Makes it `size` bytes long. Writes what is buffered first. ftruncate(2).
  [[nodiscard]] task<> truncate(std::uint64_t size);
  /// Writes what is buffered and closes; it is closed however that ends. Harmless when repeated.
  [[nodiscard]] task<> close();

  bool is_open() const noexcept;
  const std::filesystem::path& path() const;
  /// The descriptor, which the file keeps; -1 once closed.
  int native_handle() const noexcept;

  /// For the library's own use.
  explicit file(std::unique_ptr<detail::file_state> state) noexcept;

 protected:
  bool has_state() const noexcept { return state_ != nullptr; }
  detail::file_state& state() const;

 private:
  std::unique_ptr<detail::file_state> state_;
};

/// Opens a file. `permissions` are for one that is made, less the umask. Throws std::system_error, and
/// std::invalid_argument for a mode without read or write. A stop that comes while it is being opened closes it again.
/// aiofiles.open.
[[nodiscard]] task<file> open_file(std::filesystem::path path, open_mode mode = open_mode::read,
                                   unsigned permissions = 0666);

}  // namespace weft
