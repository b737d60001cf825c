#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>
#include <weft/http.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::cut;
using weft::testing::run;
using weft::testing::stream_pair;

/// The code of the std::system_error that `work` throws; nothing if it throws none.
template <class A>
task<std::error_code> code_of(A work) {
  std::error_code code;
  try {
    co_await std::move(work);
  } catch (const std::system_error& e) {
    code = e.code();
  }
  co_return code;
}

/// The sizes of what each read gives, up to the end.
task<std::vector<std::size_t>> sizes_of_reads(weft::tcp_stream& stream) {
  std::vector<std::size_t> sizes;
  for (std::string text = co_await stream.read_some(); !text.empty(); text = co_await stream.read_some()) {
    sizes.push_back(text.size());
  }
  co_return sizes;
}

TEST(FakePeer, CarriesBytesBothWays) {
  run([]() -> task<> {
    stream_pair pair;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> {
        while (const auto line = co_await pair.peer.read_line()) co_await pair.peer.write("<" + *line + ">\n");
        pair.peer.close();
      });
      co_await pair.stream.write("one\n");
      std::string answer = co_await pair.stream.read_until("\n");
      EXPECT_EQ(answer, "<one>\n");
      const std::array<std::string_view, 3> parts{"t", "", "wo\nthree"};
      co_await pair.stream.write(parts);
      pair.stream.shutdown_write();
      answer = co_await pair.stream.read_all();
      EXPECT_EQ(answer, "<two>\n<three>\n");
      EXPECT_TRUE(pair.stream.at_end());
    });
    EXPECT_TRUE(pair.stream.is_open());
    EXPECT_FALSE(pair.peer.is_open());
    EXPECT_EQ(pair.stream.native_handle(), -1);
    EXPECT_EQ(pair.stream.remote_address(), pair.stream.remote_address());
    pair.stream.set_no_delay(false);
    EXPECT_EQ(weft::now().time_since_epoch(), 0s);
  });
}

TEST(FakePeer, ReadsWaitAndAreWoken) {
  run([]() -> task<> {
    stream_pair pair;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      auto reading = tg.create_task(pair.stream.read_line());
      co_await weft::sleep(5ms);
      co_await pair.peer.write("al");
      co_await weft::sleep(5ms);
      EXPECT_FALSE(reading.done());
      co_await pair.peer.write("most\n");
      const auto line = co_await reading;
      EXPECT_EQ(line, "almost");
    });
    std::array<std::byte, 5> five{};
    co_await pair.peer.write("12345678");
    co_await pair.stream.read_exactly(five);
    EXPECT_EQ(five[4], std::byte{'5'});
    EXPECT_EQ(pair.stream.buffered(), "678");
  });
}

TEST(FakePeer, AStreamThatNobodyWritesToIsADeadlock) {
  EXPECT_THROW(run([]() -> task<> {
                 stream_pair pair;
                 co_await pair.stream.read_line();
               }),
               weft::deadlock_error);
}

TEST(FakePeer, Delays) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.delay(20ms);
    co_await pair.peer.write("late\n");
    co_await pair.stream.read_line();
    EXPECT_EQ(weft::now().time_since_epoch(), 20ms);
    try {
      pair.peer.delay(1h);
      co_await pair.peer.write("too late\n");
      co_await weft::wait_for(pair.stream.read_line(), 1s);
      ADD_FAILURE() << "unreachable";
    } catch (const weft::timeout_error&) {
    }
    co_await pair.stream.read_line();
    EXPECT_EQ(weft::now().time_since_epoch(), 1h + 20ms);
  });
}

TEST(FakePeer, Splits) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.split({1, 3, 0});
    co_await pair.peer.write("0123456789");
    pair.peer.split({});
    co_await pair.peer.write("abc");
    co_await pair.peer.write("de");
    pair.peer.close();
    const auto sizes = co_await sizes_of_reads(pair.stream);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 3, 6, 3, 2}));
  });
}

TEST(FakePeer, SplitsWithPauses) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.delay(10ms);
    pair.peer.split({2}, 5ms);
    co_await pair.peer.write("012345");
    const auto text = co_await pair.stream.read_some();
    EXPECT_EQ(text, "01");
    EXPECT_EQ(weft::now().time_since_epoch(), 10ms);
    std::array<std::byte, 4> rest{};
    co_await pair.stream.read_exactly(rest);
    EXPECT_EQ(weft::now().time_since_epoch(), 20ms);
  });
}

TEST(FakePeer, SplitsAtRandomButAlwaysInTheSameWay) {
  const auto sizes_with = [](std::uint64_t seed) {
    return run([seed]() -> task<std::vector<std::size_t>> {
      stream_pair pair;
      pair.peer.split_at_random(seed, 5);
      co_await pair.peer.write(std::string(100, 'x'));
      pair.peer.close();
      co_return co_await sizes_of_reads(pair.stream);
    });
  };
  const auto sizes = sizes_with(7);
  EXPECT_EQ(sizes_with(7), sizes);
  EXPECT_NE(sizes_with(8), sizes);
  std::size_t sum = 0;
  for (const std::size_t size : sizes) {
    EXPECT_TRUE(size >= 1 && size <= 5);
    sum += size;
  }
  EXPECT_EQ(sum, 100U);
}

TEST(FakePeer, AWriteWaitsForRoom) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.set_room(10);
    const std::string text(25, 'x');
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      auto writing = tg.create_task([&]() -> task<> { co_await pair.stream.write(text); });
      co_await weft::sleep(1s);
      EXPECT_FALSE(writing.done());
      std::array<std::byte, 15> half{};
      co_await pair.peer.read_exactly(half);
      co_await weft::sleep(1s);
      EXPECT_TRUE(writing.done());
      std::array<std::byte, 10> rest{};
      co_await pair.peer.read_exactly(rest);
    });
  });
}

TEST(FakePeer, EndsAfterSoManyBytes) {
  for (std::size_t n = 0; n != 8; ++n) {
    run([n]() -> task<> {
      stream_pair pair;
      pair.peer.cut_after_sending(n);
      co_await pair.peer.write("0123");
      co_await pair.peer.write("456");
      const std::string text = co_await weft::wait_for(pair.stream.read_some(std::size_t{0}), 1s);
      EXPECT_EQ(text, "");
      if (n <= 7) {
        const std::string all = co_await weft::wait_for(pair.stream.read_all(), 1s);
        EXPECT_EQ(all, std::string{"0123456"}.substr(0, n));
      }
      const auto code = co_await code_of(pair.stream.write(std::string{"x"}));
      EXPECT_EQ(code, std::errc::broken_pipe);
    });
  }
}

TEST(FakePeer, IsResetAfterSoManyBytes) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.cut_after_sending(5, cut::reset);
    co_await pair.peer.write("0123456");
    const std::string text = co_await pair.stream.read_some();
    EXPECT_EQ(text, "01234");
    auto code = co_await code_of(pair.stream.read_some());
    EXPECT_EQ(code, std::errc::connection_reset);
    code = co_await code_of(pair.stream.write(std::string{"x"}));
    EXPECT_EQ(code, std::errc::connection_reset);
  });
}

TEST(FakePeer, IsCutWhileTheStreamWrites) {
  for (const cut how : {cut::end, cut::reset}) {
    run([how]() -> task<> {
      stream_pair pair;
      pair.peer.cut_after_receiving(5, how);
      auto code = co_await code_of(pair.stream.write(std::string{"0123"}));
      EXPECT_FALSE(code);
      code = co_await code_of(pair.stream.write(std::string{"456"}));
      EXPECT_EQ(code, how == cut::end ? std::errc::broken_pipe : std::errc::connection_reset);
      const std::string got = co_await pair.peer.read_all();
      EXPECT_EQ(got, "01234");
      code = co_await code_of(pair.stream.read_some());
      EXPECT_EQ(code, how == cut::end ? std::errc{} : std::errc::connection_reset);
    });
  }
}

TEST(FakePeer, ACutWakesThoseWhoWait) {
  run([]() -> task<> {
    stream_pair pair;
    pair.peer.set_room(1);
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      auto reading = tg.create_task(code_of(pair.stream.read_some()));
      auto writing = tg.create_task(code_of(pair.stream.write(std::string{"more than one"})));
      co_await weft::sleep(1ms);
      pair.peer.cut_after_sending(0, cut::reset);
      const auto read = co_await reading;
      EXPECT_EQ(read, std::errc::connection_reset);
      const auto written = co_await writing;
      EXPECT_EQ(written, std::errc::connection_reset);
    });
  });
}

TEST(FakePeer, ThePeerSeesTheStreamClose) {
  run([]() -> task<> {
    stream_pair pair;
    co_await pair.stream.write("bye");
    pair.stream.close();
    const auto text = co_await pair.peer.read_all();
    EXPECT_EQ(text, "bye");
    const auto code = co_await code_of(pair.peer.write(std::string{"x"}));
    EXPECT_EQ(code, std::errc::broken_pipe);
    EXPECT_THROW(co_await pair.stream.read_some(), std::system_error);
  });
}

TEST(FakePeer, MayOutliveTheLoop) {
  std::optional<stream_pair> pair;
  run([&]() -> task<> {
    pair.emplace();
    pair->peer.delay(1h);
    co_await pair->peer.write("never read");
  });
  pair->peer.cut_after_sending(0);
  pair.reset();
  EXPECT_THROW(stream_pair{}, std::logic_error);
}

TEST(FakePeer, ReadsLoseNothingToStops) {
  weft::testing::for_each_stop([]() -> task<> {
    stream_pair pair;
    pair.peer.split({1}, 1ms);
    std::string got;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> {
        co_await pair.peer.write("abcdefgh");
        pair.peer.close();
      });
      while (got.size() != 8) {
        const auto some = co_await weft::move_on_after(1500us, pair.stream.read_some(std::size_t{2}));
        if (some) got += *some;
      }
    });
    EXPECT_EQ(got, "abcdefgh");
  });
}

/// A client of HTTP under test, without a socket.
task<std::string> fetch(stream_pair& pair) {
  weft::http::client_connection connection{std::move(pair.stream)};
  co_await connection.send("GET", "GET / HTTP/1.1\r\nHost: fake\r\n\r\n");
  std::string body;
  for (auto piece = co_await connection.read_body(); !piece.empty(); piece = co_await connection.read_body()) {
    body += piece;
  }
  co_return body;
}

TEST(FakePeer, ServesAnHttpClientInAllPieces) {
  weft::testing::for_each_seed(100, [](std::uint64_t seed) -> task<> {
    stream_pair pair;
    pair.peer.split_at_random(seed, 7, 1ms);
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> {
        co_await pair.peer.read_until("\r\n\r\n");
        co_await pair.peer.write(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\n, w\r\n0\r\n\r\n");
      });
      const auto body = co_await fetch(pair);
      EXPECT_EQ(body, "hello, w");
    });
  });
}

TEST(FakePeer, CutsAnHttpClientOffAtEveryByte) {
  constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (const cut how : {cut::end, cut::reset}) {
    for (std::size_t n = 0; n != answer.size(); ++n) {
      run([n, how, answer]() -> task<> {
        stream_pair pair;
        pair.peer.cut_after_sending(n, how);
        bool failed = false;
        co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
          tg.create_task([&]() -> task<> { co_await pair.peer.write(answer); });
          try {
            co_await fetch(pair);
          } catch (const std::exception&) {
            failed = true;
          }
        });
        EXPECT_TRUE(failed) << n;
      });
    }
  }
}

}  // namespace
