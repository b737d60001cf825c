#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <weft/core/with.hpp>
#include <weft/net/byte_stream.hpp>
#include <weft/process/detail/command_spec.hpp>

namespace weft {

namespace detail {
class child;
}

/// A process that runs, inside the block of command::start(). asyncio.subprocess.Process.
///
/// The streams are pipes of one direction. Whoever writes much and does not read what comes back at the same time, in
/// another task, may wait for ever once both pipes are full. Writing to a process that reads no more is an error
/// (std::errc::broken_pipe), never a signal.
class process {
 public:
  /// Its standard input, to write to: close() or shutdown_write() sends it the end. Closed if it leads elsewhere.
  byte_stream in;
  /// Its standard output, to read from. Closed if it leads elsewhere.
  byte_stream out;
  /// Its standard error, to read from. Closed if it leads elsewhere, with merge_errors() too.
  byte_stream err;

  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process();

  pid_t pid() const noexcept;

  /// Waits until it has ended, and gives its exit status, or minus the number of the signal that ended it. What it has
  /// written can still be read then. A stop leaves it running. One task at a time; harmless when repeated.
  [[nodiscard]] task<int> wait();
  /// What wait() has given; nullopt before. Process.returncode.
  std::optional<int> exit_code() const noexcept;

  /// Sends it a signal; with command::group(), to its whole group. Nothing happens once wait() has seen its end.
  void send_signal(int signal) noexcept;
  /// SIGTERM: asks it to end.
  void terminate() noexcept;
  /// SIGKILL: ends it.
  void kill() noexcept;

 private:
  friend class process_scope;
  explicit process(const detail::command_spec& spec);
  static task<int> wait_for_end(detail::child& child);

  std::unique_ptr<detail::child> child_;
};

/// What command::start() gives, for with(): starts the process, and ends it when the block is left.
class process_scope {
 public:
  process_scope(process_scope&& other) noexcept;
  process_scope& operator=(process_scope&&) = delete;
  ~process_scope();

  /// For with(). Throws std::system_error that names the program if it cannot be started.
  process& enter();
  task<> exit();

 private:
  friend class command;
  explicit process_scope(detail::command_spec spec);
  static task<> end(process& started);

  std::unique_ptr<detail::command_spec> spec_;
  std::unique_ptr<process> process_;
};

}  // namespace weft
