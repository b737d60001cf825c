#pragma once

// A message fed to a parser in pieces, and what came out, as text that two runs can be compared by.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <weft/http/request_parser.hpp>
#include <weft/http/response_parser.hpp>

namespace weft::http::testing {

struct transcript {
  std::string events;  // one line per event; neighbouring body events are one
  std::string body;    // alone: in `events` a body may hold what looks like another event
  bool refused = false;
  std::string why;       // what() of the protocol_error
  std::size_t left = 0;  // bytes after the end of the message
  bool done = false;
  bool keep_alive = false;
};

inline void write_fields(std::string& out, const headers& fields) {
  for (const auto [name, value] : fields) out.append(" [").append(name).append("|").append(value).append("]");
  out += '\n';
}

inline void write_head(std::string& out, const response_head& head) {
  out += head.version == http_version::http_1_1 ? "1.1 " : "1.0 ";
  out += std::to_string(head.status) + " " + head.reason;
  write_fields(out, head.headers);
}

inline void write_head(std::string& out, const request_head& head) {
  out += head.version == http_version::http_1_1 ? "1.1 " : "1.0 ";
  out += head.method + " " + head.target;
  write_fields(out, head.headers);
}

/// Feeds `text` and then the end of the stream. @param piece_size says how large the piece at an offset is.
template <class Parser>
transcript run_parser(Parser& parser, std::string_view text,
                      const std::function<std::size_t(std::size_t)>& piece_size) {
  transcript result;
  std::string body;
  const auto flush_body = [&] {
    if (!body.empty()) result.events.append("body ").append(body).append("\n");
    body.clear();
  };
  try {
    for (std::size_t at = 0; at < text.size() && !parser.done();) {
      // A copy of its own, so that a view which outlives its piece is seen by the sanitizer.
      const std::string piece{text.substr(at, std::max<std::size_t>(1, piece_size(at)))};
      at += piece.size();
      std::string_view input = piece;
      while (const auto event = parser.next(input)) {
        if (event->part != message_part::body) flush_body();
        switch (event->part) {
          case message_part::interim_head:
          case message_part::head:
            result.events += event->part == message_part::head ? "head " : "interim ";
            write_head(result.events, parser.head());
            break;
          case message_part::body:
            body += event->bytes;
            result.body += event->bytes;
            break;
          case message_part::trailers:
            result.events += "trailers";
            write_fields(result.events, parser.trailers());
            break;
          case message_part::end:
            result.events += "end\n";
            break;
        }
      }
      result.left = parser.done() ? input.size() + (text.size() - at) : 0;
    }
    const bool ended = parser.done() || !parser.started();
    parser.finish();
    flush_body();
    if (!ended) result.events += "end of stream\n";
  } catch (const protocol_error& error) {
    flush_body();
    result.refused = true;
    result.why = error.what();
  }
  result.done = parser.done();
  result.keep_alive = parser.keep_alive();
  return result;
}

inline transcript run_parser(std::string_view method, std::string_view text,
                             std::size_t piece_size = std::string_view::npos, const parser_limits& limits = {}) {
  response_parser parser{method, limits};
  return run_parser(parser, text, [=](std::size_t) { return piece_size; });
}

inline transcript run_request_parser(std::string_view text, std::size_t piece_size = std::string_view::npos,
                                     const parser_limits& limits = {}) {
  request_parser parser{limits};
  return run_parser(parser, text, [=](std::size_t) { return piece_size; });
}

}  // namespace weft::http::testing
