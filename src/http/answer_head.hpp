#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <weft/http/detail/pooled_bytes.hpp>
#include <weft/http/server_response.hpp>

#include "http/text_writing.hpp"

namespace weft::http::detail {

/// What a server says in the head of a response, beside what its handler says.
struct answer_framing {
  std::string_view line_and_fields;  ///< status line, Date and Server
  std::string_view type;             ///< of the body, unless the handler has set another
  std::optional<std::uint64_t> length;
  bool chunked = false;
  std::string_view connection;  ///< the whole field, if there is to be one
};

/// The handler's fields that the server has an opinion about.
struct managed_fields {
  bool any = false;  ///< that the server sends itself
  bool content_type = false;
  bool date = false;
  bool close = false;  ///< the connection is to end
};
managed_fields managed_in(const headers& fields) noexcept;

/// Appends the head of a response, as it goes over the wire, and what follows it.
void write_answer(pooled_bytes& out, const headers& fields, const managed_fields& managed,
                  const answer_framing& framing, std::string_view body);

/// Appends a response whose head is there already, but for the length of the body.
/// @param head as typed_heads makes it.
[[gnu::always_inline]] inline void write_plain_answer(pooled_bytes& out, std::string_view head, std::string_view body) {
  constexpr std::string_view head_end = "\r\n\r\n";
  char* const begin = out.prepare(head.size() + most_digits + head_end.size() + body.size());
  char* at = put(begin, head);
  at = put(put_number(at, body.size()), head_end);
  at = put(at, body);
  out.add(static_cast<std::size_t>(at - begin));
}

}  // namespace weft::http::detail
