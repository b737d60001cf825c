#pragma once

#include <memory>
#include <weft/net/endpoint.hpp>

#include "net/accept_request.hpp"
#include "net/socket_core.hpp"

namespace weft::detail {

/// A descriptor that listens.
class listening_core : public socket_core {
 public:
  explicit listening_core(int fd);

  /// The descriptor of a connection, non-blocking, and in `peer` where it comes from (which has no meaning for other
  /// families than IPv4 and IPv6); or, like the system call, -1 and errno, with EAGAIN if there is none.
  int accept(endpoint& peer) noexcept;

  /// From now on accept() gives only what has come already; it waits in the kernel, or was accepted ahead of need.
  void stop_listening() noexcept;

  void watch_it() override;

 protected:
  void release(int fd) noexcept override;

 private:
  bool stopped_ = false;
  std::unique_ptr<accept_request, accept_request::releaser> request_;  // if the loop's back end has such
};

}  // namespace weft::detail
