#include "core/signals.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "core/backend.hpp"

namespace weft::detail {

namespace {

// A signal handler reaches nothing else.
std::atomic<int> pending{0};
std::atomic<bool> stop_under_way{false};
std::atomic<backend*> to_wake{nullptr};
struct sigaction previous_interrupt;
struct sigaction previous_terminate;
struct sigaction previous_quit;
std::atomic<bool> quit_pending{false};

void on_signal(int signal) {
  if (stop_under_way.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  pending.store(signal);
  if (backend* waits = to_wake.load()) waits->interrupt();
}

void on_quit(int) {
  quit_pending.store(true);
  if (backend* waits = to_wake.load()) waits->interrupt();
}

bool on_main_thread() noexcept { return ::syscall(SYS_gettid) == ::getpid(); }

}  // namespace

stop_signals::stop_signals(backend& wakes, bool wanted, bool quit_too) {
  if (!wanted || !on_main_thread()) return;
  installed_ = true;
  pending.store(0);
  stop_under_way.store(false);
  to_wake.store(&wakes);
  struct sigaction action{};
  action.sa_handler = &on_signal;
  action.sa_flags = SA_RESTART | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &previous_interrupt);
  ::sigaction(SIGTERM, &action, &previous_terminate);
  // Whoever ignores a signal (nohup, a shell's background job) goes on ignoring it.
  if (previous_interrupt.sa_handler == SIG_IGN) ::sigaction(SIGINT, &previous_interrupt, nullptr);
  if (previous_terminate.sa_handler == SIG_IGN) ::sigaction(SIGTERM, &previous_terminate, nullptr);
  if (!quit_too) return;
  quit_installed_ = true;
  quit_pending.store(false);
  action.sa_handler = &on_quit;
  ::sigaction(SIGQUIT, &action, &previous_quit);
}

stop_signals::~stop_signals() {
  if (!installed_) return;
  ::sigaction(SIGINT, &previous_interrupt, nullptr);
  ::sigaction(SIGTERM, &previous_terminate, nullptr);
  if (quit_installed_) ::sigaction(SIGQUIT, &previous_quit, nullptr);
  to_wake.store(nullptr);
}

bool stop_signals::take_quit() noexcept {
  return quit_pending.load(std::memory_order_relaxed) && quit_pending.exchange(false);
}

int stop_signals::take() noexcept { return pending.load(std::memory_order_relaxed) == 0 ? 0 : pending.exchange(0); }

}  // namespace weft::detail
