#include <sys/socket.h>

#include <support/scenario.hpp>
#include <weft/net.hpp>

// Streams, as CPython's traces show them: on the simulated clock, but through the kernel's sockets.

namespace {

using namespace scenario;
using weft::task;
using weft::tcp_stream;

struct stream_pair {
  stream_pair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    a = tcp_stream::from_descriptor(fds[0]);
    b = tcp_stream::from_descriptor(fds[1]);
  }
  tcp_stream a;
  tcp_stream b;
};

TEST(Streams, s176_stream_pair) {
  expect_trace(R"(
20 cancelled
20 partial
20 12345
20 rest;
20 IncompleteReadError partial tail
20 eof True True
)",
               []() -> task<> {
                 stream_pair streams;
                 auto& [a, b] = streams;
                 const auto t = spawn(b.read_line(), "R");
                 co_await sleep(10);
                 co_await a.write("par");
                 co_await sleep(10);
                 t.cancel();
                 co_await weft::wait(handles(t));
                 log(outcome(t));
                 co_await a.write("tial\n12345rest;tail");
                 log(co_await b.read_line());
                 std::string five(5, '\0');
                 co_await b.read_exactly(std::as_writable_bytes(std::span{five}));
                 log(five);
                 log(co_await b.read_until(";"));
                 a.close();
                 std::string ten(10, '\0');
                 try {
                   co_await b.read_exactly(std::as_writable_bytes(std::span{ten}));
                 } catch (const weft::incomplete_read_error& e) {
                   log("IncompleteReadError partial ", e.partial());
                 }
                 const std::string rest = co_await b.read_all();
                 log("eof ", rest.empty(), " ", b.at_end());
               });
}

TEST(Streams, s178_stream_server) {
  // Over TCP: weft has no servers on Unix sockets.
  const auto handle = [](tcp_stream s) -> task<> {
    while (const auto line = co_await s.read_line()) {
      std::string upper;
      for (const char c : *line) upper += static_cast<char>(c - 'a' + 'A');
      co_await s.write(upper + "\n");
    }
    log("server: client gone");
  };
  expect_trace(R"(
0 ONE
0 TWO
0 server: client gone
0 eof True
0 closed
)",
               [&]() -> task<> {
                 const external connecting;  // the kernel decides when; time does not pass meanwhile
                 co_await weft::with(weft::tcp_server("127.0.0.1", 0, handle), [](weft::tcp_server& server) -> task<> {
                   tcp_stream client = co_await weft::open_connection("127.0.0.1", server.port());
                   for (const std::string word : {"one", "two"}) {
                     co_await client.write(word + "\n");
                     log(co_await client.read_line());
                   }
                   client.shutdown_write();
                   const std::string rest = co_await client.read_all();
                   log("eof ", rest.empty());
                   client.close();
                 });
                 log("closed");
               });
}

TEST(Streams, s209_stream_drain) {
  const auto read_so_much = [](tcp_stream& from, std::size_t n) -> task<> {
    std::size_t got = 0;
    while (got < n) {
      const std::string some = co_await from.read_some();
      got += some.size();
    }
    log("read ", got);
  };
  // IO-07: write() itself waits until the kernel has taken all; asyncio's is "written" at 0 and "drained" at the end.
  expect_trace(R"(
10 write pending
10 written
10 read 4000000
)",
               [&]() -> task<> {
                 stream_pair streams;
                 auto& [a, b] = streams;
                 const std::size_t n = 4'000'000;
                 const auto write = [&]() -> task<> {
                   co_await a.write(std::string(n, 'x'));
                   log("written");
                 };
                 const auto w = spawn(write, "W");
                 co_await sleep(10);
                 log("write ", outcome(w));
                 co_await read_so_much(b, n);
                 co_await w;
               });
}

}  // namespace
