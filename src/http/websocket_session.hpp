#pragma once

#include <memory>
#include <utility>
#include <weft/core/with.hpp>
#include <weft/http/websocket.hpp>

#include "http/websocket_core.hpp"
#include "http/websocket_handshake.hpp"

namespace weft::http::detail {

/// An open WebSocket inside a block: leaving it performs the closing handshake.
class websocket_session {
 public:
  websocket_session(byte_stream stream, websocket_role role, const websocket_options& options,
                    websocket_agreement agreed)
      : ws_{std::make_shared<websocket_core>(std::move(stream), role, options)} {
    core().agree(agreed.compression, std::move(agreed.subprotocol));
    core().keep_alive();
  }

  websocket& get() noexcept { return ws_; }
  websocket_core& core() const { return *ws_.core(); }
  task<> end(const exit_reason& how) { return core().end(how); }

 private:
  websocket ws_;
};

}  // namespace weft::http::detail
