#pragma once

#include <string>
#include <utility>

#include "net/socket_stream_core.hpp"

namespace weft::detail {

/// What a unix_stream consists of. Its recv() may end before all is read: where descriptors came with a byte.
class unix_core final : public socket_stream_core {
 public:
  unix_core(int fd, std::string peer) : socket_stream_core{fd}, peer_{std::move(peer)} {}
  std::string describe() const override { return peer_; }

 private:
  std::string peer_;
};

}  // namespace weft::detail
