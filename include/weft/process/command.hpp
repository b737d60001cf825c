#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/process/detail/command_spec.hpp>
#include <weft/process/process.hpp>

namespace weft {

/// How a process ended, and what it wrote. subprocess.CompletedProcess.
struct process_output {
  std::string out;
  std::string err;
  /// Its exit status; minus the number of the signal that ended it, as Python has it.
  int exit_code = 0;
  /// True for an exit status of 0.
  bool ok() const noexcept { return exit_code == 0; }
};

/// Where a standard stream of a process leads.
enum class stdio : unsigned char {
  pipe,     ///< to this program: to process.in, .out, .err under start(); into process_output under output()
  inherit,  ///< where this process's own leads
  null,     ///< /dev/null
};

/// A program to run: `co_await command("git").args("log", "-1").cwd(repository).output()`. asyncio's
/// create_subprocess_exec and communicate.
///
/// A value that describes; nothing happens before one of the last group is awaited, and it may be run any number of
/// times. Nothing goes through a shell. The process belongs to whoever awaits it: when that is stopped, or leaves by an
/// error, the process is terminated (SIGTERM), killed (SIGKILL) when a grace time has passed, and waited for. No
/// descriptor of this process reaches it but its standard streams and those of pass_listening().
class command {
 public:
  /// @param program a path, or a name to be looked for in PATH; "" throws std::invalid_argument.
  explicit command(std::string program);

  /// Adds arguments. They and all other texts here must not hold a NUL: std::invalid_argument.
  template <class... A>
    requires(std::convertible_to<A, std::string_view> && ...)
  command& args(const A&... arguments) {
    (add_argument(std::string_view{arguments}), ...);
    return *this;
  }
  command& args(const std::vector<std::string>& arguments);

  /// Sets a variable of its environment, which is otherwise this process's.
  command& env(std::string name, std::string value);
  command& unset_env(std::string name);
  /// Starts from an empty environment.
  command& clear_env();
  /// Its working directory; this process's otherwise.
  command& cwd(std::filesystem::path directory);

  // Its standard streams. Where nothing else is said, start() has pipes, run() this process's own, and output() takes
  // what is written, with /dev/null as input.

  /// Its standard input: this text, then the end. Not for start(), where process.in is to be written to.
  command& input(std::string text);
  /// The same as stdin_from(stdio::inherit).
  command& inherit_input();
  command& stdin_from(stdio where);
  command& stdout_to(stdio where);
  command& stderr_to(stdio where);
  /// A file, which exists for reading, and is created (with the umask) or emptied for writing. Relative paths begin at
  /// this process's working directory. Where it cannot be opened, starting throws std::system_error that names it.
  command& stdin_from(std::filesystem::path file);
  command& stdout_to(std::filesystem::path file);
  command& stderr_to(std::filesystem::path file);
  /// What it writes to standard error goes where its standard output goes (2>&1).
  command& merge_errors();
  /// Passes descriptors on, sockets that listen mostly, in systemd's way (sd_listen_fds(3)): as descriptors 3, 4, ...,
  /// with LISTEN_FDS and LISTEN_PID in the environment. See inherited_descriptors and http::server::listening. They
  /// must be open whenever the process is started. The program is started by the shell (/bin/sh).
  command& pass_listening(const std::vector<int>& descriptors);
  /// How much output() takes of each stream: more throws limit_error, and ends the process. 64 MiB otherwise.
  command& limit(std::size_t bytes);
  /// How long it has between SIGTERM and SIGKILL; 3 s otherwise. 0: it is killed at once. Throws std::invalid_argument
  /// for less than 0.
  command& grace(std::chrono::nanoseconds time);
  /// Makes it the leader of a process group of its own, so that what ends it also ends what it has started.
  command& group();

  /// For long talk: `with(command{"cat"}.start(), [](process& cat) -> task<> {...})` starts it, and the block writes to
  /// and reads from it; see process. Leaving the block closes the streams and ends the process, as above, if it has not
  /// ended. Throws std::logic_error if there is an input text. asyncio.create_subprocess_exec.
  [[nodiscard]] process_scope start() const;

  /// Runs it to its end and gives all that it wrote. An exit status other than 0 is no error. Throws std::system_error
  /// if it cannot be started, std::logic_error for an input of stdio::pipe, which nobody would write to.
  [[nodiscard]] task<process_output> output() const;
  /// Runs it with this process's standard streams, and gives its exit code as process_output has it. Throws
  /// std::system_error if it cannot be started, std::logic_error for stdio::pipe.
  [[nodiscard]] task<int> run() const;

 private:
  void add_argument(std::string_view argument);
  detail::command_spec spec_;
};

}  // namespace weft
