#include "peers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace weft_test {

using namespace std::chrono_literals;

namespace {

/// A listening or only bound socket on a port of the loopback that the kernel picks.
std::pair<int, std::uint16_t> bind_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error{"no loopback socket"};
  return {fd, ntohs(address.sin_port)};
}

bool can_connect(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

std::string find_nginx() {
  for (const char* path : {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

}  // namespace

std::uint16_t unused_port() {
  const auto [fd, port] = bind_loopback();
  ::close(fd);
  return port;
}

std::string peer_connection::read_request() {
  for (;;) {
    const std::size_t end = buffered_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t path = buffered_.find(' ') + 1;
      std::string asked = buffered_.substr(path, buffered_.find(' ', path) - path);
      buffered_.erase(0, end + 4);
      return asked;
    }
    char piece[4096];
    const ssize_t count = ::recv(fd_, piece, sizeof piece, 0);
    if (count <= 0) return {};
    buffered_.append(piece, static_cast<std::size_t>(count));
  }
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
  std::tie(listener_, port_) = bind_loopback();
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

bool nginx::installed() { return !find_nginx().empty(); }

nginx::nginx(const std::string& root) {
  for (int i = 0; i < 5; ++i) {  // another program may take the port before nginx does
    if (start(root)) return;
  }
  throw std::runtime_error{"nginx did not start: " + read_file(place_.file("error.log"))};
}

bool nginx::start(const std::string& root) {
  port_ = unused_port();
  std::string temporary;
  for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary += std::string{what} + "_temp_path " + place_.file(what) + ";\n";
  const std::string configuration = place_.write(
      "nginx.conf", "daemon off;\nmaster_process off;\npid " + place_.file("pid") + ";\nerror_log " +
                        place_.file("error.log") + ";\nevents { worker_connections 512; }\nhttp {\n" +
                        "access_log off;\n" + temporary + "add_header x-connection $connection;\n" +
                        "server { listen 127.0.0.1:" + std::to_string(port_) + "; root " + root + "; }\n}\n");
  const std::string program = find_nginx();
  const std::string prefix = place_.file("");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::execl(program.c_str(), "nginx", "-p", prefix.c_str(), "-c", configuration.c_str(), "-e", "stderr", nullptr);
    ::_exit(126);
  }
  for (int i = 0; i < 1000; ++i) {
    if (can_connect(port_)) return true;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    std::this_thread::sleep_for(10ms);
  }
  pid_ = -1;
  return false;
}

nginx::~nginx() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

std::string nginx::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
}

}  // namespace weft_test
