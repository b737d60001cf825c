#pragma once

#include <string>
#include <string_view>

namespace weft::http {

/// Which bytes are written as `%XX`: all that are not printable ASCII, and in each set some more. What is encoded
/// already stays as it is in all but the last two, where `%` is encoded too. WHATWG URL, section 1.3.
enum class percent_encode_set : unsigned char {
  c0_control,     ///< nothing else: opaque hosts and paths
  fragment,       ///< space " < > `
  query,          ///< space " # < >
  special_query,  ///< and ' as the schemes that browsers know have it
  path,           ///< query's and ? ^ ` { }
  userinfo,       ///< path's and / : ; = @ [ \ ] |
  component,      ///< userinfo's and $ % & + , as JavaScript's encodeURIComponent(): one value within any part of a URL
  form,           ///< all but letters, digits and * - . _ ; url_query writes the space as `+`
};

/// `text` with the bytes of `set` percent-encoded. Bytes of any encoding are taken; URLs mean UTF-8.
[[nodiscard]] std::string percent_encode(std::string_view text, percent_encode_set set = percent_encode_set::component);

/// The bytes that `text` stands for. A `%` that no two hexadecimal digits follow stands for itself; `+` is no space.
[[nodiscard]] std::string percent_decode(std::string_view text);

}  // namespace weft::http
