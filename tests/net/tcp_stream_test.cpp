#include <array>
#include <string>
#include <vector>

#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::failure_of;
using weft::testing::pair;
using weft::testing::run_sockets;

namespace {

std::span<std::byte> bytes_of(std::string& text) { return std::as_writable_bytes(std::span{text}); }

/// Lets what was sent over loopback arrive, and others run.
auto a_moment() { return weft::sleep(2ms); }

TEST(TcpStream, ReadsWhatHasCome) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("hello");
    EXPECT_EQ(co_await p.stream.read_some(), "hello");
    p.peer.send("abcdef");
    EXPECT_EQ(co_await p.stream.read_some(2), "ab");
    std::string rest(10, '.');
    std::size_t n = co_await p.stream.read_some(bytes_of(rest));
    EXPECT_EQ(rest.substr(0, n), "cdef");
    p.peer.end();
    n = co_await p.stream.read_some(bytes_of(rest));
    EXPECT_EQ(n, 0U);
    EXPECT_EQ(co_await p.stream.read_some(), "");
    EXPECT_TRUE(p.stream.at_end());
  });
}

TEST(TcpStream, WaitsForWhatComesLater) {
  run_sockets([]() -> weft::task<> {
    pair p;
    auto reading = weft::create_task(p.stream.read_some());
    co_await a_moment();
    EXPECT_FALSE(reading.done());
    p.peer.send("later");
    EXPECT_EQ(co_await reading, "later");
  });
}

TEST(TcpStream, ThatNobodyWaitsForHidesNoDeadlock) {
  const auto stuck = []() -> weft::task<> {
    pair p;
    const auto nothing = co_await weft::move_on_after(1ms, p.stream.read_some());
    EXPECT_FALSE(nothing);
    weft::event never;
    co_await never.wait();
  };
  EXPECT_THROW(weft::run(stuck, {.clock = weft::clock_mode::simulated}), weft::deadlock_error);
}

TEST(TcpStream, ReadsLinesThatComeByteByByte) {
  run_sockets([]() -> weft::task<> {
    pair p;
    auto reading = weft::create_task([&]() -> weft::task<std::vector<std::string>> {
      std::vector<std::string> lines;
      while (std::optional<std::string> line = co_await p.stream.read_line()) lines.push_back(*line);
      co_return lines;
    });
    for (const char c : std::string{"one\r\n\ntwo\rx\nlast"}) {
      p.peer.send({&c, 1});
      co_await weft::sleep(100us);
    }
    p.peer.end();
    const std::vector<std::string> expected{"one", "", "two\rx", "last"};
    EXPECT_EQ(co_await reading, expected);
  });
}

TEST(TcpStream, LimitsLinesAndLosesNothingByIt) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("0123456789\r\nnext\n");
    std::size_t limit = 0;
    try {
      co_await p.stream.read_line(9);
    } catch (const weft::limit_error& e) {
      limit = e.limit();
    }
    EXPECT_EQ(limit, 9U);
    EXPECT_EQ(*co_await p.stream.read_line(10), "0123456789");
    EXPECT_EQ(*co_await p.stream.read_line(), "next");

    // Without an end in sight it gives up before the memory does.
    const std::string endless(20'000, 'x');
    p.peer.send(endless);
    bool refused = false;
    try {
      co_await p.stream.read_line(10'000);
    } catch (const weft::limit_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    p.peer.send("\n");
    EXPECT_EQ(*co_await p.stream.read_line(20'000), endless);
  });
}

TEST(TcpStream, ReadsUpToAMark) {
  run_sockets([]() -> weft::task<> {
    pair p;
    auto reading = weft::create_task(p.stream.read_until("\r\n\r\n"));
    for (const char* piece : {"GET /\r", "\n\r", "\nbo", "dy"}) {
      p.peer.send(piece);
      co_await a_moment();
    }
    EXPECT_EQ(co_await reading, "GET /\r\n\r\n");
    p.peer.end();
    std::string partial;
    try {
      co_await p.stream.read_until("!");
    } catch (const weft::incomplete_read_error& e) {
      partial = e.partial();
    }
    EXPECT_EQ(partial, "body");
    EXPECT_EQ(co_await p.stream.read_all(), "");
  });
}

TEST(TcpStream, LimitsWhatLiesBeforeAMark) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("12345;6789");
    int refused = 0;
    try {
      co_await p.stream.read_until(";", 5);
    } catch (const weft::limit_error&) {
      ++refused;
    }
    EXPECT_EQ(co_await p.stream.read_until(";", 6), "12345;");
    try {
      co_await p.stream.read_until(";", 4);
    } catch (const weft::limit_error&) {
      ++refused;
    }
    EXPECT_EQ(refused, 2);
    p.peer.end();
    EXPECT_EQ(co_await p.stream.read_all(), "6789");
  });
}

TEST(TcpStream, ReadsExactlySoMuch) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("abcdef");
    std::string two(2, '.');
    std::string six(6, '.');
    co_await p.stream.read_exactly(bytes_of(two));
    EXPECT_EQ(two, "ab");
    p.peer.end();
    std::string partial;
    std::size_t expected = 0;
    try {
      co_await p.stream.read_exactly(bytes_of(six));
    } catch (const weft::incomplete_read_error& e) {
      partial = e.partial();
      expected = e.expected();
    }
    EXPECT_EQ(partial, "cdef");
    EXPECT_EQ(expected, 6U);
  });
}

TEST(TcpStream, CarriesMegabytesBothWays) {
  run_sockets([]() -> weft::task<> {
    std::string big(5'000'000, '\0');
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 7 + i / 251);
    auto echo = [](weft::tcp_stream s) -> weft::task<> {
      for (;;) {
        std::string text = co_await s.read_some();
        if (text.empty()) break;
        co_await s.write(std::move(text));
      }
    };
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, echo}, [&](weft::tcp_server& server) -> weft::task<> {
      weft::tcp_stream s = co_await weft::open_connection("127.0.0.1", server.port());
      auto writing = weft::create_task([&]() -> weft::task<> {
        co_await s.write(big);
        s.shutdown_write();
      });
      std::string half(2'500'000, '\0');
      co_await s.read_exactly(bytes_of(half));
      EXPECT_TRUE(std::string_view{big}.starts_with(half));
      const std::string rest = co_await s.read_all();
      EXPECT_TRUE(std::string_view{big}.substr(half.size()) == rest);
      co_await writing;
    });
  });
}

TEST(TcpStream, WritesScatteredPiecesInOrder) {
  run_sockets([]() -> weft::task<> {
    pair p;
    std::vector<std::string> texts;
    std::string all;
    for (int i = 0; i < 50; ++i) {
      texts.push_back(i % 7 == 0 ? ""
                                 : std::string(static_cast<std::size_t>(i) * 1000, static_cast<char>('a' + i % 26)));
      all += texts.back();
    }
    const std::vector<std::string_view> parts(texts.begin(), texts.end());
    auto receiving = weft::create_task(weft::to_thread([&] { return p.peer.receive(all.size()); }));
    co_await p.stream.write(parts);
    EXPECT_TRUE(co_await receiving == all);
    co_await p.stream.write(std::span<const std::string_view>{});
    co_await p.stream.write("");
  });
}

TEST(TcpStream, KeepsOnReadingAfterItsOwnEnd) {
  run_sockets([]() -> weft::task<> {
    pair p;
    co_await p.stream.write("request");
    p.stream.shutdown_write();
    p.stream.shutdown_write();
    EXPECT_EQ(p.peer.receive(100), "request");
    p.peer.send("answer");
    p.peer.end();
    EXPECT_EQ(co_await p.stream.read_all(), "answer");
    const auto late = co_await failure_of(p.stream.write(std::string{"more"}));
    EXPECT_EQ(late.code, std::errc::broken_pipe);
  });
}

TEST(TcpStream, LimitsReadingToTheEnd) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("12345");
    p.peer.end();
    bool refused = false;
    try {
      co_await p.stream.read_all(4);
    } catch (const weft::limit_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(co_await p.stream.read_all(5), "12345");
  });
}

TEST(TcpStream, GivesItsBufferToParsers) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("abc");
    std::string_view have = co_await p.stream.fill();
    EXPECT_EQ(have, "abc");
    p.stream.consume(1);
    EXPECT_EQ(p.stream.buffered(), "bc");
    p.peer.send("def");
    have = co_await p.stream.fill();
    EXPECT_EQ(have, "bcdef");
    EXPECT_THROW(p.stream.consume(6), std::out_of_range);
    p.peer.end();
    have = co_await p.stream.fill();
    EXPECT_EQ(have, "bcdef");
    EXPECT_TRUE(p.stream.at_end());
    p.stream.consume(5);
    EXPECT_EQ(p.stream.buffered(), "");
  });
}

TEST(TcpStream, AStoppedReadLosesNothing) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("half of a li");
    const auto line = co_await weft::move_on_after(5ms, p.stream.read_line());
    EXPECT_FALSE(line.has_value());
    p.peer.send("ne\n");
    EXPECT_EQ(*co_await p.stream.read_line(), "half of a line");

    p.peer.send("1234");
    std::string eight(8, '.');
    const bool in_time = co_await weft::move_on_after(5ms, [&] { return p.stream.read_exactly(bytes_of(eight)); });
    EXPECT_FALSE(in_time);
    p.peer.send("5678");
    co_await p.stream.read_exactly(bytes_of(eight));
    EXPECT_EQ(eight, "12345678");

    // The bytes are there, and the reader woken, when the stop comes.
    auto reading = weft::create_task(p.stream.read_some());
    co_await a_moment();
    p.peer.send("kept");
    reading.cancel();
    co_await a_moment();
    EXPECT_TRUE(reading.cancelled());
    EXPECT_EQ(co_await p.stream.read_some(), "kept");
  });
}

TEST(TcpStream, AStoppedLargeReadExactlyBreaksReading) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send("some");
    std::string large(100'000, '.');
    const bool in_time = co_await weft::move_on_after(5ms, [&] { return p.stream.read_exactly(bytes_of(large)); });
    EXPECT_FALSE(in_time);
    const auto after = co_await failure_of(p.stream.read_some());
    EXPECT_EQ(after.code, std::errc::broken_pipe);
  });
}

TEST(TcpStream, AStoppedWriteBreaksTheStream) {
  run_sockets([]() -> weft::task<> {
    pair p;
    const std::string big(20'000'000, 'x');  // NOLINT(bugprone-string-constructor): as large as it must be
    const bool in_time = co_await weft::move_on_after(5ms, [&] { return p.stream.write(big); });
    EXPECT_FALSE(in_time);
    const auto after = co_await failure_of(p.stream.write(std::string{"more"}));
    EXPECT_EQ(after.code, std::errc::broken_pipe);
    EXPECT_NE(after.text.find("127.0.0.1:"), std::string::npos) << after.text;
    p.peer.send("reading goes on");
    EXPECT_EQ(co_await p.stream.read_some(), "reading goes on");
  });
}

TEST(TcpStream, RefusesTwoReadersAtOnce) {
  run_sockets([]() -> weft::task<> {
    pair p;
    auto first = weft::create_task(p.stream.read_line());
    co_await a_moment();
    bool refused = false;
    try {
      co_await p.stream.read_line();
    } catch (const std::logic_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    p.peer.send("x\n");
    EXPECT_EQ(**&co_await first, "x");
  });
}

TEST(TcpStream, TellsOfALostConnection) {
  run_sockets([]() -> weft::task<> {
    pair p;
    const std::string peer = p.stream.remote_address().to_string();
    auto reading = weft::create_task(failure_of(p.stream.read_line()));
    co_await a_moment();
    p.peer.reset();
    const auto seen = co_await reading;
    EXPECT_EQ(seen.code, std::errc::connection_reset);
    EXPECT_NE(seen.text.find("read from " + peer), std::string::npos) << seen.text;
    const auto written = co_await failure_of(p.stream.write(std::string{"x"}));
    EXPECT_EQ(written.code, std::errc::broken_pipe);
  });
}

TEST(TcpStream, CloseWakesWhoWaits) {
  run_sockets([]() -> weft::task<> {
    pair p;
    auto reading = weft::create_task(failure_of(p.stream.read_line()));
    co_await a_moment();
    p.stream.close();
    p.stream.close();
    EXPECT_FALSE(p.stream.is_open());
    EXPECT_EQ((co_await reading).code, std::errc::bad_file_descriptor);
    const auto after = co_await failure_of(p.stream.write(std::string{"x"}));
    EXPECT_EQ(after.code, std::errc::bad_file_descriptor);
    weft::tcp_stream never;
    EXPECT_THROW((void)never.read_line(), std::logic_error);
  });
}

TEST(TcpStream, SetsOptions) {
  run_sockets([]() -> weft::task<> {
    pair p;
    int on = 0;
    socklen_t length = sizeof on;
    ::getsockopt(p.stream.native_handle(), 6, 1, &on, &length);  // IPPROTO_TCP, TCP_NODELAY
    EXPECT_NE(on, 0);
    p.stream.set_no_delay(false);
    p.stream.set_keep_alive(true, 30s, 5s);
    p.stream.set_receive_buffer(32 << 10);
    p.stream.set_send_buffer(32 << 10);
    p.stream.set_reset_on_close(true);
    EXPECT_EQ(p.stream.local_address().address(), "127.0.0.1");
    EXPECT_NE(p.stream.local_address().port(), p.stream.remote_address().port());
    co_await weft::sleep(0ms);
  });
}

TEST(TcpStream, APeerThatAlwaysHasDataDoesNotStarveOthers) {
  run_sockets([]() -> weft::task<> {
    pair p;
    p.peer.send(std::string(1000, 'x'));
    int others = 0;
    auto other = weft::create_task([&]() -> weft::task<> {
      for (;;) {
        co_await weft::sleep(0ms);
        ++others;
      }
    });
    std::byte one{};
    for (int i = 0; i < 1000; ++i) co_await p.stream.read_some(std::span{&one, 1});
    EXPECT_GT(others, 10);
    other.cancel();
  });
}

TEST(TcpStream, MayOutliveItsLoop) {
  weft::tcp_stream kept = weft::run([]() -> weft::task<weft::tcp_stream> {
    pair p;
    (void)co_await weft::move_on_after(1ms, p.stream.read_some());
    co_return std::move(p.stream);
  });
  EXPECT_TRUE(kept.is_open());
}

}  // namespace
