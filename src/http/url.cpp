#include <algorithm>
#include <limits>
#include <utility>
#include <weft/http/url.hpp>

#include "characters.hpp"
#include "percent_encoding.hpp"
#include "url_host.hpp"
#include "url_parser.hpp"

namespace weft::http {

namespace {

using detail::append_encoded;
using detail::equal_ignoring_case;
using detail::is_slash;
using detail::quoted;
using detail::url_parts;

bool is_single_dot(std::string_view segment) { return segment == "." || equal_ignoring_case(segment, "%2e"); }

bool is_double_dot(std::string_view segment) {
  return segment == ".." || equal_ignoring_case(segment, ".%2e") || equal_ignoring_case(segment, "%2e.") ||
         equal_ignoring_case(segment, "%2e%2e");
}

/// Appends the segments of `text` to the path that begins at `begin`, resolving dots.
void append_path(std::string& out, std::size_t begin, std::string_view text, bool special, bool file) {
  const auto separator = [special](char c) { return special ? is_slash(c) : c == '/'; };
  for (bool last = false; !last;) {
    const auto slash = std::ranges::find_if(text, separator);
    const std::string_view segment{text.begin(), slash};
    last = slash == text.end();
    if (!last) text.remove_prefix(segment.size() + 1);

    if (is_double_dot(segment)) {
      const std::string_view path = std::string_view{out}.substr(begin);
      out.resize(begin + detail::without_last_segment(path, file).size());
      if (last) out += '/';
    } else if (is_single_dot(segment)) {
      if (last) out += '/';
    } else if (file && out.size() == begin && detail::is_drive_letter(segment)) {
      out += '/';
      out += segment[0];
      out += ':';
    } else {
      out += '/';
      append_encoded(out, segment, percent_encode_set::path);
    }
  }
}

/// A space at the end of an opaque path would be lost when the URL is parsed again without what follows.
void append_opaque_path(std::string& out, std::string_view text, bool followed) {
  const bool space = followed && text.ends_with(' ');
  if (space) text.remove_suffix(1);
  append_encoded(out, text, percent_encode_set::c0_control);
  if (space) out += "%20";
}

/// The port that the digits at the begin of `text` tell, if they do.
std::optional<std::uint16_t> leading_number(std::string_view text) {
  const std::string_view digits{text.begin(), std::ranges::find_if_not(text, detail::is_digit)};
  try {
    return detail::parse_port(digits);
  } catch (const url_error&) {
    return std::nullopt;
  }
}

constexpr bool is_default_port(const detail::scheme_info* known, std::optional<std::uint16_t> port) noexcept {
  return known != nullptr && port && *port == known->port;
}

}  // namespace

url::url(std::string_view text) {
  std::string memory;
  assemble(detail::parse_url(text, nullptr, memory));
}

url::url(std::string_view reference, const url& base) {
  std::string memory;
  assemble(detail::parse_url(reference, &base, memory));
}

void url::assemble(const url_parts& parts) {
  std::string out;
  std::size_t needed = parts.scheme.size() + parts.username.size() + parts.password.size() + parts.host.size() +
                       parts.kept_path.size() + 16;
  for (const auto& each : {parts.new_path, parts.query, parts.fragment}) needed += each ? each->size() : 0;
  if (needed > std::numeric_limits<std::uint32_t>::max() / 4) throw url_error{"a URL of more than 1 GiB"};
  out.reserve(needed);
  const auto here = [&] { return static_cast<std::uint32_t>(out.size()); };

  std::ranges::transform(parts.scheme, std::back_inserter(out), detail::lower);
  const detail::scheme_info* const known = detail::special_scheme(out);
  const bool file = out == "file";
  scheme_end_ = here();
  out += ':';

  has_host_ = parts.has_host;
  port_ = is_default_port(known, parts.port) ? std::nullopt : parts.port;
  if (has_host_) out += "//";
  append_encoded(out, parts.username, percent_encode_set::userinfo);
  username_end_ = here();
  if (!parts.password.empty()) {
    out += ':';
    append_encoded(out, parts.password, percent_encode_set::userinfo);
  }
  if (!parts.username.empty() || !parts.password.empty()) out += '@';
  host_begin_ = here();
  out += parts.host;
  host_end_ = here();
  if (port_) out.append(":").append(std::to_string(*port_));

  path_begin_ = here();
  opaque_path_ = parts.opaque_path;
  out += parts.kept_path;
  if (parts.new_path && opaque_path_)
    append_opaque_path(out, *parts.new_path, parts.query || parts.fragment);
  else if (parts.new_path)
    append_path(out, path_begin_, *parts.new_path, known != nullptr, file);
  // What begins with two slashes would be read as a host.
  if (!has_host_ && std::string_view{out}.substr(path_begin_).starts_with("//")) {
    out.insert(path_begin_, "/.");
    path_begin_ += 2;
  }

  query_begin_ = here();
  if (parts.query) {
    out += '?';
    append_encoded(out, *parts.query, known != nullptr ? percent_encode_set::special_query : percent_encode_set::query);
  }
  fragment_begin_ = here();
  if (parts.fragment) {
    out += '#';
    append_encoded(out, *parts.fragment, percent_encode_set::fragment);
  }
  text_ = std::move(out);
}

url_parts url::parts() const {
  url_parts all;
  all.scheme = scheme();
  all.has_host = has_host_;
  all.username = username();
  all.password = password();
  all.host = host();
  all.port = port_;
  all.opaque_path = opaque_path_;
  all.kept_path = path();
  if (has_query()) all.query = query();
  if (has_fragment()) all.fragment = fragment();
  return all;
}

bool url::is_special() const noexcept { return detail::special_scheme(scheme()) != nullptr; }

std::string_view url::username() const noexcept {
  return has_host_ ? part(scheme_end_ + 3, username_end_) : std::string_view{};
}

std::string_view url::password() const noexcept {
  // Between the user name and the "@"; nothing, not even the "@", if both are empty.
  return host_begin_ > username_end_ + 1 ? part(username_end_ + 1, host_begin_ - 1) : std::string_view{};
}

std::string_view url::host_without_brackets() const noexcept {
  const std::string_view whole = host();
  return whole.starts_with('[') ? whole.substr(1, whole.size() - 2) : whole;
}

std::uint16_t url::port() const noexcept {
  if (port_) return *port_;
  const detail::scheme_info* const known = detail::special_scheme(scheme());
  return known != nullptr ? known->port : std::uint16_t{0};
}

std::string_view url::host_header() const noexcept {
  return has_host_ ? part(host_begin_, path_begin_) : std::string_view{};
}

std::string url::origin() const {
  if (scheme() == "blob") {
    try {
      const url named{path()};
      if (named.scheme() == "http" || named.scheme() == "https") return named.origin();
    } catch (const url_error&) {
      return "null";  // of no URL, so of no origin
    }
  }
  if (!is_special() || scheme() == "file") return "null";
  std::string out{scheme()};
  out += "://";
  out += host_header();
  return out;
}

// ---- setters (WHATWG URL, section 6.1) -----------------------------------------------------------------------------

void url::set_scheme(std::string_view scheme) {
  std::string memory;
  std::string given{detail::without_line_breaks(scheme, memory)};
  given += ':';
  const std::optional<std::string_view> found = detail::scheme_of(given);
  if (!found) throw url_error{"bad scheme " + quoted(scheme) + " for a URL"};
  std::string name;
  std::ranges::transform(*found, std::back_inserter(name), detail::lower);

  url_parts all = parts();
  if (is_special() != (detail::special_scheme(name) != nullptr))
    throw url_error{"the scheme of " + text_ + " cannot become " + name + ", whose URLs are written in another way"};
  if (name == "file" && (port_ || host_begin_ != scheme_end_ + 3))
    throw url_error{"a file: URL has neither a user nor a port"};
  if (all.scheme == "file" && host_begin_ == host_end_)
    throw url_error{"there is no host in the URL " + text_ + ", which the scheme " + name + " needs"};
  all.scheme = name;
  assemble(all);
  // Which knows drive letters and takes "localhost" for nobody.
  if (name == "file") *this = url{text_};
}

void url::require_host_for(std::string_view what) const {
  if (host_begin_ == host_end_ || scheme() == "file")
    throw url_error{"the URL " + text_ + " cannot have a " + std::string{what}};
}

void url::set_username(std::string_view username) {
  require_host_for("user");
  url_parts all = parts();
  all.username = username;
  assemble(all);
}

void url::set_password(std::string_view password) {
  require_host_for("password");
  url_parts all = parts();
  all.password = password;
  assemble(all);
}

void url::set_host(std::string_view host) { set_host(host, true); }

void url::set_hostname(std::string_view host) { set_host(host, false); }

void url::set_host(std::string_view given, bool with_port) {
  if (opaque_path_) throw url_error{"the URL " + text_ + " cannot have a host"};
  const bool special = is_special();
  std::string memory;
  std::string_view text = detail::without_line_breaks(given, memory);
  text = {text.begin(), std::ranges::find_if(text, [special](char c) {
            return c == '/' || c == '?' || c == '#' || (special && c == '\\');
          })};

  url_parts all = parts();
  all.has_host = true;
  if (scheme() == "file") {
    all.host = text.empty() ? std::string{} : detail::parse_file_host(text);
    return assemble(all);
  }
  const auto [host, port] = detail::split_port(text);
  if (host.empty() && (special || port || port_ || host_begin_ > scheme_end_ + 3))
    throw url_error{"empty host in the URL"};
  if (port && !with_port) throw url_error{"a port behind the host " + quoted(text)};
  all.host = host.empty() ? std::string{} : detail::parse_host(host, special);
  if (port) {
    if (const std::optional<std::uint16_t> number = leading_number(*port)) all.port = number;
  }
  assemble(all);
}

void url::set_port(std::string_view port) {
  require_host_for("port");
  url_parts all = parts();
  std::string memory;
  if (port.empty()) {
    all.port = std::nullopt;
  } else {
    all.port = leading_number(detail::without_line_breaks(port, memory));
    if (!all.port) throw url_error{"bad port " + quoted(port) + " for a URL"};
  }
  assemble(all);
}

void url::set_port(std::uint16_t port) {
  require_host_for("port");
  url_parts all = parts();
  all.port = port;
  assemble(all);
}

void url::set_path(std::string_view path) {
  if (opaque_path_) throw url_error{"the path of the URL " + text_ + " cannot be changed"};
  const bool special = is_special();
  std::string memory;
  path = detail::without_line_breaks(path, memory);
  url_parts all = parts();
  all.kept_path = {};
  if (!path.empty() || special || !has_host_) all.new_path = path;
  if (path.starts_with('/') || (special && path.starts_with('\\'))) all.new_path->remove_prefix(1);
  assemble(all);
}

void url::set_query(std::string_view query) {
  std::string memory;
  url_parts all = parts();
  all.query = std::nullopt;
  if (!query.empty()) {
    query.remove_prefix(query.starts_with('?') ? 1 : 0);
    all.query = detail::without_line_breaks(query, memory);
  }
  assemble(all);
}

void url::set_fragment(std::string_view fragment) {
  std::string memory;
  url_parts all = parts();
  all.fragment = std::nullopt;
  if (!fragment.empty()) {
    fragment.remove_prefix(fragment.starts_with('#') ? 1 : 0);
    all.fragment = detail::without_line_breaks(fragment, memory);
  }
  assemble(all);
}

}  // namespace weft::http
