#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <weft/weft.hpp>

#include "support/environment_variable.hpp"

namespace {

using weft::testing::environment_variable;

weft::backend_kind used(weft::run_options options = {}) {
  return weft::run([]() -> weft::task<weft::backend_kind> { co_return weft::current_backend(); }, options);
}

/// As a container does it: io_uring_setup gives EPERM to this process from now on.
void forbid_io_uring() {
  std::array program{
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    std::perror("seccomp");
    std::_Exit(3);
  }
}

TEST(Backend, CanBeChosen) {
  EXPECT_EQ(used({.backend = weft::backend_kind::epoll}), weft::backend_kind::epoll);
  const environment_variable epoll{"WEFT_BACKEND", "epoll"};
  EXPECT_EQ(used(), weft::backend_kind::epoll);
}

TEST(Backend, AnUnknownNameInTheEnvironmentIsRefused) {
  const environment_variable unknown{"WEFT_BACKEND", "kqueue"};
  try {
    used();
    FAIL() << "no exception";
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "WEFT_BACKEND is \"kqueue\"; it can be epoll or io_uring");
  }
}

TEST(BackendDeathTest, EpollStandsInWhereTheSystemForbidsIoUring) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        ::unsetenv("WEFT_BACKEND");
        forbid_io_uring();
        std::_Exit(used() == weft::backend_kind::epoll ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(BackendDeathTest, AskingForWhatTheSystemForbidsIsAnError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        forbid_io_uring();
        try {
          used({.backend = weft::backend_kind::io_uring});
        } catch (const std::system_error& e) {
          std::fputs(e.what(), stderr);
          std::_Exit(e.code() == std::errc::operation_not_permitted ? 0 : 1);
        }
        std::_Exit(2);
      },
      ::testing::ExitedWithCode(0), "io_uring: the system refuses it");
}

}  // namespace
