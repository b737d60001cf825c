// The client of the benchmarks of waiting times: one thread that never sleeps but where it is told to. It is driven by
// lines on its standard input and answers on its standard output.
//
// usage: paced_load PORT CONNECTIONS BYTES   for servers that send back what they get
//        paced_load PORT CONNECTIONS /PATH   for HTTP
//   connects, and says "connected". Then, for each line:
//   "run N"             N exchanges, each connection begins its next when the last has ended: "ran SECONDS"
//   "pace RATE N"       N exchanges, RATE a second on average, at times that do not depend on the server's answers
//                       (exponentially distributed gaps). Each takes a connection that is idle; if there is none it
//                       waits for one, and its waiting counts: "pace P50 P99 P99.9 MOST LATE", in microseconds; LATE
//                       is by how much this program itself was late for 99.9 % of them
//   "trips N sleep"     N exchanges on the first connection, asleep until the answer comes; or "spin": awake:
//                       "trips P50 P99", in microseconds
//   end of input: ends

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <deque>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "load_client.hpp"

namespace {

using nanoseconds = std::int64_t;

nanoseconds now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

struct connection {
  int fd = -1;
  std::size_t missing = 0;   // of the answer that is on its way
  nanoseconds intended = 0;  // when the exchange was to begin
};

/// The value that this part of them does not exceed, in microseconds.
double quantile(std::vector<nanoseconds>& values, double part) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(std::ceil(part * static_cast<double>(values.size()))) - 1;
  std::ranges::nth_element(values, at);
  return static_cast<double>(*at) / 1000;
}

class load {
 public:
  load(std::uint16_t port, std::size_t connections, std::string request, std::size_t answer)
      : request_{std::move(request)}, answer_{answer}, connections_(connections) {
    for (connection& c : connections_) {
      c.fd = connect_to(port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &c;
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event) != 0) fail("epoll_ctl");
    }
  }

  double run(std::size_t count) {
    const nanoseconds begin = now();
    std::size_t to_send = count;
    std::size_t to_come = count;
    const auto next = [&](connection& c) {
      if (to_send == 0) return;
      --to_send;
      send_on(c);
    };
    for (connection& c : connections_) next(c);
    while (to_come != 0) {
      receive([&](connection& c) {
        --to_come;
        next(c);
      });
    }
    return static_cast<double>(now() - begin) / 1e9;
  }

  void pace(double rate, std::size_t count) {
    std::vector<connection*> idle;
    idle.reserve(connections_.size());
    for (connection& c : connections_) idle.push_back(&c);
    std::deque<nanoseconds> waiting;  // when they were to begin
    std::vector<nanoseconds> took, late;
    took.reserve(count);
    late.reserve(count);
    std::exponential_distribution<double> gap{rate / 1e9};
    double next = static_cast<double>(now());
    const auto begin = [&](nanoseconds intended) {
      connection& c = *idle.back();
      idle.pop_back();
      c.intended = intended;
      send_on(c);
    };
    for (std::size_t to_begin = count; took.size() != count;) {
      const nanoseconds time = now();
      for (; to_begin != 0 && next <= static_cast<double>(time); --to_begin) {
        const auto intended = static_cast<nanoseconds>(next);
        next += gap(random_);
        late.push_back(time - intended);
        waiting.push_back(intended);
      }
      while (!waiting.empty() && !idle.empty()) {
        begin(waiting.front());
        waiting.pop_front();
      }
      receive([&](connection& c) {
        took.push_back(now() - c.intended);
        idle.push_back(&c);
      });
    }
    std::printf("pace %.2f %.2f %.2f %.2f %.2f\n", quantile(took, 0.5), quantile(took, 0.99), quantile(took, 0.999),
                quantile(took, 1), quantile(late, 0.999));
  }

  void trips(std::size_t count, bool spin) {
    connection& c = connections_.front();
    std::vector<nanoseconds> took;
    took.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const nanoseconds begin = now();
      send_on(c);
      while (c.missing != 0) take(c, spin ? MSG_DONTWAIT : 0);
      took.push_back(now() - begin);
    }
    std::printf("trips %.2f %.2f\n", quantile(took, 0.5), quantile(took, 0.99));
  }

 private:
  void send_on(connection& c) {
    if (::send(c.fd, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
      fail("send");
    c.missing = answer_;
  }

  void take(connection& c, int flags) {
    const ssize_t got = ::recv(c.fd, input_.data(), input_.size(), flags);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 || static_cast<std::size_t>(got) > c.missing) refuse("a connection was closed, or sent too much");
    c.missing -= static_cast<std::size_t>(got);
  }

  /// Takes what has come, without waiting, and tells of answers that are complete.
  template <class F>
  void receive(F complete) {
    const int n = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 0);
    if (n < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < n; ++i) {
      connection& c = *static_cast<connection*>(events_[static_cast<std::size_t>(i)].data.ptr);
      take(c, MSG_DONTWAIT);
      if (c.missing == 0) complete(c);
    }
  }

  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const std::string request_;
  const std::size_t answer_;
  std::vector<connection> connections_;
  std::mt19937_64 random_{1};
  std::array<epoll_event, 256> events_{};
  std::array<char, 65536> input_{};
};

bool obey(load& clients, const std::string& line) {
  unsigned long count = 0;
  double rate = 0;
  char how[8] = "";
  if (std::sscanf(line.c_str(), "run %lu", &count) == 1) {
    std::printf("ran %.6f\n", clients.run(count));
  } else if (std::sscanf(line.c_str(), "pace %lf %lu", &rate, &count) == 2) {
    clients.pace(rate, count);
  } else if (std::sscanf(line.c_str(), "trips %lu %7s", &count, how) == 2) {
    clients.trips(count, std::string_view{how} == "spin");
  } else {
    return false;
  }
  std::fflush(stdout);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) refuse("usage: paced_load PORT CONNECTIONS BYTES|/PATH");
  const auto port = static_cast<std::uint16_t>(std::stoul(argv[1]));
  const std::string what = argv[3];
  const bool http = what.starts_with('/');
  const std::string request = http ? request_for(what) : std::string(std::stoul(what), 'x');
  load clients{port, std::stoul(argv[2]), request, http ? length_of_answer(port, request) : request.size()};
  std::puts("connected");
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!obey(clients, line)) refuse("the orders are: run N, pace RATE N, trips N sleep|spin");
  }
}
