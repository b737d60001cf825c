#pragma once

// What the program talks to: scripted servers that misbehave.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <support/loopback_port.hpp>
#include <thread>
#include <vector>

namespace weft_test {

using weft::testing::unused_port;

/// One accepted connection of a scripted server's.
class peer_connection {
 public:
  explicit peer_connection(int fd) : fd_{fd} {}
  /// Reads the head of a request; the path it asks for, or "" when the client has gone.
  std::string read_request();
  /// The head that it has read last: request line and fields.
  const std::string& head() const { return head_; }
  /// Reads so many bytes of a body; fewer if the client has gone.
  std::string read_body(std::size_t size);
  void write(std::string_view text) const;
  /// Closes it with a reset instead of an orderly end.
  void reset_on_close() const;
  /// Waits until the client closes.
  void wait_for_close();

 private:
  bool read_more();

  int fd_;
  std::string head_;
  std::string buffered_;
};

/// Runs `script` on a thread for each connection.
class scripted_server {
 public:
  explicit scripted_server(std::function<void(peer_connection&)> script);
  ~scripted_server();
  std::string url(std::string_view path) const;
  int connections() const { return connections_; }

 private:
  void accept_all();

  std::function<void(peer_connection&)> script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> ending_{false};
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// "HTTP/1.1 200 OK" with this body.
std::string ok(std::string_view body);

}  // namespace weft_test
