#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <weft/net.hpp>
#include <weft/weft.hpp>

namespace weft::testing {

/// Runs a coroutine on the real clock.
template <class F>
void run_sockets(F body, weft::backend_kind backend = weft::backend_kind::automatic) {
  weft::run(std::move(body), {.backend = backend, .handle_signals = false});
}

/// The peer of a stream under test: a plain blocking socket, so that the test says what arrives when.
class raw_peer {
 public:
  explicit raw_peer(int fd) noexcept : fd_{fd} {}
  raw_peer(raw_peer&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  raw_peer& operator=(raw_peer&&) = delete;
  ~raw_peer() { close(); }

  void send(std::string_view text) const {
    ASSERT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  /// What comes, up to the end or `max` bytes.
  std::string receive(std::size_t max) const {
    std::string text(max, '\0');
    std::size_t got = 0;
    while (got < max) {
      const ssize_t n = ::recv(fd_, text.data() + got, max - got, 0);
      if (n <= 0) break;
      got += static_cast<std::size_t>(n);
    }
    text.resize(got);
    return text;
  }
  void end() const { ::shutdown(fd_, SHUT_WR); }
  int descriptor() const noexcept { return fd_; }
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void reset() noexcept {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }

 private:
  int fd_;
};

/// A stream and its peer, over loopback TCP.
struct pair {
  pair() : peer{make(stream)} {}
  tcp_stream stream;
  raw_peer peer;

 private:
  static int make(tcp_stream& stream) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener, any, length), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, any, &length), 0);
    const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(peer, any, length), 0);
    stream = tcp_stream::from_descriptor(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    ::close(listener);
    return peer;
  }
};

/// The code of the std::system_error that `work` throws, and its text; nothing if it throws none.
struct thrown {
  std::error_code code;
  std::string text;
};
template <class A>
task<thrown> failure_of(A work) {
  thrown seen;
  try {
    co_await std::move(work);
  } catch (const std::system_error& e) {
    seen.code = e.code();
    seen.text = e.what();
  }
  co_return seen;
}

}  // namespace weft::testing
