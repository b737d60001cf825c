#include "framing.hpp"

#include <limits>
#include <string>
#include <string_view>
#include <weft/http/error.hpp>

#include "characters.hpp"

namespace weft::http::detail {

namespace {

/// Calls `element` with each part of a comma-separated list, empty ones too.
template <class F>
void for_each_element(std::string_view list, F element) {
  for (;;) {
    const std::size_t comma = list.find(',');
    element(trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

[[noreturn, gnu::cold]] void refuse_length(std::string_view text) {
  throw protocol_error{"bad Content-Length " + quoted(text)};
}

std::uint64_t parse_length(std::string_view text) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  if (text.empty()) refuse_length(text);
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) refuse_length(text);
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (most - digit) / 10) refuse_length(text);
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace

framing read_framing(const headers& fields, http_version version) {
  framing result;
  bool transfer_encoding = false;
  bool close = false;
  bool keep_alive = false;
  bool upgrade_field = false;
  bool upgrade_option = false;

  for (const auto [name, value] : fields) {
    // Most fields are none of these, and their length tells.
    if (name.size() == 4 && equal_ignoring_case(name, "host")) {
      ++result.hosts;
      result.host = value;
    } else if (name.size() == 6 && equal_ignoring_case(name, "expect")) {
      result.expects_continue = equal_ignoring_case(value, "100-continue");
    } else if (name.size() == 7 && equal_ignoring_case(name, "upgrade")) {
      upgrade_field = true;
    } else if (name.size() == 14 && equal_ignoring_case(name, "content-length")) {
      for_each_element(value, [&](std::string_view element) {
        const std::uint64_t length = parse_length(element);
        if (result.content_length.value_or(length) != length) {
          throw protocol_error{"two different lengths in Content-Length: " + std::to_string(*result.content_length) +
                               " and " + std::to_string(length)};
        }
        result.content_length = length;
      });
    } else if (name.size() == 17 && equal_ignoring_case(name, "transfer-encoding")) {
      transfer_encoding = true;
      for_each_element(value, [&](std::string_view element) {
        if (!equal_ignoring_case(element, "chunked"))
          throw protocol_error{"transfer coding other than chunked: " + quoted(element), 501};
        if (result.chunked) throw protocol_error{"transfer coding chunked applied twice"};
        result.chunked = true;
      });
    } else if (name.size() == 10 && equal_ignoring_case(name, "connection")) {
      for_each_element(value, [&](std::string_view element) {
        close = close || equal_ignoring_case(element, "close");
        keep_alive = keep_alive || equal_ignoring_case(element, "keep-alive");
        upgrade_option = upgrade_option || equal_ignoring_case(element, "upgrade");
      });
    }
  }

  if (transfer_encoding && result.content_length)
    throw protocol_error{"both Content-Length and Transfer-Encoding in the header fields"};
  if (transfer_encoding && version == http_version::http_1_0)
    throw protocol_error{"Transfer-Encoding in an HTTP/1.0 message"};
  result.upgrade = upgrade_field && upgrade_option;
  result.persistent = !close && (version == http_version::http_1_1 || keep_alive);
  return result;
}

}  // namespace weft::http::detail
