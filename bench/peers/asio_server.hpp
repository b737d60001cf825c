#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <utility>

/// The main program of an Asio peer: each connection is `serve`'s, a coroutine that takes its socket.
template <class Serve>
int run_asio_server(Serve serve) {
  namespace asio = boost::asio;
  using asio::ip::tcp;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  acceptor.open(tcp::v4());
  acceptor.set_option(tcp::acceptor::reuse_address{true});
  acceptor.bind({asio::ip::address_v4::loopback(), 0});
  acceptor.listen(4096);
  std::printf("listening %d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  const auto listen = [&]() -> asio::awaitable<void> {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      socket.set_option(tcp::no_delay{true});
      asio::co_spawn(context, serve(std::move(socket)), asio::detached);
    }
  };
  asio::co_spawn(context, listen, asio::detached);
  context.run();
  return 0;
}
