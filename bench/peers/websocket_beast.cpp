// WebSocket echo with Boost.Beast and Asio's C++20 coroutines, in the manner of its examples.

#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <exception>

#include "asio_server.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

asio::awaitable<void> echo(asio::ip::tcp::socket socket) {
  try {
    beast::websocket::stream<asio::ip::tcp::socket> ws{std::move(socket)};
    co_await ws.async_accept(asio::use_awaitable);
    beast::flat_buffer buffer;
    for (;;) {
      co_await ws.async_read(buffer, asio::use_awaitable);
      ws.text(ws.got_text());
      co_await ws.async_write(buffer.data(), asio::use_awaitable);
      buffer.consume(buffer.size());
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the end of the connection is one
  }
}

}  // namespace

int main() { return run_asio_server(echo); }
