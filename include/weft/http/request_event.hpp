#pragma once

#include <cstdint>
#include <string_view>
#include <weft/core/clock.hpp>
#include <weft/http/url.hpp>

namespace weft::http {

/// How far a request has come. Redirects and repetitions go through the stages again, from `start` on; a connection
/// that is used again has none of `resolved`, `connected` and `encrypted`.
enum class request_stage : std::uint8_t {
  start,       ///< it waits for a connection
  resolved,    ///< the addresses of the host are known
  connected,   ///< there is a connection: to the server, or to the proxy
  encrypted,   ///< the TLS handshake is over
  sent,        ///< the kernel has all of it
  first_byte,  ///< the head of the response has come
  end,         ///< the whole response has come
  failed       ///< it has ended in an error or by a stop
};

/// What a client tells while it works; see client::on_event. Its views are good during the call.
struct request_event {
  request_stage stage;
  std::uint64_t number;  ///< of the request: counts those of a client, from 1
  std::string_view method;
  const http::url& url;
  int status;     ///< of the response; 0 before `first_byte`
  time_point at;  ///< by the loop's clock
};

}  // namespace weft::http
