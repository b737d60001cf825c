#include <csignal>
#include <stdexcept>
#include <utility>
#include <weft/process/process.hpp>

#include "process/child.hpp"
#include "process/pipe_core.hpp"

namespace weft {

process::process(const detail::command_spec& spec) {
  detail::child_pipes pipes;
  child_ = detail::child::start(spec, pipes);
  in = detail::pipe_stream(std::move(pipes.input), "the input of " + spec.program);
  out = detail::pipe_stream(std::move(pipes.output), "the output of " + spec.program);
  err = detail::pipe_stream(std::move(pipes.errors), "the errors of " + spec.program);
}
process::~process() = default;

pid_t process::pid() const noexcept { return child_->pid(); }

task<int> process::wait_for_end(detail::child& child) {
  co_await child.wait();
  co_return child.exit_code();
}
task<int> process::wait() { return wait_for_end(*child_); }

std::optional<int> process::exit_code() const noexcept {
  if (!child_->reaped()) return std::nullopt;
  return child_->exit_code();
}

void process::send_signal(int signal) noexcept { child_->signal(signal); }
void process::terminate() noexcept { child_->signal(SIGTERM); }
void process::kill() noexcept { child_->signal(SIGKILL); }

process_scope::process_scope(detail::command_spec spec)
    : spec_{std::make_unique<detail::command_spec>(std::move(spec))} {}
process_scope::process_scope(process_scope&& other) noexcept = default;
process_scope::~process_scope() = default;

process& process_scope::enter() {
  if (process_) throw std::logic_error{"what command.start() gives can be used only once"};
  process_.reset(new process{*spec_});
  return *process_;
}

task<> process_scope::end(process& started) {
  started.in.close();
  started.out.close();
  started.err.close();
  co_await started.child_->end();
}
task<> process_scope::exit() { return end(*process_); }

}  // namespace weft
