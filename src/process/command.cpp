#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/core/gather.hpp>
#include <weft/core/with.hpp>
#include <weft/process/command.hpp>

#include "process/child.hpp"
#include "process/pipe_core.hpp"

namespace weft {
namespace detail {

namespace {

using way = command_spec::way;

/// Writes all of the input, or as much as it reads: whoever has read enough may close.
task<> feed(descriptor to, const command_spec& spec) {
  if (!to) co_return;
  byte_stream input = pipe_stream(std::move(to), "the input of " + spec.program);
  try {
    co_await input.write(std::string_view{spec.input_text});
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::broken_pipe) throw;
  }
}

task<std::string> collect(descriptor from, const command_spec& spec, const char* what) {
  if (!from) co_return std::string{};
  byte_stream written = pipe_stream(std::move(from), what + spec.program);
  co_return co_await written.read_all(spec.limit);
}

/// A process for the time of a block.
class child_scope {
 public:
  explicit child_scope(const command_spec& spec) : child_{child::start(spec, pipes)} {}
  child& enter() noexcept { return *child_; }
  task<> exit() { return child_->end(); }

  child_pipes pipes;

 private:
  std::unique_ptr<child> child_;
};

task<process_output> run_captured(command_spec spec) {
  process_output result;
  child_scope scope{spec};
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
  child_scope scope{spec};
  co_await with(scope, [&](child& process) -> task<> {
    co_await feed(std::move(scope.pipes.input), spec);
    co_await process.wait();
    exit_code = process.exit_code();
  });
  co_return exit_code;
}

way way_of(stdio where) noexcept {
  switch (where) {
    case stdio::pipe:
      return way::pipe;
    case stdio::inherit:
      return way::inherited;
    case stdio::null:
      break;
  }
  return way::nothing;
}

std::string checked(std::string text) {
  if (text.find('\0') != std::string::npos) throw std::invalid_argument{"command: a NUL in a text"};
  return text;
}

std::filesystem::path checked_path(std::filesystem::path path) {
  (void)checked(path.native());
  return path;
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
  spec_.directory = detail::checked_path(std::move(directory));
  return *this;
}
command& command::input(std::string text) {
  spec_.input = {detail::way::text, {}};
  spec_.input_text = std::move(text);
  return *this;
}
command& command::inherit_input() { return stdin_from(stdio::inherit); }
command& command::stdin_from(stdio where) {
  spec_.input = {detail::way_of(where), {}};
  return *this;
}
command& command::stdout_to(stdio where) {
  spec_.output = {detail::way_of(where), {}};
  return *this;
}
command& command::stderr_to(stdio where) {
  spec_.errors = {detail::way_of(where), {}};
  return *this;
}
command& command::stdin_from(std::filesystem::path file) {
  spec_.input = {detail::way::file, detail::checked_path(std::move(file))};
  return *this;
}
command& command::stdout_to(std::filesystem::path file) {
  spec_.output = {detail::way::file, detail::checked_path(std::move(file))};
  return *this;
}
command& command::stderr_to(std::filesystem::path file) {
  spec_.errors = {detail::way::file, detail::checked_path(std::move(file))};
  return *this;
}
command& command::merge_errors() {
  spec_.errors = {detail::way::with_output, {}};
  return *this;
}
command& command::pass_listening(const std::vector<int>& descriptors) {
  spec_.passed = descriptors;
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

process_scope command::start() const {
  detail::command_spec spec = spec_;
  if (spec.input.is(detail::way::text))
    throw std::logic_error{"command.start: the input is to be written to process.in"};
  for (auto* stream : {&spec.input, &spec.output, &spec.errors}) stream->set_if_unsaid(detail::way::pipe);
  return process_scope{std::move(spec)};
}

task<process_output> command::output() const {
  detail::command_spec spec = spec_;
  if (spec.input.is(detail::way::pipe)) throw std::logic_error{"command.output: nobody would write to a pipe as input"};
  spec.input.set_if_unsaid(detail::way::nothing);
  spec.output.set_if_unsaid(detail::way::pipe);
  spec.errors.set_if_unsaid(detail::way::pipe);
  return detail::run_captured(std::move(spec));
}

task<int> command::run() const {
  for (const auto* stream : {&spec_.input, &spec_.output, &spec_.errors}) {
    if (stream->is(detail::way::pipe)) throw std::logic_error{"command.run: pipes are for start() and output()"};
  }
  return detail::run_inherited(spec_);
}

}  // namespace weft
