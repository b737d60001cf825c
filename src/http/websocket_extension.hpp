#pragma once

// Sec-WebSocket-Extensions, and how two ends agree on permessage-deflate. RFC 6455, section 9.1; RFC 7692, section 7.1.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::http::detail {

/// An extension as it is offered or agreed upon.
struct websocket_extension {
  std::string name;
  std::vector<std::pair<std::string, std::optional<std::string>>> parameters;
};

/// Reads the value of the field (of several, joined by commas); nullopt if it is malformed.
std::optional<std::vector<websocket_extension>> parse_websocket_extensions(std::string_view value);

/// What permessage-deflate was agreed to do.
struct deflate_agreement {
  int server_window_bits = 15;
  int client_window_bits = 15;
  bool server_keeps_context = true;  ///< its messages may refer to those before them
  bool client_keeps_context = true;
};

/// What one end is ready for.
struct deflate_wishes {
  int window_bits = 15;      ///< of both, at most
  bool keep_context = true;  ///< of both
};

/// What a client offers.
std::string offer_deflate(const deflate_wishes& wishes);

/// What a server agrees to: the first offer that it can take. nullopt if there is none.
struct accepted_deflate {
  deflate_agreement agreement;
  std::string answer;  ///< the field's value
};
std::optional<accepted_deflate> accept_deflate(const std::vector<websocket_extension>& offers,
                                               const deflate_wishes& wishes);

/// What a client makes of the server's answer to its offer: nullopt if the server may not answer so.
std::optional<deflate_agreement> confirm_deflate(const websocket_extension& answer, const deflate_wishes& wishes);

}  // namespace weft::http::detail
