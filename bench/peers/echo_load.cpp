// The client of the echo benchmark: one thread, epoll, nothing that waits. It is driven by lines on its standard input
// and answers on its standard output, so that whoever drives it can look at the server in between.
//
// usage: echo_load PORT[,PORT...] CONNECTIONS BYTES [websocket]
//   (with "websocket": binary messages over WebSockets)
//   connects, exchanges nothing yet, and says "connected". Then, for each line on standard input:
//   "run N"      N exchanges in all, each connection sends its next message when the last has come back: "ran SECONDS"
//   "storm N"    N connections one after the other, CONNECTIONS at a time, each for one exchange: "ran SECONDS"
//   "check N"    N exchanges whose answers are compared with what was sent: "ran SECONDS", or an error
//   end of input: ends

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

[[noreturn]] void refuse(const char* why) {
  std::fprintf(stderr, "echo_load: %s\n", why);
  std::exit(1);
}

/// 127.x.y.z
sockaddr_in loopback(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl((127U << 24) | host);
  address.sin_port = htons(port);
  return address;
}

struct connection {
  int fd = -1;
  std::size_t missing = 0;  // of the answer that is on its way
};

class load {
 public:
  load(std::vector<std::uint16_t> ports, std::size_t connections, std::size_t bytes, bool websocket)
      : ports_{std::move(ports)}, connections_(connections), websocket_{websocket} {
    if (epoll_ < 0) fail("epoll_create1");
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 26);
    message_ = websocket ? frame(text, true) : text;
    expected_ = websocket ? frame(text, false) : text;
    answer_.resize(expected_.size());
  }

  void connect_all() {
    std::size_t left = connections_.size();
    for (connection& c : connections_) {
      connect(c, 0);
      --left;
      if (left == 0 || left % 1000 != 0) continue;
      // Once it has answered, the server has accepted all before: not more of them wait than it lets wait.
      send_message(c);
      while (!receive(c, false)) wait();
    }
  }
  void close_all() {
    for (connection& c : connections_) ::close(std::exchange(c.fd, -1));
  }

  void run(std::size_t exchanges, bool check) {
    std::size_t to_send = exchanges;
    std::size_t to_come = exchanges;
    for (connection& c : connections_) {
      if (to_send == 0) break;
      --to_send;
      send_message(c);
    }
    while (to_come != 0) {
      for (const epoll_event& event : wait()) {
        connection& c = *static_cast<connection*>(event.data.ptr);
        if (!receive(c, check)) continue;
        --to_come;
        if (to_send == 0) continue;
        --to_send;
        send_message(c);
      }
    }
  }

  /// Each connection for one exchange. Who closes first keeps its port for a while (TIME_WAIT): there are enough of
  /// them only with many source addresses.
  void storm(std::size_t count) {
    close_all();
    std::size_t to_start = count;
    std::size_t to_end = count;
    const auto start = [&](connection& c) {
      if (to_start == 0) return;
      connect(c, 1 + to_start % source_addresses);
      --to_start;
      send_message(c);
    };
    for (connection& c : connections_) start(c);
    while (to_end != 0) {
      for (const epoll_event& event : wait()) {
        connection& c = *static_cast<connection*>(event.data.ptr);
        if (!receive(c, false)) continue;
        ::close(std::exchange(c.fd, -1));
        --to_end;
        start(c);
      }
    }
    connect_all();
  }

 private:
  static constexpr std::size_t source_addresses = 200;

  void connect(connection& c, std::size_t source) {
    c = {::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0};
    if (c.fd < 0) fail("socket");
    const int on = 1;
    ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (source != 0) {
      ::setsockopt(c.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
      const sockaddr_in own = loopback(static_cast<std::uint32_t>(source + 1), 0);
      if (::bind(c.fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) fail("bind");
    }
    // On loopback this does not wait for the server's accept().
    const sockaddr_in server = loopback(1, ports_[next_port_++ % ports_.size()]);
    if (::connect(c.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) fail("connect");
    if (websocket_) shake_hands(c.fd);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &c;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event) != 0) fail("epoll_ctl");
  }

  /// A binary message; from a client it is masked. RFC 6455, section 5.2.
  static std::string frame(const std::string& text, bool masked) {
    if (text.size() >= 65536) refuse("a WebSocket message has less than 64 KiB here");
    const unsigned bit = masked ? 0x80 : 0;
    std::string out{"\x82"};
    if (text.size() < 126) {
      out += static_cast<char>(bit | text.size());
    } else {
      out += static_cast<char>(bit | 126);
      out += static_cast<char>(text.size() >> 8);
      out += static_cast<char>(text.size() & 0xff);
    }
    const std::string key = masked ? "\x12\x34\x56\x78" : std::string(4, '\0');
    if (masked) out += key;
    for (std::size_t i = 0; i < text.size(); ++i) out += static_cast<char>(text[i] ^ key[i % 4]);
    return out;
  }

  void shake_hands(int fd) {
    const std::string_view asked =
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    if (::send(fd, asked.data(), asked.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(asked.size())) fail("send");
    std::string head;
    for (char c = 0; !head.ends_with("\r\n\r\n"); head += c) {
      if (::recv(fd, &c, 1, 0) != 1) fail("recv");
    }
    if (!head.starts_with("HTTP/1.1 101")) refuse("the server opens no WebSocket");
  }

  void send_message(connection& c) {
    if (::send(c.fd, message_.data(), message_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(message_.size())) {
      fail("send");
    }
    c.missing = expected_.size();
  }

  /// True if the answer is complete.
  bool receive(connection& c, bool check) {
    const ssize_t n = ::recv(c.fd, answer_.data(), answer_.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n < 0) fail("recv");
    const auto got = static_cast<std::size_t>(n);
    if (n == 0 || got > c.missing) refuse("the server has closed a connection, or sent too much");
    if (check && answer_.compare(0, got, expected_, expected_.size() - c.missing, got) != 0) {
      refuse("another text came back");
    }
    c.missing -= got;
    return c.missing == 0;
  }

  std::span<const epoll_event> wait() {
    int n = 0;
    do {
      n = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 20'000);
    } while (n < 0 && errno == EINTR);
    if (n < 0) fail("epoll_wait");
    if (n == 0) refuse("nothing has come for 20 s");
    return {events_.data(), static_cast<std::size_t>(n)};
  }

  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::uint16_t> ports_;  // in turn
  std::size_t next_port_ = 0;
  std::vector<connection> connections_;
  bool websocket_;
  std::string message_;
  std::string expected_;
  std::string answer_;
  std::array<epoll_event, 256> events_{};
};

bool obey(load& clients, const std::string& line) {
  char what[16];
  unsigned long count = 0;
  if (std::sscanf(line.c_str(), "%15s %lu", what, &count) != 2) return false;
  const std::string_view order{what};
  const auto begin = std::chrono::steady_clock::now();
  if (order == "run" || order == "check") {
    clients.run(count, order == "check");
  } else if (order == "storm") {
    clients.storm(count);
  } else {
    return false;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("ran %.6f\n", took.count());
  std::fflush(stdout);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const bool websocket = argc == 5 && std::string_view{argv[4]} == "websocket";
  if (argc != 4 && !websocket) refuse("usage: echo_load PORT[,PORT...] CONNECTIONS BYTES [websocket]");
  std::vector<std::uint16_t> ports;
  std::istringstream list{argv[1]};
  for (std::string port; std::getline(list, port, ',');) ports.push_back(static_cast<std::uint16_t>(std::stoul(port)));
  load clients{std::move(ports), std::stoul(argv[2]), std::stoul(argv[3]), websocket};
  clients.connect_all();
  std::puts("connected");
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!obey(clients, line)) refuse("the orders are: run N, check N, storm N");
  }
}
