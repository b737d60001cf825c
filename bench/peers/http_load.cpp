// The client of the benchmark of HTTP servers: one thread, epoll, nothing that waits. It is driven by lines on its
// standard input and answers on its standard output, so that whoever drives it can look at the server in between.
//
// usage: http_load PORT CONNECTIONS DEPTH PATH [JSON]
//   asks once for PATH (or posts JSON to it), to learn how long an answer is; connects, each connection asks DEPTH
//   times, and it says "connected BYTES", the length of an answer with its head. Then, for each line on standard input:
//   "run N"      N requests in all; each connection sends DEPTH of them at once when all answers to the last have come:
//                "ran SECONDS"
//   end of input: ends

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "load_client.hpp"

namespace {

struct connection {
  int fd = -1;
  std::size_t missing = 0;
};

/// Shows how the answer begins that is longer than the others.
[[noreturn]] void refuse_answer(const char* text, std::size_t size) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(std::min<std::size_t>(size, 200)), text);
  refuse("the server sent more than the answers that were asked for");
}

void run(int epoll, std::span<connection> connections, const std::string& batch, std::size_t depth, std::size_t answers,
         std::size_t requests) {
  std::size_t to_send = requests / depth;
  std::size_t to_come = to_send;
  static std::array<char, 65536> input;
  const auto send_to = [&](connection& c) {
    --to_send;
    if (::send(c.fd, batch.data(), batch.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(batch.size())) fail("send");
    c.missing = answers;
  };
  for (connection& c : connections)
    if (to_send != 0) send_to(c);
  while (to_come != 0) {
    std::array<epoll_event, 256> events;
    const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 20'000);
    if (n < 0 && errno != EINTR) fail("epoll_wait");
    if (n == 0) refuse("nothing has come for 20 s");
    for (int i = 0; i < n; ++i) {
      connection& c = *static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      const ssize_t got = ::recv(c.fd, input.data(), input.size(), MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got < 0) fail("recv");
      if (got == 0) refuse("the server has closed a connection");
      if (static_cast<std::size_t>(got) > c.missing) refuse_answer(input.data(), static_cast<std::size_t>(got));
      c.missing -= static_cast<std::size_t>(got);
      if (c.missing != 0) continue;
      --to_come;
      if (to_send != 0) send_to(c);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) refuse("usage: http_load PORT CONNECTIONS DEPTH PATH [JSON]");
  const auto port = static_cast<std::uint16_t>(std::stoul(argv[1]));
  const std::size_t depth = std::stoul(argv[3]);
  std::string request = request_for(argv[4]);
  if (argc == 6) {
    const std::string json = argv[5];
    request.replace(0, 3, "POST").resize(request.size() - 2);
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) + "\r\n\r\n" + json;
  }
  const std::size_t answer = length_of_answer(port, request);
  std::string batch;
  for (std::size_t i = 0; i < depth; ++i) batch += request;

  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<connection> connections(std::stoul(argv[2]));
  // Connections ask as soon as a thousand of them are there: not more wait to be accepted than a server lets wait, and
  // none is silent for so long that a server takes it for hostile.
  constexpr std::size_t at_once = 1000;
  std::size_t asked = 0;
  for (std::size_t i = 0; i < connections.size(); ++i) {
    connection& c = connections[i];
    c.fd = connect_to(port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &c;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, c.fd, &event) != 0) fail("epoll_ctl");
    if (const std::size_t more = i + 1 - asked; more == at_once || i + 1 == connections.size()) {
      run(epoll, std::span{connections}.subspan(asked, more), batch, depth, depth * answer, depth * more);
      asked += more;
    }
  }
  std::printf("connected %zu\n", answer);
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    unsigned long count = 0;
    if (std::sscanf(line.c_str(), "run %lu", &count) != 1) refuse("the order is: run N");
    const auto begin = std::chrono::steady_clock::now();
    run(epoll, connections, batch, depth, depth * answer, count);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("ran %.6f\n", took.count());
    std::fflush(stdout);
  }
}
