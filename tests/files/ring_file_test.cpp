#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <system_error>
#include <weft/files.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

// A thread could not be called back from this.
TEST(RingFile, AnOperationThatWouldWaitForEverEndsWithAStop) {
  const auto main = []() -> weft::task<> {
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
  };
  try {
    weft::run(main, {.backend = weft::backend_kind::io_uring});
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::operation_not_permitted && e.code() != std::errc::function_not_supported) throw;
    GTEST_SKIP() << "this system does not offer io_uring";
  }
}

}  // namespace
