#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <weft/files.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

/// Runs it on io_uring, where that is offered.
template <class Main>
void run_on_ring(Main&& main, weft::run_options how = {}) {
  how.backend = weft::backend_kind::io_uring;
  try {
    weft::run(main, how);
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::operation_not_permitted && e.code() != std::errc::function_not_supported) throw;
    GTEST_SKIP() << "this system does not offer io_uring";
  }
}

// A thread could not be called back from this.
TEST(RingFile, AnOperationThatWouldWaitForEverEndsWithAStop) {
  run_on_ring([]() -> weft::task<> {
    auto directory = co_await weft::make_temporary_directory();
    const auto path = directory.path() / "pipe";
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    auto pipe = co_await weft::open_file(path, weft::open_mode::read | weft::open_mode::write);
    auto reading = weft::create_task(pipe.read(1));
    co_await weft::sleep(5ms);
    EXPECT_FALSE(reading.done());
    reading.cancel();
    while (!reading.done()) co_await weft::sleep(1ms);
    EXPECT_TRUE(reading.cancelled());
    co_await pipe.write("kept");
    co_await pipe.flush();
    EXPECT_EQ(co_await pipe.read(4), "kept");
    co_await pipe.close();
    co_await directory.remove();
  });
}

TEST(RingFile, TheSimulatedClockStandsStillMeanwhile) {
  run_on_ring(
      []() -> weft::task<> {
        auto directory = co_await weft::make_temporary_directory();
        const auto path = directory.path() / "pipe";
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        auto pipe = co_await weft::open_file(path, weft::open_mode::read | weft::open_mode::write);
        const std::jthread writer{[&] {
          std::this_thread::sleep_for(20ms);  // so that the loop has nothing to do but to wait for the kernel
          std::ofstream{path} << "late";
        }};
        EXPECT_EQ(co_await weft::wait_for(pipe.read(4), 1s), "late");
        EXPECT_EQ(weft::now(), weft::time_point{});
        co_await pipe.close();
        co_await directory.remove();
      },
      {.clock = weft::clock_mode::simulated});
}

}  // namespace
