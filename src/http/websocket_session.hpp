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
      : core_{std::make_shared<websocket_core>(std::move(stream), role, options)}, ws_{core_} {
    core_->agree(agreed.compression, std::move(agreed.subprotocol));
    core_->keep_alive();
  }

  websocket& get() noexcept { return ws_; }
  const std::shared_ptr<websocket_core>& core() const noexcept { return core_; }

  task<> end(const exit_reason& how) { return core_->end(how); }

 private:
  std::shared_ptr<websocket_core> core_;
  websocket ws_;
};

}  // namespace weft::http::detail
