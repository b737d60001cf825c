#pragma once

#include <string>
#include <weft/core/task.hpp>

#include "net/socket_core.hpp"

namespace weft::postgres::detail {

/// libpq's descriptor, which libpq closes, or a copy of it.
class link_socket final : public weft::detail::socket_core {
 public:
  explicit link_socket(int fd, bool own) : socket_core{fd}, own_{own} {}
  /// Only to be read from: a Unix socket would wake the loop whenever the server has taken something.
  void read_only() noexcept { watch.read_only = true; }
  ~link_socket() override { close(); }
  std::string describe() const override { return "a PostgreSQL server"; }

 private:
  void release(int fd) noexcept override;
  bool own_;
};

/// A descriptor of its own for the same connection. Throws std::system_error.
int copy_of(int fd);

bool is_ready(int fd, short events) noexcept;

/// Waits until libpq has something to do with a socket.
task<> wait_until_ready(link_socket& socket, bool to_write);

}  // namespace weft::postgres::detail
