#pragma once

#include <string_view>

namespace weft::http {

/// The parts of a message, in the order in which a parser gives them.
enum class message_part : unsigned char {
  interim_head,  ///< a 1xx response is in head(); any number of them, then the final head
  head,          ///< the head of the message is in head()
  body,          ///< some of the body is in `bytes`; any number of times
  trailers,      ///< fields that came after a chunked body are in trailers(); only if there were some
  end,           ///< the message is complete
};

/// What a parser found.
struct parser_event {
  message_part part;
  std::string_view bytes;  ///< for message_part::body: a view into the caller's input, never empty; otherwise empty
};

}  // namespace weft::http
