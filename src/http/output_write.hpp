#pragma once

#include <coroutine>
#include <string_view>
#include <weft/net/byte_stream.hpp>

#include "http/server_connection.hpp"

namespace weft::http::detail {

/// Sends what a connection has written. Its time is limited from when it has to wait, which it mostly has not.
class output_write final : public weft::detail::write_leaf {
 public:
  output_write(weft::detail::stream_core& stream, server_connection& connection, std::string_view text) noexcept
      : write_leaf{&stream, text, {}}, connection_{connection} {}
  template <weft::detail::weft_promise P>
  bool await_suspend(std::coroutine_handle<P> waiting) {
    connection_.begin_sending();
    return socket_leaf::await_suspend(waiting);
  }

 private:
  server_connection& connection_;
};

}  // namespace weft::http::detail
