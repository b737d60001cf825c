#pragma once

// What a websocket_reader makes of bytes, as text: "text:hello ping:1 close:1000:bye", and what it refuses as "!1002".

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <weft/http/websocket_error.hpp>

#include "http/websocket_reader.hpp"

namespace weft::http::testing {

struct websocket_case {
  websocket_role role = websocket_role::client;
  bool deflate = false;
  detail::websocket_limits limits = {.message = 1000, .frame = 1000};
  bool pieces = false;  ///< read messages piece by piece; the transcript has them whole
};

inline void add_message(std::string& to, bool text, std::string_view bytes) {
  if (!to.empty()) to += ' ';
  to.append(text ? "text:" : "bytes:").append(bytes);
}

inline void add_event(std::string& to, detail::websocket_reader& reader, const detail::websocket_event& event) {
  using kind = detail::websocket_event::kind;
  if (!to.empty()) to += ' ';
  switch (event.what) {
    case kind::message:
    case kind::piece: {
      const bool text = reader.is_text();
      to.append(event.what == kind::piece ? "piece-of-" : "").append(text ? "text:" : "bytes:");
      to += reader.take().view();
      break;
    }
    case kind::ping:
      to.append("ping:").append(event.payload);
      break;
    case kind::pong:
      to.append("pong:").append(event.payload);
      break;
    case kind::close:
      to.append("close:").append(std::to_string(static_cast<int>(event.code)));
      if (!event.payload.empty()) to.append(":").append(event.payload);
      break;
  }
}

/// Feeds the bytes in pieces, as large as `size_at(offset)` says, and gives the transcript. A piece that is not taken
/// whole shows as "[left N]".
/// @param refused gets the code that ends the transcript, if one does.
template <class F>
std::string read_websocket(std::string_view bytes, F size_at, const websocket_case& how = {}, int* refused = nullptr) {
  detail::websocket_reader reader{how.role, how.limits};
  if (how.deflate) reader.decompress_with(detail::message_inflater{15, true});
  std::string transcript;
  std::string pieces;
  try {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min<std::size_t>(size_at(at), bytes.size() - at);
      std::string_view piece = bytes.substr(at, size);
      at += size;
      for (;;) {
        const auto event = reader.next(piece, how.pieces);
        if (!event) break;
        if (event->what == detail::websocket_event::kind::piece) {
          const detail::pooled_bytes part = reader.take();
          pieces += part.view();
          if (part.size() > std::max<std::size_t>(how.limits.message, how.deflate ? 16384 : 1))
            transcript += "[too much]";
          continue;
        }
        if (event->what == detail::websocket_event::kind::message && !pieces.empty()) {
          const detail::pooled_bytes part = reader.take();
          const bool text = reader.is_text();
          add_message(transcript, text, pieces.append(part.view()));
          pieces.clear();
          continue;
        }
        add_event(transcript, reader, *event);
        if (event->what == detail::websocket_event::kind::close) return transcript;
      }
      if (!piece.empty()) transcript += "[left " + std::to_string(piece.size()) + "]";
    }
  } catch (const websocket_error& e) {
    if (!transcript.empty()) transcript += ' ';
    transcript += "!" + std::to_string(static_cast<int>(e.code()));
    if (refused != nullptr) *refused = static_cast<int>(e.code());
  }
  return transcript;
}

}  // namespace weft::http::testing
