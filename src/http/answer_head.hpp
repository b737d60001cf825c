#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <weft/http/server_response.hpp>

namespace weft::http::detail {

/// What a server says in the head of a response, beside what its handler says.
struct answer_framing {
  std::string_view common_fields;  ///< Date and Server
  std::string_view server_field;   ///< Server alone, for a response with a Date of its own
  std::string_view type;           ///< of the body, unless the handler has set another
  std::optional<std::uint64_t> length;
  bool chunked = false;
  std::string_view connection;  ///< the whole field, if there is to be one
};

/// The handler's fields ask for the end of the connection.
bool asks_to_close(const server_response& response) noexcept;

/// Appends the head of a response, as it goes over the wire.
void write_answer_head(std::string& out, const server_response& response, const answer_framing& framing);

}  // namespace weft::http::detail
