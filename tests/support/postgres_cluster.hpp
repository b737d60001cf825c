#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <support/installed_program.hpp>
#include <support/loopback_port.hpp>
#include <utility>

namespace weft::testing {

/// A private PostgreSQL server, which is removed with this or with the program, however that ends.
class postgres_cluster {
 public:
  /// Throws if it does not start.
  postgres_cluster() {
    for (int i = 0; i < 3 && directory_.empty(); ++i) start();  // another program may take the port before it does
    if (directory_.empty()) throw std::runtime_error{"PostgreSQL did not start"};
  }
  postgres_cluster(const postgres_cluster&) = delete;
  postgres_cluster& operator=(const postgres_cluster&) = delete;
  ~postgres_cluster() { stop(); }

  std::uint16_t port() const noexcept { return port_; }
  /// Of a database user, over TCP.
  std::string uri(const std::string& user = "postgres") const {
    return "postgresql://" + user + "@127.0.0.1:" + std::to_string(port_) + "/postgres";
  }
  /// A keyword string, over the Unix socket.
  std::string local() const {
    return "host=" + directory_ + " port=" + std::to_string(port_) + " user=postgres dbname=postgres";
  }

  /// What the server's certificate, which is for localhost, is signed by.
  std::string root_certificate() const { return directory_ + "/root.crt"; }

  /// Ends the server as if it had crashed, starts it again, and waits until it answers.
  void restart() const {
    if (::write(keep_, "restart\n", 8) != 8 || next_line() != "ready")
      throw std::runtime_error{"PostgreSQL did not start again"};
  }

 private:
  std::string next_line() const {
    std::string line;
    char next = 0;
    while (::read(told_, &next, 1) == 1 && next != '\n') line += next;
    return line;
  }
  void start() {
    port_ = unused_port();
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    if (::pipe2(to.data(), O_CLOEXEC) != 0 || ::pipe2(from.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe2"};
    const std::string port = std::to_string(port_);
    const pid_t child = ::fork();
    if (child == 0) {
      if (::fork() == 0) {  // no child of the tests, which leave none behind
        ::setsid();
        ::dup2(to[0], STDIN_FILENO);
        ::dup2(from[1], STDOUT_FILENO);
        ::execl("support/postgres_cluster.sh", "postgres_cluster.sh", port.c_str(), nullptr);
      }
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    ::close(to[0]);
    ::close(from[1]);
    keep_ = to[1];
    told_ = from[0];
    const std::string line = next_line();
    if (line.starts_with("ready ")) {
      directory_ = line.substr(6);
    } else {
      stop();
      if (line == "missing") fail_without("PostgreSQL");
    }
  }
  void stop() noexcept {
    if (keep_ < 0) return;
    ::close(std::exchange(keep_, -1));
    std::array<char, 256> rest{};
    while (::read(told_, rest.data(), rest.size()) > 0) continue;
    ::close(told_);
  }

  std::uint16_t port_ = 0;
  int keep_ = -1;
  int told_ = -1;
  std::string directory_;
};

}  // namespace weft::testing
