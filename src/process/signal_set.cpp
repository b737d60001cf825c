#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <weft/net/detail/socket_leaf.hpp>
#include <weft/process/signal_set.hpp>
#include <weft/sync/lock.hpp>

#include "net/socket_core.hpp"

namespace weft {
namespace detail {

namespace {

constexpr int last_signal = 64;
constexpr std::uint64_t bit_of(int signal) noexcept { return std::uint64_t{1} << (signal - 1); }

/// What a set and the signal handler share.
struct mailbox {
  std::atomic<std::uint64_t> wanted{0};  ///< signals; 0: the mailbox is free
  std::atomic<std::uint64_t> arrived{0};
  std::atomic<int> wakeup{-1};  ///< an eventfd
};

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): a signal handler sees nothing else
std::array<mailbox, 128> mailboxes;
std::atomic<int> handlers_at_work{0};

std::mutex dispositions_mutex;
std::array<int, last_signal + 1> sets_with{};
std::array<struct sigaction, last_signal + 1> dispositions_before{};
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

void on_signal(int signal) {
  const int error = errno;
  handlers_at_work.fetch_add(1);
  for (mailbox& box : mailboxes) {
    if ((box.wanted.load() & bit_of(signal)) == 0) continue;
    box.arrived.fetch_or(bit_of(signal));
    const std::uint64_t one = 1;
    (void)!::write(box.wakeup.load(), &one, sizeof one);
  }
  handlers_at_work.fetch_sub(1);
  errno = error;
}

void take_signal(int signal) {
  const std::lock_guard held{dispositions_mutex};
  const auto index = static_cast<std::size_t>(signal);
  if (sets_with[index] == 0) {
    struct sigaction action{};
    action.sa_handler = &on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (::sigaction(signal, &action, &dispositions_before[index]) != 0) throw_system_error(errno, "sigaction");
  }
  ++sets_with[index];
}

void give_back_signal(int signal) noexcept {
  const std::lock_guard held{dispositions_mutex};
  const auto index = static_cast<std::size_t>(signal);
  if (--sets_with[index] == 0) ::sigaction(signal, &dispositions_before[index], nullptr);
}

std::uint64_t checked(std::initializer_list<int> signals) {
  std::uint64_t all = 0;
  for (int signal : signals) {
    if (signal < 1 || signal > last_signal || signal == SIGKILL || signal == SIGSTOP) {
      throw std::invalid_argument{"signal_set: signal " + std::to_string(signal) + " cannot be caught"};
    }
    all |= bit_of(signal);
  }
  if (all == 0) throw std::invalid_argument{"signal_set: no signals given"};
  return all;
}

int new_eventfd() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw_system_error(errno, "eventfd for a signal_set");
  return fd;
}

}  // namespace

/// A set's mailbox, and the descriptor by which the loop hears of it.
class signal_receiver final : public socket_core {
 public:
  explicit signal_receiver(std::uint64_t signals) : socket_core{new_eventfd()}, box_{free_mailbox(signals, watch.fd)} {
    try {
      for (std::uint64_t left = signals; left != 0; left &= left - 1) {
        const int signal = std::countr_zero(left) + 1;
        take_signal(signal);
        taken_ |= bit_of(signal);
      }
    } catch (...) {
      leave();
      throw;
    }
  }
  ~signal_receiver() override { leave(); }

  /// A signal that has come, or 0.
  int take() noexcept {
    const std::uint64_t arrived = box_->arrived.load();
    if (arrived == 0) return 0;
    const int signal = std::countr_zero(arrived) + 1;
    box_->arrived.fetch_and(~bit_of(signal));
    return signal;
  }
  std::string describe() const override { return "a signal_set"; }

  lock turn;

 private:
  static mailbox* free_mailbox(std::uint64_t signals, int wakeup) {
    const std::lock_guard held{dispositions_mutex};
    for (mailbox& box : mailboxes) {
      if (box.wanted.load() != 0) continue;
      box.arrived.store(0);
      box.wakeup.store(wakeup);
      box.wanted.store(signals);
      return &box;
    }
    throw std::length_error{"there are " + std::to_string(mailboxes.size()) + " signal_sets already"};
  }
  void leave() noexcept {
    for (std::uint64_t left = taken_; left != 0; left &= left - 1) give_back_signal(std::countr_zero(left) + 1);
    box_->wanted.store(0);
    while (handlers_at_work.load() != 0) {  // on another thread, about to write to the descriptor
    }
  }

  mailbox* box_;
  std::uint64_t taken_ = 0;
};

namespace {

class arrival_leaf final : public socket_leaf {
 public:
  explicit arrival_leaf(signal_receiver& receiver) noexcept : socket_leaf{receiver, direction::read} {}
  void await_resume() const { check("read"); }
  const char* describe() const noexcept override { return "signal_set.next"; }

 private:
  bool attempt() noexcept override {
    std::uint64_t count = 0;
    if (::read(socket_->watch.fd, &count, sizeof count) > 0) return true;
    if (errno != EAGAIN && errno != EINTR) error_ = errno;
    return error_ != 0;
  }
};

task<int> next_signal(signal_receiver& receiver) {
  const lock::guard turn = co_await receiver.turn.acquire();
  for (;;) {
    const int signal = receiver.take();
    if (signal != 0) co_return signal;
    co_await arrival_leaf{receiver};
  }
}

}  // namespace
}  // namespace detail

signal_set::signal_set(std::initializer_list<int> signals)
    : receiver_{std::make_unique<detail::signal_receiver>(detail::checked(signals))} {}
signal_set::signal_set(signal_set&& other) noexcept = default;
signal_set& signal_set::operator=(signal_set&& other) noexcept = default;
signal_set::~signal_set() = default;

task<int> signal_set::next() {
  if (!receiver_) throw std::logic_error{"the signal_set was moved from"};
  return detail::next_signal(*receiver_);
}

}  // namespace weft
