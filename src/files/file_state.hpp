#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <weft/sync/lock.hpp>

#include "files/system_calls.hpp"

namespace weft::detail {

inline constexpr std::size_t file_buffer_size = std::size_t{64} << 10;

/// What a file consists of. The blocking members run on a thread, while the coroutine that holds `turn` waits.
class file_state {
 public:
  file_state(std::filesystem::path path, descriptor opened, bool appends);
  file_state(const file_state&) = delete;
  file_state& operator=(const file_state&) = delete;
  ~file_state();

  const std::filesystem::path& path() const noexcept { return path_; }
  int fd() const noexcept { return fd_.get(); }
  std::string_view unread() const noexcept { return std::string_view{in_}.substr(taken_); }
  bool at_end() const noexcept { return at_end_; }
  /// Where the user is: before what is buffered for reading, behind what is buffered for writing.
  std::uint64_t position() const noexcept { return position_ - unread().size() + out_.size(); }
  bool must_drain() const noexcept { return out_.size() >= file_buffer_size; }
  bool has_unwritten() const noexcept { return !out_.empty(); }

  void check_open(const char* operation) const;
  void take(std::size_t n) noexcept { taken_ += n; }
  void put(const std::string& text);
  void move_to(std::uint64_t position) noexcept;

  // ---- one step, whoever carries it out ----

  /// What a system call is to do.
  struct transfer {
    char* data;
    std::size_t size;
    std::int64_t offset;  ///< negative: wherever the kernel's own position is

    /// After a system call that gave -errno: because of a signal, or because the file turns out to have no positions.
    bool may_try_again(ssize_t result) const noexcept { return result == -EINTR || (result == -ESPIPE && offset >= 0); }
  };
  /// Reads about `wanted` bytes more; nothing may be unwritten. Then comes the result, an error negative.
  transfer begin_fill(std::size_t wanted);
  void end_fill(ssize_t n) noexcept;
  /// Writes of what is unwritten.
  transfer next_write() noexcept;
  void end_write(ssize_t n) noexcept;

  // ---- blocking ----

  /// Reads about `wanted` bytes more into the buffer; notes the end.
  void fill(std::size_t wanted);
  /// Writes what is buffered; what could not be written stays.
  void drain();
  std::string read_at(std::uint64_t offset, std::size_t size) const;
  void write_at(std::uint64_t offset, std::string_view text) const;
  std::uint64_t end() const;
  void sync();
  void truncate(std::uint64_t size);
  void close();

  /// One operation at a time, in the order in which they were asked for.
  lock turn;
  /// The file goes with this.
  bool temporary = false;

 private:
  void forget_unread() noexcept;

  std::filesystem::path path_;
  descriptor fd_;
  bool appends_;
  bool has_positions_ = true;  // until the kernel says otherwise; this counts them itself
  bool at_end_ = false;
  std::string in_;  // its first taken_ bytes have been given
  std::size_t taken_ = 0;
  std::size_t filled_ = 0;  // of in_, before the read that is under way
  std::string out_;
  std::uint64_t position_ = 0;  // of the kernel: behind in_, before out_
};

}  // namespace weft::detail
