#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <weft/sync/event.hpp>
#include <weft/weft.hpp>

#include "descriptor.hpp"
#include "postgres_sink.hpp"

namespace weft::tool {

/// Writes records to a file, a pipe, a terminal or a PostgreSQL server from a thread of its own, so that a slow reader
/// holds up neither the connections nor their time limits. What has gathered while the thread was busy goes out in one
/// piece.
class record_writer {
 public:
  /// Creates or empties the file `path`; "-" is standard output, "postgres://..." a server. Throws std::system_error.
  explicit record_writer(const std::string& path);
  ~record_writer();
  record_writer(const record_writer&) = delete;
  record_writer& operator=(const record_writer&) = delete;

  /// Begins to write; the loop is where room() waits.
  void start(loop_handle loop);

  /// Where the next record is appended, followed by commit().
  std::string& buffer() noexcept { return buffer_; }
  /// Hands the records to the thread if there are enough of them.
  void commit();
  /// Hands over what there is, unless the thread is busy.
  void flush();

  /// Too many records wait for the thread.
  bool crowded() const noexcept { return buffer_.size() > most_waiting; }
  /// Waits until there is room for more, or writing has failed.
  task<> room();

  /// Writing has failed; what came since is lost.
  bool failed() const noexcept { return failed_.load(); }

  /// Writes what is left and ends the thread. To be called when the loop has ended.
  void finish();
  /// Why writing failed; empty if it has not. Valid after finish().
  const std::string& error() const noexcept { return error_; }

 private:
  static constexpr std::size_t worth_writing = 64 * 1024;
  static constexpr std::size_t most_waiting = 1024 * 1024;

  void hand_over();
  void write_all(std::optional<loop_handle> loop);
  void write_piece(const std::string& piece);
  void write_to_file(std::string_view piece);
  void fail(std::string why);
  void written();

  descriptor file_;
  std::optional<postgres_sink> server_;
  std::string buffer_;  // of the loop's thread
  event room_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string piece_;  // the thread's while busy_
  std::atomic<bool> busy_{false};
  bool ending_ = false;
  std::atomic<bool> failed_{false};
  std::string error_;
  std::thread thread_;
};

}  // namespace weft::tool
