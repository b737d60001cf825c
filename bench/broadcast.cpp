// What a broadcast costs for each of 10,000 WebSockets, beyond what the kernel takes to send it: real connections over
// loopback, whose other ends another process holds. In each iteration a message is published, and then the same bytes
// are sent over the same sockets by send() in a plain loop; the difference of the CPU times is weft's.

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>
#include <weft/web.hpp>
#include <weft/weft.hpp>

namespace {

namespace web = weft::web;
using weft::task;

constexpr std::size_t most_subscribers = 10'000;

void run_on_processor(bool first) {
  cpu_set_t all;
  CPU_ZERO(&all);
  ::sched_getaffinity(0, sizeof all, &all);
  int chosen = -1;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &all) && (chosen < 0 || !first)) chosen = i;
  CPU_ZERO(&all);
  CPU_SET(chosen, &all);
  ::sched_setaffinity(0, sizeof all, &all);
}

double cpu_time() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

void check(bool holds, const char* what) {
  if (!holds) throw std::system_error{errno, std::generic_category(), what};
}

// ---- the other process ----------------------------------------------------------------------------------------------

/// Reads exactly so much.
template <class T>
void read_all(int from, T* to, std::size_t size) {
  for (std::size_t have = 0; have < size;) {
    const ssize_t n = ::read(from, reinterpret_cast<char*>(to) + have, size - have);
    check(n > 0, "read");
    have += static_cast<std::size_t>(n);
  }
}

int open_websocket(std::uint16_t port, bool compresses) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(fd >= 0, "socket");
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(port);
  check(::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0, "connect");
  std::string request =
      "GET /room HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (compresses) request += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  request += "\r\n";
  check(::write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size()), "write");
  std::string answer;
  while (!answer.ends_with("\r\n\r\n")) {
    char c = 0;
    read_all(fd, &c, 1);
    answer += c;
  }
  if (!answer.starts_with("HTTP/1.1 101 ")) throw std::runtime_error{answer};
  return fd;
}

/// A frame as it came.
std::string read_frame(int from) {
  std::string frame(2, '\0');
  read_all(from, frame.data(), 2);
  std::size_t size = static_cast<unsigned char>(frame[1]);
  if (size == 126) {
    frame.resize(4);
    read_all(from, frame.data() + 2, 2);
    size = std::size_t{static_cast<unsigned char>(frame[2])} << 8 | static_cast<unsigned char>(frame[3]);
  }
  const std::size_t head = frame.size();
  frame.resize(head + size);
  read_all(from, frame.data() + head, size);
  return frame;
}

/// Is told the port, opens the connections, tells the first frame that comes; then again and again is told how many
/// bytes there will be, and says when they have come.
void subscribe(int orders, int answers, std::size_t count, bool compresses) {
  run_on_processor(true);
  std::uint16_t port = 0;
  read_all(orders, &port, sizeof port);
  std::vector<int> sockets(count);
  for (int& each : sockets) each = open_websocket(port, compresses);
  check(::write(answers, "c", 1) == 1, "write");
  std::string frame;
  for (const int each : sockets) frame = read_frame(each);
  const std::uint64_t size = frame.size();
  check(::write(answers, &size, sizeof size) == sizeof size, "write");
  check(::write(answers, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()), "write");

  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int each : sockets) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = each}};
    check(::epoll_ctl(poll, EPOLL_CTL_ADD, each, &event) == 0, "epoll_ctl");
  }
  std::vector<epoll_event> ready(1024);
  std::vector<char> dropped(1 << 16);
  std::uint64_t expected = 0;
  while (::read(orders, &expected, sizeof expected) == sizeof expected) {
    while (expected != 0) {
      const int n = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < n; ++i) {
        const ssize_t got = ::read(ready[static_cast<std::size_t>(i)].data.fd, dropped.data(), dropped.size());
        check(got > 0 && static_cast<std::uint64_t>(got) <= expected, "read");
        expected -= static_cast<std::uint64_t>(got);
      }
    }
    check(::write(answers, "d", 1) == 1, "write");
  }
}

// ---- this one -------------------------------------------------------------------------------------------------------

/// The other process, and the pipes to and from it.
class subscribers {
 public:
  subscribers(std::size_t count, bool compresses) {
    check(::pipe2(to_.data(), O_CLOEXEC) == 0 && ::pipe2(from_.data(), O_CLOEXEC) == 0, "pipe");
    child_ = ::fork();
    check(child_ >= 0, "fork");
    if (child_ == 0) {
      ::close(to_[1]);
      try {
        subscribe(to_[0], from_[1], count, compresses);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "subscribers: %s\n", error.what());
      }
      ::_exit(0);
    }
    ::close(to_[0]);
    ::close(from_[1]);
    ::fcntl(from_[0], F_SETFL, O_NONBLOCK);
  }
  subscribers(const subscribers&) = delete;
  subscribers& operator=(const subscribers&) = delete;
  ~subscribers() {
    ::close(to_[1]);
    ::close(from_[0]);
    ::waitpid(child_, nullptr, 0);
  }

  template <class T>
  void tell(const T& what) {
    check(::write(to_[1], &what, sizeof what) == sizeof what, "write");
  }
  /// So many bytes of its answer.
  task<std::string> hear(std::size_t size) { return hear(*this, size); }

 private:
  static task<std::string> hear(subscribers& self, std::size_t size) {
    std::string heard;
    while (heard.size() < size) {
      char piece[4096];
      const ssize_t n = ::read(self.from_[0], piece, std::min(sizeof piece, size - heard.size()));
      if (n > 0) heard.append(piece, static_cast<std::size_t>(n));
      if (n == 0) throw std::runtime_error{"the subscribers have gone"};
      if (n < 0) co_await weft::sleep(std::chrono::milliseconds{1});
    }
    co_return heard;
  }

  std::array<int, 2> to_{};
  std::array<int, 2> from_{};
  pid_t child_ = -1;
};

/// The server's ends of the connections.
std::vector<int> connections_of(std::uint16_t port) {
  std::vector<int> found;
  const int limit = static_cast<int>(::sysconf(_SC_OPEN_MAX));
  for (int fd = 0; fd < limit; ++fd) {
    sockaddr_in own{};
    sockaddr_in peer{};
    socklen_t own_size = sizeof own;
    socklen_t peer_size = sizeof peer;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 && own.sin_family == AF_INET &&
        ntohs(own.sin_port) == port && ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0)
      found.push_back(fd);
  }
  return found;
}

task<> measure(benchmark::State& state, web::server& server, web::broadcast& room, subscribers& all, std::size_t count,
               const std::string& text) {
  all.tell(server.port());
  co_await all.hear(1);
  while (room.size() < count) co_await weft::sleep(std::chrono::milliseconds{1});
  room.publish(text);
  const std::string length = co_await all.hear(sizeof(std::uint64_t));
  std::uint64_t size = 0;
  length.copy(reinterpret_cast<char*>(&size), sizeof size);
  const std::string frame = co_await all.hear(size);
  const std::vector<int> sockets = connections_of(server.port());
  if (sockets.size() != count) throw std::runtime_error{"not all connections were found"};

  double published = 0;
  double sent = 0;
  for (auto _ : state) {
    all.tell(std::uint64_t{size * count});
    const double begin = cpu_time();
    room.publish(text);
    co_await all.hear(1);
    const double middle = cpu_time();
    all.tell(std::uint64_t{size * count});
    const double begin_sending = cpu_time();
    for (const int each : sockets)
      check(::send(each, frame.data(), frame.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size()), "send");
    co_await all.hear(1);
    const double end = cpu_time();
    published += middle - begin;
    sent += end - begin_sending;
    state.SetIterationTime(middle - begin);
  }
  const double each = 1e6 / static_cast<double>(state.iterations()) / static_cast<double>(count);
  state.counters["publish_us"] = published * each;
  state.counters["send_us"] = sent * each;
  state.counters["beyond_us"] = (published - sent) * each;
  state.counters["bytes"] = static_cast<double>(size);
}

task<> listen_only(web::broadcast& room, web::websocket& ws) {
  auto seat = room.join(ws);
  while (co_await ws.receive()) {
  }
}

/// CPU time for each subscriber, in microseconds. The goal: beyond_us is below 3.
void broadcast(benchmark::State& state) {
  const auto backend = state.range(0) == 0 ? weft::backend_kind::epoll : weft::backend_kind::io_uring;
  const bool compresses = state.range(1) != 0;
  state.SetLabel(std::string{state.range(0) == 0 ? "epoll" : "io_uring"} + (compresses ? ", compressed" : ""));
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const std::size_t count = std::min<std::size_t>(most_subscribers, files.rlim_cur - 100);
  state.counters["subscribers"] = static_cast<double>(count);
  std::string text = "[";
  for (int i = 0; i < 5; ++i)
    text += R"({"symbol":"WEFT)" + std::to_string(i) + R"(","bid":101.25,"ask":101.5,"at":"2026-11-21T07:57:56Z"},)";
  text.back() = ']';

  try {
    subscribers all{count, compresses};
    run_on_processor(false);
    weft::run(
        [&]() -> task<> {
          web::app app;
          web::broadcast room;
          app.websocket("/room", [&](web::websocket& ws) -> task<> { return listen_only(room, ws); },
                        {.compression = compresses, .keep_compression_context = false});
          const auto body = [&](web::server& server) { return measure(state, server, room, all, count, text); };
          co_await weft::with(app.server({.drain_timeout = std::chrono::nanoseconds{0}}), body);
        },
        {.backend = backend});
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}
BENCHMARK(broadcast)->ArgsProduct({{0, 1}, {0, 1}})->UseManualTime()->Iterations(30)->Unit(benchmark::kMillisecond);

}  // namespace
