#pragma once

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <weft/net/detail/socket_leaf.hpp>
#include <weft/weft.hpp>

#include "net/socket_core.hpp"

namespace weft::testing {

/// Tells when a program has written to its output, a file, or has ended, so that nobody need look every millisecond.
class program_changes {
 public:
  program_changes(const std::string& output, pid_t program) {
    const int written = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (written >= 0) ::inotify_add_watch(written, output.c_str(), IN_MODIFY);
    add(written_ = written);
    add(ended_ = static_cast<int>(::syscall(SYS_pidfd_open, program, 0)));
  }
  program_changes(const program_changes&) = delete;
  program_changes& operator=(const program_changes&) = delete;
  ~program_changes() {
    for (const int fd : {all_, written_, ended_}) {
      if (fd >= 0) ::close(fd);
    }
  }

  /// Returns after a change that had not been told of, at the latest after `most`: there may be systems that tell
  /// nothing.
  void wait(std::chrono::milliseconds most = a_while) const { take(static_cast<int>(most.count())); }
  /// The same in a task.
  task<> next(std::chrono::milliseconds most = a_while) const {
    epoll_core core{::dup(all_)};
    const bool changed = co_await move_on_after(most, readable(core));
    if (changed) take(0);
  }

 private:
  static constexpr std::chrono::milliseconds a_while{20};

  struct epoll_core final : weft::detail::socket_core {
    using socket_core::socket_core;
    std::string describe() const override { return "changes of a program"; }
  };
  class readable_leaf final : public weft::detail::socket_leaf {
   public:
    explicit readable_leaf(weft::detail::socket_core& of) noexcept : socket_leaf{of, direction::read} {}
    void await_resume() const { check("wait for"); }
    const char* describe() const noexcept override { return "program_changes.next"; }

   private:
    bool attempt() noexcept override {
      epoll_event event{};
      return ::epoll_wait(socket_->watch.fd, &event, 1, 0) != 0;
    }
  };
  static task<> readable(weft::detail::socket_core& core) { co_await readable_leaf{core}; }

  void add(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    if (fd >= 0) ::epoll_ctl(all_, EPOLL_CTL_ADD, fd, &event);
  }
  void take(int milliseconds) const {
    std::array<epoll_event, 2> events{};
    ::epoll_wait(all_, events.data(), static_cast<int>(events.size()), milliseconds);
    alignas(inotify_event) std::array<char, 4096> told{};
    while (::read(written_, told.data(), told.size()) > 0) continue;
  }

  int all_ = ::epoll_create1(EPOLL_CLOEXEC);
  int written_ = -1;
  int ended_ = -1;
};

}  // namespace weft::testing
