#pragma once

#include <string_view>
#include <system_error>
#include <weft/net.hpp>
#include <weft/weft.hpp>

/// Sends back what comes until the peer goes.
inline weft::task<> echo(weft::tcp_stream connection) {
  try {
    for (;;) {
      const std::string_view text = co_await connection.fill();
      if (text.empty()) co_return;
      co_await connection.write(text);
      connection.consume(text.size());
    }
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the peer has gone
  }
}
