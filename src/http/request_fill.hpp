#pragma once

#include <weft/net/byte_stream.hpp>

#include "http/server_connection.hpp"

namespace weft::http::detail {

/// Reads more, until the connection says that it takes too long.
class request_fill final : public weft::detail::fill_leaf {
 public:
  request_fill(weft::detail::stream_core& stream, const server_connection& connection) noexcept
      : fill_leaf{stream}, connection_{&connection} {}
  const char* describe() const noexcept override { return "http::server"; }

 private:
  bool attempt() noexcept override { return fill_leaf::attempt() || connection_->interrupted(); }
  const server_connection* connection_;
};

}  // namespace weft::http::detail
