#pragma once

// From the text of a URL to its parts. WHATWG URL, section 4.4.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft::http {

class url;

namespace detail {

/// A URL in pieces, most of them as they were given: url::assemble() encodes them (again, which changes nothing) and
/// resolves the dots of the path.
struct url_parts {
  std::string_view scheme;  // in any case
  bool has_host = false;
  std::string_view username;
  std::string_view password;
  std::string host;  // as it will stand in the URL
  std::optional<std::uint16_t> port;
  bool opaque_path = false;
  std::string_view kept_path;                // of another URL, taken as it is ...
  std::optional<std::string_view> new_path;  // ... and what is appended to it, without the slash before; or opaque
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};

struct scheme_info {
  std::string_view name;
  std::uint16_t port;  // 0 if it has none of its own
};

/// What browsers know about a scheme in lower case; nullptr if nothing.
const scheme_info* special_scheme(std::string_view scheme) noexcept;

/// Without tabs and line breaks; in `memory` if there are some.
std::string_view without_line_breaks(std::string_view text, std::string& memory);

/// @param text may be anything; the parts are views into it or into `base`, so both must outlive them; so must
/// `memory`, which keeps what had to be changed.
/// @throws url_error if it is no URL.
url_parts parse_url(std::string_view text, const url* base, std::string& memory);

/// The scheme that `text` begins with, up to its first colon, if it is one.
std::optional<std::string_view> scheme_of(std::string_view text) noexcept;

/// `host`, `[host]` or `host:port`: the host, and what follows the colon if there is one.
struct host_and_port {
  std::string_view host;
  std::optional<std::string_view> port;
};
host_and_port split_port(std::string_view text) noexcept;

/// nullopt for nothing. @throws url_error if it is no number of 16 bits.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// The host of a `file:`, where localhost is the same as none.
std::string parse_file_host(std::string_view text);

constexpr bool is_slash(char c) noexcept { return c == '/' || c == '\\'; }

/// `C:` or `C|`.
bool is_drive_letter(std::string_view text) noexcept;

/// What goes before the last segment of a path. `C:` at its begin stays in a `file:`.
std::string_view without_last_segment(std::string_view path, bool file) noexcept;

}  // namespace detail
}  // namespace weft::http
