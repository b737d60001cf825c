#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <stdexcept>
#include <weft/core/gather.hpp>
#include <weft/core/with.hpp>
#include <weft/net/detail/socket_leaf.hpp>
#include <weft/net/stream_errors.hpp>
#include <weft/process/command.hpp>

#include "process/child.hpp"

namespace weft {
namespace detail {

namespace {

/// Our end of one of a child's standard streams.
class pipe_end final : public socket_core {
 public:
  pipe_end(descriptor fd, std::string name) : socket_core{fd.release()}, name_{std::move(name)} {}
  std::string describe() const override { return name_; }

 private:
  std::string name_;
};

/// write(2), for a pipe whose reader may be gone: without the signal. Gives an errno value.
int write_quietly(int fd, std::string_view& text) noexcept {
  sigset_t pipe_signal;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ::sigpending(&pending);
  const bool had_one = ::sigismember(&pending, SIGPIPE) == 1;
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t n = ::write(fd, text.data(), text.size());
  const int error = n < 0 ? errno : 0;
  if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  if (error == EPIPE && !had_one) {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error;
}

/// Writes all of a text, or up to where nobody reads it any more.
class feed_leaf final : public socket_leaf {
 public:
  feed_leaf(pipe_end& to, std::string_view text) noexcept : socket_leaf{to, direction::write}, text_{text} {}
  void await_resume() const {
    if (error_ != EPIPE) check("write to");  // whoever has read enough may close
  }
  const char* describe() const noexcept override { return "command.input"; }

 private:
  bool attempt() noexcept override {
    while (!text_.empty()) {
      if (must_yield()) return false;
      const int error = write_quietly(socket_->watch.fd, text_);
      if (error == EAGAIN) return false;
      if (error != 0 && error != EINTR) {
        error_ = error;
        return true;
      }
    }
    return true;
  }
  std::string_view text_;
};

/// Reads up to the end of a stream, or past the limit.
class collect_leaf final : public socket_leaf {
 public:
  collect_leaf(pipe_end& from, std::string& into, std::size_t limit) noexcept
      : socket_leaf{from, direction::read}, into_{&into}, limit_{limit} {}
  void await_resume() const { check("read from"); }
  const char* describe() const noexcept override { return "command.output"; }

 private:
  static constexpr std::size_t piece = std::size_t{64} << 10;

  bool attempt() noexcept override {
    while (into_->size() <= limit_) {
      if (must_yield()) return false;
      const std::size_t before = into_->size();
      try {
        into_->resize(before + piece);
      } catch (const std::bad_alloc&) {
        error_ = ENOMEM;
        return true;
      }
      const ssize_t n = ::read(socket_->watch.fd, into_->data() + before, piece);
      const int error = n < 0 ? errno : 0;
      into_->resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      if (error == EAGAIN) return false;
      if (error != 0 && error != EINTR) error_ = error;
      if (n == 0 || error_ != 0) return true;
    }
    return true;
  }
  std::string* into_;
  std::size_t limit_;
};

task<> feed(descriptor to, const command_spec& spec) {
  if (!to) co_return;
  pipe_end pipe{std::move(to), "the input of " + spec.program};
  co_await feed_leaf{pipe, spec.input};
}

task<std::string> collect(descriptor from, const command_spec& spec, const char* what) {
  std::string text;
  if (!from) co_return text;
  pipe_end pipe{std::move(from), what + spec.program};
  co_await collect_leaf{pipe, text, spec.limit};
  if (text.size() > spec.limit) throw limit_error{what + spec.program, spec.limit};
  co_return text;
}

/// A process for the time of a block.
class child_scope {
 public:
  child_scope(const command_spec& spec, child_output output) : child_{child::start(spec, output, pipes)} {}
  child& enter() noexcept { return *child_; }
  task<> exit() { return child_->end(); }

  child_pipes pipes;

 private:
  std::unique_ptr<child> child_;
};

task<process_output> run_captured(command_spec spec) {
  process_output result;
  child_scope scope{spec, child_output::captured};
  co_await with(scope, [&](child& process) -> task<> {
    auto all = co_await gather(collect(std::move(scope.pipes.output), spec, "the output of "),
                               collect(std::move(scope.pipes.errors), spec, "the errors of "),
                               feed(std::move(scope.pipes.input), spec));
    result.out = std::move(std::get<0>(all));
    result.err = std::move(std::get<1>(all));
    co_await process.wait();
    result.exit_code = process.exit_code();
  });
  co_return result;
}

task<int> run_inherited(command_spec spec) {
  int exit_code = 0;
  child_scope scope{spec, child_output::inherited};
  co_await with(scope, [&](child& process) -> task<> {
    co_await feed(std::move(scope.pipes.input), spec);
    co_await process.wait();
    exit_code = process.exit_code();
  });
  co_return exit_code;
}

std::string checked(std::string text) {
  if (text.find('\0') != std::string::npos) throw std::invalid_argument{"command: a NUL in a text"};
  return text;
}

std::string checked_name(std::string name) {
  if (name.empty() || name.find('=') != std::string::npos) {
    throw std::invalid_argument{"command: not the name of a variable: \"" + name + "\""};
  }
  return checked(std::move(name));
}

}  // namespace
}  // namespace detail

command::command(std::string program) {
  if (program.empty()) throw std::invalid_argument{"command: no program given"};
  spec_.program = detail::checked(std::move(program));
}

void command::add_argument(std::string_view argument) {
  spec_.arguments.push_back(detail::checked(std::string{argument}));
}
command& command::args(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) add_argument(argument);
  return *this;
}
command& command::env(std::string name, std::string value) {
  spec_.environment.emplace_back(detail::checked_name(std::move(name)), detail::checked(std::move(value)));
  return *this;
}
command& command::unset_env(std::string name) {
  spec_.environment.emplace_back(detail::checked_name(std::move(name)), std::nullopt);
  return *this;
}
command& command::clear_env() {
  spec_.empty_environment = true;
  spec_.environment.clear();
  return *this;
}
command& command::cwd(std::filesystem::path directory) {
  (void)detail::checked(directory.native());
  spec_.directory = std::move(directory);
  return *this;
}
command& command::input(std::string text) {
  spec_.input_from = detail::command_spec::from::text;
  spec_.input = std::move(text);
  return *this;
}
command& command::inherit_input() {
  spec_.input_from = detail::command_spec::from::inherited;
  return *this;
}
command& command::merge_errors() {
  spec_.errors_with_output = true;
  return *this;
}
command& command::limit(std::size_t bytes) {
  spec_.limit = bytes;
  return *this;
}
command& command::grace(std::chrono::nanoseconds time) {
  if (time.count() < 0) throw std::invalid_argument{"command.grace: less than no time"};
  spec_.grace = time;
  return *this;
}
command& command::group() {
  spec_.own_group = true;
  return *this;
}

task<process_output> command::output() const { return detail::run_captured(spec_); }
task<int> command::run() const {
  detail::command_spec spec = spec_;
  if (spec.input_from == detail::command_spec::from::nothing) spec.input_from = detail::command_spec::from::inherited;
  return detail::run_inherited(std::move(spec));
}

}  // namespace weft
