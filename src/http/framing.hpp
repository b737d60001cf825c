#pragma once

// What the header fields say about where a body ends and whether the connection lives on. RFC 9112, sections 6 and 9.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <weft/http/message.hpp>

namespace weft::http::detail {

struct framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool persistent = false;
  bool upgrade = false;           // another protocol is offered: Upgrade, and Connection says so
  bool expects_continue = false;  // Expect: 100-continue
  std::size_t hosts = 0;
  std::string_view host;  // the last of them
};

/// @throws protocol_error where two readers could come to different ends: a length beside a transfer coding, differing
/// or malformed lengths, any transfer coding but chunked alone.
framing read_framing(const headers& fields, http_version version);

}  // namespace weft::http::detail
