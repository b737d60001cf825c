// TCP echo with weft.

#include <string_view>
#include <system_error>
#include <weft/net.hpp>

#include "weft_server.hpp"

namespace {

weft::task<> echo(weft::tcp_stream connection) {
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

}  // namespace

int main() {
  return run_server([] { return weft::tcp_server{"127.0.0.1", 0, echo}; });
}
