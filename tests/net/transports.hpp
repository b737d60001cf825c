#pragma once

#include <cstddef>
#include <utility>

#include "net/tls_fixture.hpp"

namespace weft::testing {

// Servers and clients of one kind of stream, for tests that are the same for each.

struct tcp {
  static constexpr bool says_its_end = false;
  static constexpr std::size_t step = 1;  ///< how far apart connections are cut
  /// A manager; `handler` gets a byte_stream.
  template <class F>
  static tcp_server server(F handler) {
    return tcp_server{"127.0.0.1", 0, std::move(handler)};
  }
  static task<byte_stream> connect(endpoint at) {
    byte_stream made = co_await open_connection("127.0.0.1", at.port());
    co_return made;
  }
};

struct tls {
  static constexpr bool says_its_end = true;
  static constexpr std::size_t step = 53;  // a handshake alone has thousands of bytes
  template <class F>
  static tls_server server(F handler) {
    return tls_server{"127.0.0.1", 0, world().server_context(), std::move(handler)};
  }
  static task<byte_stream> connect(endpoint at) {
    const tls_options trusting{.ca_file = world().ca_file.path()};
    byte_stream made = co_await open_connection("127.0.0.1", at.port(), trusting);
    co_return made;
  }
};

}  // namespace weft::testing
