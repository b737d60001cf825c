// TCP echo with Boost.Asio's C++20 coroutines, in the manner of its examples.

#include <boost/asio/write.hpp>
#include <exception>

#include "asio_server.hpp"

namespace {

namespace asio = boost::asio;

asio::awaitable<void> echo(asio::ip::tcp::socket socket) {
  try {
    char data[1024];
    for (;;) {
      const std::size_t n = co_await socket.async_read_some(asio::buffer(data), asio::use_awaitable);
      co_await asio::async_write(socket, asio::buffer(data, n), asio::use_awaitable);
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the end of the stream is one
  }
}

}  // namespace

int main() { return run_asio_server(echo); }
