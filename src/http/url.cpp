#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <weft/http/url.hpp>

#include "characters.hpp"
#include "url_host.hpp"

namespace weft::http {

namespace {

using detail::equal_ignoring_case;
using detail::is_digit;
using detail::is_letter;
using detail::lower;
using detail::quoted;

struct known_scheme {
  std::string_view name;
  std::uint16_t port;
};

constexpr std::array known_schemes = {known_scheme{"http", 80}, known_scheme{"https", 443}};

// ---- percent-encoding (WHATWG URL, section 1.3) --------------------------------------------------------------------

/// Which bytes of a part must be percent-encoded: controls, what is not ASCII, and those in `others`.
using encode_set = std::array<bool, 256>;

constexpr encode_set make_set(std::string_view others) {
  encode_set set{};
  for (std::size_t c = 0; c < set.size(); ++c) set[c] = c < 0x20 || c > 0x7e;
  for (const char c : others) set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr encode_set fragment_set = make_set(" \"<>`");
constexpr encode_set query_set = make_set(" \"#<>'");
constexpr encode_set path_set = make_set(" \"#<>?^`{}");
constexpr encode_set userinfo_set = make_set(" \"#<>?^`{}/:;=@[\\]|");

void append_encoded(std::string& out, std::string_view text, const encode_set& set) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (set[byte]) {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
}

// ---- paths ---------------------------------------------------------------------------------------------------------

constexpr bool is_slash(char c) noexcept { return c == '/' || c == '\\'; }

bool is_single_dot(std::string_view segment) { return segment == "." || equal_ignoring_case(segment, "%2e"); }

bool is_double_dot(std::string_view segment) {
  return segment == ".." || equal_ignoring_case(segment, ".%2e") || equal_ignoring_case(segment, "%2e.") ||
         equal_ignoring_case(segment, "%2e%2e");
}

/// Drops the last segment, so that `path` ends where the next `/` would go.
void shorten(std::string& path) { path.erase(std::min(path.size(), path.rfind('/'))); }

/// Appends the segments of `text`, resolving dots; `path` is empty or a path that ends before a `/`.
void append_path(std::string& path, std::string_view text) {
  for (bool last = false; !last;) {
    const auto slash = std::ranges::find_if(text, is_slash);
    const std::string_view segment{text.begin(), slash};
    last = slash == text.end();
    if (!last) text.remove_prefix(segment.size() + 1);

    if (is_double_dot(segment)) {
      shorten(path);
      if (last) path += '/';
    } else if (is_single_dot(segment)) {
      if (last) path += '/';
    } else {
      path += '/';
      append_encoded(path, segment, path_set);
    }
  }
}

// ---- the parts of the text -----------------------------------------------------------------------------------------

/// Without the controls and spaces around it, and without tabs and line breaks anywhere.
std::string cleaned(std::string_view text) {
  const auto is_padding = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && is_padding(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_padding(text.back())) text.remove_suffix(1);
  std::string out{text};
  std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

/// The part before the colon if it is one that a scheme may be.
std::optional<std::string_view> scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return std::nullopt;
  const std::string_view scheme = text.substr(0, colon);
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
  if (!std::ranges::all_of(scheme, fits)) return std::nullopt;
  return scheme;
}

/// Cuts off what follows the first `mark`, without the mark; nullopt if there is none.
std::optional<std::string_view> cut_behind(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) throw url_error{"bad port " + quoted(text) + " in the URL: it must be a number"};
    port = port * 10 + static_cast<unsigned>(c - '0');
    if (port > std::numeric_limits<std::uint16_t>::max())
      throw url_error{"bad port " + quoted(text) + " in the URL: it must not be above 65535"};
  }
  return static_cast<std::uint16_t>(port);
}

struct authority {
  std::string username;
  std::string password;
  std::string host;
  std::optional<std::uint16_t> port;
};

/// `user:password@host:port`
authority parse_authority(std::string_view text) {
  authority result;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    std::string_view user = text.substr(0, at);
    text.remove_prefix(at + 1);
    const std::optional<std::string_view> password = cut_behind(user, ':');
    append_encoded(result.username, user, userinfo_set);
    append_encoded(result.password, password.value_or(""), userinfo_set);
  }
  // A colon within brackets belongs to the IPv6 address.
  const std::size_t colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
  result.host = detail::parse_host(text.substr(0, colon));
  if (colon != std::string_view::npos) result.port = parse_port(text.substr(colon + 1));
  return result;
}

}  // namespace

url::url(std::string_view text) { parse(text, nullptr); }

url::url(std::string_view reference, const url& base) { parse(reference, &base); }

void url::parse(std::string_view given, const url* base) {
  const std::string text = cleaned(given);
  std::string_view rest = text;

  // The scheme, and whether what follows is relative to the base.
  std::string scheme;
  bool relative = false;
  if (const std::optional<std::string_view> named = scheme_of(rest)) {
    std::ranges::transform(*named, std::back_inserter(scheme), lower);
    rest.remove_prefix(scheme.size() + 1);
    // `http:page` is relative to a base of the same scheme; without one the slashes were forgotten.
    relative = base != nullptr && base->scheme() == scheme && !rest.starts_with("//");
  } else if (base != nullptr) {
    scheme = base->scheme();
    relative = true;
  } else {
    throw url_error{"no scheme in the URL " + quoted(text, 80) + ": it must begin with http:// or https://"};
  }
  const auto* const known = std::ranges::find(known_schemes, std::string_view{scheme}, &known_scheme::name);
  if (known == known_schemes.end())
    throw url_error{"unsupported scheme " + quoted(scheme) + " in the URL: it must begin with http:// or https://"};
  if (relative && rest.size() >= 2 && is_slash(rest[0]) && is_slash(rest[1])) relative = false;

  std::optional<std::string_view> fragment = cut_behind(rest, '#');
  std::optional<std::string_view> query = cut_behind(rest, '?');

  text_ = scheme;
  scheme_end_ = text_.size();
  text_ += "://";
  std::string path;
  if (relative) {
    text_ += base->part(base->scheme_end_ + 3, base->path_begin_);
    username_end_ = base->username_end_;
    host_begin_ = base->host_begin_;
    host_end_ = base->host_end_;
    port_ = base->port_;
    if (rest.empty()) {
      path = base->path();
      if (!query && base->query_begin_ != base->fragment_begin_) query = base->query();
    } else {
      if (!is_slash(rest.front())) {
        path = base->path();
        shorten(path);
      } else {
        rest.remove_prefix(1);
      }
      append_path(path, rest);
    }
  } else {
    while (!rest.empty() && is_slash(rest.front())) rest.remove_prefix(1);
    const std::string_view authority_text{rest.begin(), std::ranges::find_if(rest, is_slash)};
    rest.remove_prefix(authority_text.size());
    const authority at = parse_authority(authority_text);

    text_ += at.username;
    username_end_ = text_.size();
    if (!at.password.empty()) text_.append(":").append(at.password);
    if (!at.username.empty() || !at.password.empty()) text_ += '@';
    host_begin_ = text_.size();
    text_ += at.host;
    host_end_ = text_.size();
    port_ = at.port.value_or(known->port);
    if (port_ != known->port) text_.append(":").append(std::to_string(port_));
    if (!rest.empty()) rest.remove_prefix(1);
    append_path(path, rest);
  }

  path_begin_ = text_.size();
  text_ += path;
  query_begin_ = text_.size();
  if (query) {
    text_ += '?';
    append_encoded(text_, *query, query_set);
  }
  fragment_begin_ = text_.size();
  if (fragment) {
    text_ += '#';
    append_encoded(text_, *fragment, fragment_set);
  }
}

std::string_view url::password() const noexcept {
  // Between the user name and the "@"; nothing, not even the "@", if both are empty.
  return host_begin_ > username_end_ + 1 ? part(username_end_ + 1, host_begin_ - 1) : std::string_view{};
}

std::string_view url::host_without_brackets() const noexcept {
  const std::string_view whole = host();
  return whole.starts_with('[') ? whole.substr(1, whole.size() - 2) : whole;
}

std::string url::origin() const {
  std::string out{scheme()};
  out += "://";
  out += host_header();
  return out;
}

}  // namespace weft::http
