#include <string>

#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::run_sockets;

namespace {

weft::task<> echo(weft::tcp_stream s) {
  while (std::optional<std::string> line = co_await s.read_line(4'000'000)) co_await s.write(*line + "\n");
}

/// A bit of everything that can wait: listening, connecting (to a name, by way of a thread, too), accepting, reading,
/// writing more than the kernel takes.
weft::task<> exchange(bool& finished) {
  co_await weft::with(weft::tcp_server{"127.0.0.1", 0, echo}, [](weft::tcp_server& server) -> weft::task<> {
    auto s = co_await weft::open_connection("localhost", server.port());
    co_await s.write("short\n");
    co_await s.read_line();
    const std::string big(3'000'000, 'x');
    co_await weft::gather(
        [&]() -> weft::task<> {
          co_await s.write(big);
          co_await s.write("\n");
        },
        [&]() -> weft::task<> { co_await s.read_line(4'000'000); });
    s.shutdown_write();
    co_await s.read_all();
  });
  finished = true;
}

// The n-th turn of the loop, for every n until the exchange gets through.
TEST(NetStop, LeavesNothingBehindWhereverItComes) {
  bool finished = false;
  int turns = 0;
  for (; !finished && turns < 3000; turns += turns < 100 ? 1 : 23) {
    run_sockets([&]() -> weft::task<> {
      auto work = weft::create_task(exchange(finished));
      for (int i = 0; i < turns && !work.done(); ++i) co_await weft::sleep(0ms);
      work.cancel();
      while (!work.done()) co_await weft::sleep(100us);
    });
  }
  EXPECT_GT(turns, 10);
}

// By time: this finds the places where nothing is ready.
TEST(NetStop, LeavesNothingBehindWheneverItComes) {
  for (int i = 0; i < 40; ++i) {
    run_sockets([&]() -> weft::task<> {
      bool finished = false;
      co_await weft::move_on_after(i * 200us, exchange(finished));
    });
  }
}

static_assert(!std::is_move_constructible_v<weft::detail::write_operation>,
              "what keeps views must be awaited where it is made");
static_assert(!std::is_move_constructible_v<weft::detail::read_exactly_operation>);

}  // namespace
