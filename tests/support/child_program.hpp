#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <support/certificates.hpp>
#include <support/installed_program.hpp>
#include <support/program_changes.hpp>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

namespace weft::testing {

/// A program that a test talks to; killed with the test.
class child_program {
 public:
  /// Its output and its errors go into one file. Throws if the program is not installed.
  explicit child_program(const std::vector<std::string>& command) {
    const std::string path = installed_program(command.at(0));
    std::array<int, 2> in{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe2"};
    input_ = in[1];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output_.path().c_str(), O_WRONLY | O_APPEND, 0);
    ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const int failed = ::posix_spawn(&pid_, path.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    if (failed != 0) throw std::runtime_error{"posix_spawn " + path};
    changes_.emplace(output_.path(), pid_);
  }
  child_program(const child_program&) = delete;
  child_program& operator=(const child_program&) = delete;
  ~child_program() {
    end_input();
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void say(std::string_view text) const {
    if (::write(input_, text.data(), text.size()) < 0) throw std::runtime_error{"the program does not listen"};
  }
  void end_input() {
    if (input_ >= 0) ::close(std::exchange(input_, -1));
  }

  std::string output() const {
    std::ifstream file{output_.path()};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  /// What follows `mark` on its line, once that line has come. Throws if it does not come in time, or the program ends
  /// without it.
  task<std::string> says(std::string mark, std::chrono::seconds patience = std::chrono::seconds{10}) {
    const auto limit = std::chrono::steady_clock::now() + patience;
    bool last = false;
    for (;;) {
      const std::string all = output();
      const std::size_t at = all.find(mark);
      const std::size_t end = all.find('\n', at);
      if (at != std::string::npos && end != std::string::npos) {
        co_return all.substr(at + mark.size(), end - at - mark.size());
      }
      if (last || std::chrono::steady_clock::now() > limit) break;
      co_await changes_->next();
      last = has_ended();  // and has said by now whatever it will
    }
    const std::string all = output();
    for (const std::string_view complaint : {"No module named '", "Cannot find module '"}) {  // Python, Node
      const std::size_t at = all.find(complaint);
      if (at == all.npos) continue;
      const std::size_t name = at + complaint.size();
      fail_without("the module " + all.substr(name, all.find('\'', name) - name));
    }
    throw std::runtime_error{"the program does not say " + mark + " but: " + all};
  }
  /// False once it has ended.
  bool runs() { return !has_ended(); }
  /// Its exit status. Throws if it does not end in time.
  task<int> ended(std::chrono::seconds limit = std::chrono::seconds{10}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!has_ended()) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error{"the program does not end: " + output()};
      co_await changes_->next();
    }
    co_return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }
  /// Waits until it has said something or has ended, but not long.
  void wait_for_change(std::chrono::milliseconds most) const { changes_->wait(most); }

 private:
  bool has_ended() {
    if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
    return pid_ <= 0;
  }

  temporary_text output_{""};
  pid_t pid_ = -1;
  int status_ = 0;
  int input_ = -1;
  std::optional<program_changes> changes_;
};

/// Runs a program to its end, without input, and gives what it says. Throws if it fails, or does not end in time.
inline task<std::string> output_of(std::vector<std::string> command,
                                   std::chrono::seconds limit = std::chrono::seconds{50}) {
  child_program program{command};
  program.end_input();
  const int status = co_await program.ended(limit);
  std::string output = program.output();
  if (status != 0) throw std::runtime_error{command[0] + " ends with " + std::to_string(status) + ": " + output};
  co_return output;
}

/// The number behind the last colon: of "ACCEPT 127.0.0.1:4433".
inline std::uint16_t port_in(const std::string& text) {
  return static_cast<std::uint16_t>(std::atoi(text.c_str() + text.rfind(':') + 1));
}

}  // namespace weft::testing
