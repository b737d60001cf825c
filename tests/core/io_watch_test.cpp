#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <weft/core/detail/io_watch.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

/// What comes after trouble is tried again and again: that must be the exception.
TEST(IoWatch, ADatagramIsNoTrouble) {
  for (const auto backend : {weft::backend_kind::epoll, weft::backend_kind::io_uring}) {
    weft::run(
        []() -> weft::task<> {
          std::array<int, 2> ends{};
          EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
          weft::detail::io_watch watch;
          watch.fd = ends[0];
          weft::detail::start_watching(*weft::detail::this_thread_loop, watch);
          while (!watch.writer.edge) co_await weft::sleep(1ms);  // it is watched by then
          EXPECT_EQ(::send(ends[1], "text", 4, 0), 4);
          while (!watch.reader.edge) co_await weft::sleep(1ms);
          EXPECT_FALSE(watch.troubled);
          weft::detail::stop_watching(watch);
          ::close(ends[0]);
          ::close(ends[1]);
        },
        {.backend = backend});
  }
}

}  // namespace
