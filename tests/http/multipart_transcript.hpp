#pragma once

// A form fed to a parser in pieces, and what came out, as text that two runs can be compared by.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <weft/http/multipart_parser.hpp>

namespace weft::http::testing {

struct multipart_transcript {
  std::string events;  // one line per part
  std::string why;     // what() of the protocol_error
  int status = 0;      // and its status
};

/// Feeds `body` and then its end. @param piece_size says how large the piece at an offset is.
inline multipart_transcript run_multipart(std::string_view boundary, std::string_view body,
                                          const std::function<std::size_t(std::size_t)>& piece_size,
                                          const multipart_limits& limits = {}) {
  multipart_transcript out;
  multipart_parser parser{boundary, limits};
  try {
    for (std::size_t at = 0; at < body.size();) {
      const std::string piece{body.substr(at, std::max<std::size_t>(1, piece_size(at)))};
      at += piece.size();
      std::string_view input = piece;
      while (const auto event = parser.next(input)) {
        switch (event->kind) {
          case multipart_event_kind::part:
            out.events += parser.name();
            if (parser.file_name()) out.events += "(" + *parser.file_name() + ")";
            out.events += "=";
            break;
          case multipart_event_kind::data:
            out.events += event->bytes;
            break;
          case multipart_event_kind::end_of_part:
            out.events += "\n";
            break;
          case multipart_event_kind::end:
            out.events += "end";
            break;
        }
      }
    }
    parser.finish();
  } catch (const protocol_error& error) {
    out.why = error.what();
    out.status = error.status();
  }
  return out;
}

}  // namespace weft::http::testing
