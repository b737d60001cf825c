#pragma once

#include <weft/net/endpoint.hpp>

#include "net/socket_stream_core.hpp"

namespace weft::detail {

/// What a tcp_stream consists of. Streams that have no socket (weft::testing) have their own.
class tcp_core : public socket_stream_core {
 public:
  tcp_core(int fd, const endpoint& peer) : socket_stream_core{fd}, remote{peer} { drains = true; }
  std::string describe() const override { return remote.to_string(); }

  virtual endpoint local() const;
  virtual int set_option(int level, int option, const void* value, socklen_t size) const noexcept;

  endpoint remote;
};

}  // namespace weft::detail
