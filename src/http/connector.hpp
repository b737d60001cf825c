#pragma once

#include <optional>
#include <weft/http/request_event.hpp>
#include <weft/http/url.hpp>
#include <weft/net/byte_stream.hpp>
#include <weft/patterns/function_ref.hpp>

#include "http/client_state.hpp"

namespace weft::http::detail {

/// Opens connections to servers as a client's options say: straight or through a proxy, with TLS for https and wss.
class connector {
 public:
  /// @param tell is told how far it is. All of these must outlive this.
  connector(const client_state& client, const http::url& server, const std::optional<proxy_server>& proxy,
            function_ref<void(request_stage)> tell) noexcept
      : client_{&client}, server_{&server}, proxy_{proxy ? &*proxy : nullptr}, tell_{tell} {}

  /// A connection over which the server, or a proxy that passes requests on, hears HTTP.
  /// Throws std::system_error, tls_error, protocol_error, timeout_error.
  task<byte_stream> open();

 private:
  /// Through a proxy that sees nothing of it. RFC 9110, section 9.3.6.
  bool tunnels() const noexcept { return proxy_ != nullptr && server_->scheme() != "http"; }
  const http::url& next_hop() const noexcept { return proxy_ != nullptr ? proxy_->url : *server_; }
  task<> open_next_hop(byte_stream& opened);
  task<> open_tunnel(byte_stream& through);
  task<byte_stream> begin_tls(byte_stream plain, const http::url& to);

  const client_state* client_;
  const http::url* server_;
  const proxy_server* proxy_;
  function_ref<void(request_stage)> tell_;
};

}  // namespace weft::http::detail
