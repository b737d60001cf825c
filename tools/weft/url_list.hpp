#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
#include <weft/sync/queue.hpp>
#include <weft/weft.hpp>

#include "descriptor.hpp"

namespace weft::tool {

/// Cuts a list of URLs into its lines, as it comes in pieces of any size. Spaces around a line are dropped, empty lines
/// left out. Of a line that is longer than any URL only the beginning is kept, one byte more than longest_line.
class line_splitter {
 public:
  static constexpr std::size_t longest_line = 64 * 1024;

  /// Appends the lines that have become complete.
  void feed(std::string_view piece, std::vector<std::string>& lines);
  /// The list has ended: appends the last line if it had no line break.
  void finish(std::vector<std::string>& lines);

 private:
  void add(std::string_view line, std::vector<std::string>& lines);
  void keep(std::string_view part);

  std::string incomplete_;
};

/// Reads a list of URLs, one a line, on a thread of its own and puts them into a queue of the loop's as fast as they
/// are taken from it: the list may be longer than memory, and may come through a pipe, slowly.
class url_list {
 public:
  /// Opens `path`; "-" is standard input. Throws std::system_error.
  explicit url_list(const std::string& path);
  ~url_list();
  url_list(const url_list&) = delete;
  url_list& operator=(const url_list&) = delete;

  /// Begins to put the lines into `into`, which must outlive the loop; the queue is shut down at the end of the list.
  void start(loop_handle loop, queue<std::string>& into);

  /// Ends the thread, wherever it waits. To be called when the loop has ended.
  void stop() noexcept;

  /// The error that ended reading too early; valid after stop().
  std::error_code error() const noexcept { return error_; }

  /// How many URLs there are in all, if that can be told: counted at the end of the list, before it an estimate by the
  /// size of the file. Any thread.
  std::optional<std::uint64_t> total() const noexcept;

 private:
  void read_all(const loop_handle& loop, queue<std::string>& into);
  bool wait_until_readable();

  descriptor file_;
  descriptor wake_;              // an eventfd that ends the wait for input
  std::uint64_t file_size_ = 0;  // 0: not known
  std::thread thread_;
  std::error_code error_;
  std::atomic<std::uint64_t> bytes_read_{0};
  std::atomic<std::uint64_t> lines_read_{0};
  std::atomic<bool> ended_{false};
};

}  // namespace weft::tool
