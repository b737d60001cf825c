#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <system_error>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::buffered_writer;
using weft::task;
using weft::testing::run;
using weft::testing::stream_pair;

TEST(BufferedWriter, DoesNotWaitAndHandsOverAllAtTheEndOfTheBlock) {
  run([]() -> task<> {
    stream_pair pair;
    std::string got;
    co_await weft::with(buffered_writer{pair.stream}, [&](buffered_writer& out) -> task<> {
      for (int i = 0; i < 1000; ++i) out.write("line " + std::to_string(i) + "\n");
      EXPECT_EQ(out.buffered(), 8890U);
      co_return;
    });
    pair.stream.shutdown_write();
    got = co_await pair.peer.read_all();
    EXPECT_EQ(got.size(), 8890U);
    EXPECT_TRUE(got.starts_with("line 0\nline 1\n"));
    EXPECT_TRUE(got.ends_with("line 999\n"));
  });
}

TEST(BufferedWriter, DrainWaitsAboveTheHighMarkUntilTheLowOne) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.set_room(10);
    co_await weft::with(buffered_writer{pair.stream, {.high = 100, .low = 20}}, [&](buffered_writer& out) -> task<> {
      out.write(std::string(100, 'a'));
      co_await out.drain();  // no more than the mark
      out.write("b");
      auto drained = weft::create_task(out.drain());
      co_await weft::sleep(1s);
      EXPECT_FALSE(drained.done());
      std::string got;
      while (!drained.done()) got += co_await pair.peer.read_some();
      EXPECT_LE(out.buffered(), 20U);
      EXPECT_GE(got.size(), 81U);
      while (got.size() < 101) got += co_await pair.peer.read_some();
      EXPECT_EQ(got, std::string(100, 'a') + "b");
    });
  });
}

TEST(BufferedWriter, FlushWaitsForTheLastByte) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.set_room(10);
    co_await weft::with(buffered_writer{pair.stream}, [&](buffered_writer& out) -> task<> {
      co_await out.flush();  // nothing to wait for
      out.write("0123456789abc");
      auto flushed = weft::create_task(out.flush());
      co_await weft::sleep(1s);
      EXPECT_FALSE(flushed.done());
      EXPECT_EQ(co_await pair.peer.read_some(), "0123456789");
      co_await flushed;
      EXPECT_EQ(out.buffered(), 0U);
    });
  });
}

TEST(BufferedWriter, AnErrorOnTheWayComesOutOfTheNextCall) {
  run([]() -> task<> {
    stream_pair pair;
    std::error_code code;
    try {
      co_await weft::with(buffered_writer{pair.stream}, [&](buffered_writer& out) -> task<> {
        pair.peer.close();
        out.write("nobody reads this");
        co_await weft::sleep(1s);
        EXPECT_THROW(out.write("nor this"), std::system_error);
        co_await out.drain();
      });
    } catch (const std::system_error& e) {
      code = e.code();
    }
    EXPECT_EQ(code, std::errc::broken_pipe);
  });
}

TEST(BufferedWriter, APeerThatTakesNothingEndsTheBlockWithATimeout) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.set_room(10);
    std::string text;
    try {
      co_await weft::with(buffered_writer{pair.stream, {.exit_limit = 3s}}, [&](buffered_writer& out) -> task<> {
        out.write(std::string(40, 'x'));
        co_return;
      });
    } catch (const weft::timeout_error& e) {
      text = e.what();
    }
    EXPECT_NE(text.find("bytes to a fake peer were not taken in time"), std::string::npos) << text;
  });
}

TEST(BufferedWriter, ABlockThatFailsOrIsStoppedDropsWhatIsBuffered) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.set_room(10);
    const auto block = [](buffered_writer& out) -> task<> {
      out.write(std::string(1000, 'x'));
      co_await weft::sleep(1s);
      throw std::runtime_error{"failed"};
    };
    EXPECT_FALSE(co_await weft::move_on_after(500ms, weft::with(buffered_writer{pair.stream}, block)));
    std::string text;
    try {
      co_await weft::with(buffered_writer{pair.stream}, block);
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "failed");
  });
}

TEST(BufferedWriter, MarksMustBeInOrder) {
  run([]() -> task<> {
    stream_pair pair;
    EXPECT_THROW((buffered_writer{pair.stream, {.high = 1, .low = 2}}), std::invalid_argument);
    co_return;
  });
}

}  // namespace
