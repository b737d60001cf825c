#include "peers.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace weft_test {

std::string peer_connection::read_request() {
  for (;;) {
    const std::size_t end = buffered_.find("\r\n\r\n");
    if (end != std::string::npos) {
      head_ = buffered_.substr(0, end + 4);
      buffered_.erase(0, end + 4);
      const std::size_t path = head_.find(' ') + 1;
      return head_.substr(path, head_.find(' ', path) - path);
    }
    if (!read_more()) return {};
  }
}

std::string peer_connection::read_body(std::size_t size) {
  while (buffered_.size() < size && read_more()) {
  }
  std::string body = buffered_.substr(0, size);
  buffered_.erase(0, size);
  return body;
}

bool peer_connection::read_more() {
  std::array<char, 4096> piece;
  const ssize_t count = ::recv(fd_, piece.data(), piece.size(), 0);
  if (count <= 0) return false;
  buffered_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

void peer_connection::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void peer_connection::reset_on_close() const {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void peer_connection::wait_for_close() {
  while (!read_request().empty()) {
  }
}

scripted_server::scripted_server(std::function<void(peer_connection&)> script) : script_{std::move(script)} {
  const weft::testing::bound_socket bound = weft::testing::bind_loopback();
  listener_ = bound.descriptor;
  port_ = bound.port;
  if (::listen(listener_, 1024) != 0) throw std::runtime_error{"listen"};
  acceptor_ = std::thread{[this] { accept_all(); }};
}

scripted_server::~scripted_server() {
  ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  for (std::thread& thread : threads_) thread.join();
  for (const int fd : open_) ::close(fd);
  ::close(listener_);
}

void scripted_server::accept_all() {
  while (!ending_) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ++connections_;
    // The descriptor stays open until the end, so that its number is not given to another; the duplicate is what
    // closes.
    open_.push_back(fd);
    threads_.emplace_back([this, fd] {
      peer_connection connection{fd};
      script_(connection);
      linger at_once{};
      socklen_t size = sizeof at_once;
      ::getsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, &size);
      if (at_once.l_onoff != 0) {
        const sockaddr nowhere{.sa_family = AF_UNSPEC, .sa_data = {}};
        (void)::connect(fd, &nowhere, sizeof nowhere);  // disconnects with a reset
      } else {
        ::shutdown(fd, SHUT_RDWR);
      }
    });
  }
}

std::string scripted_server::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
}

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

}  // namespace weft_test
