// A jar as cookies.txt. Fields of a line: domain, whether hosts below it get the cookie too, path, whether TLS only,
// end in seconds since 1970 or 0, name, value.

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>
#include <weft/http/cookie_jar.hpp>
#include <weft/http/domain.hpp>

#include "characters.hpp"
#include "set_cookie.hpp"

namespace weft::http {

namespace {

using std::chrono::sys_seconds;

constexpr std::string_view http_only_mark = "#HttpOnly_";

const char* word(bool value) noexcept { return value ? "TRUE" : "FALSE"; }

bool has_tab(std::string_view text) noexcept { return text.find('\t') != std::string_view::npos; }

std::optional<cookie> parse_line(std::string_view line) {
  cookie one;
  if (line.starts_with(http_only_mark)) {
    one.http_only = true;
    line.remove_prefix(http_only_mark.size());
  } else if (line.starts_with('#')) {
    return std::nullopt;
  }
  std::array<std::string_view, 6> fields;
  for (std::string_view& field : fields) {
    const std::size_t tab = line.find('\t');
    // An empty value has lost its tab in files that an editor has been over.
    if (tab == std::string_view::npos && &field != &fields.back()) return std::nullopt;
    field = line.substr(0, tab);
    line.remove_prefix(std::min(field.size() + 1, line.size()));
  }
  const auto [domain, subdomains, path, secure, expires, name] = fields;

  std::int64_t end = 0;
  const auto [stop, error] = std::from_chars(expires.data(), expires.data() + expires.size(), end);
  if (error != std::errc{} || stop != expires.data() + expires.size()) return std::nullopt;
  if (end != 0) one.expires = sys_seconds{std::chrono::seconds{end}};
  one.domain = domain.starts_with('.') ? domain.substr(1) : domain;
  one.host_only = !detail::equal_ignoring_case(subdomains, "TRUE");
  one.path = path;
  one.secure = detail::equal_ignoring_case(secure, "TRUE");
  one.name = name;
  one.value = line;
  return one;
}

}  // namespace

std::string cookie_jar::text(time_point now) const {
  const sys_seconds at = std::chrono::floor<std::chrono::seconds>(now);
  std::string out = "# Netscape HTTP Cookie File\n# Written by weft. Edit it while no program uses it.\n\n";
  for (const auto& [domain, of_domain] : domains_) {
    for (const entry& each : of_domain) {
      const cookie& one = each.value;
      if ((one.expires && *one.expires <= at) || has_tab(one.name) || has_tab(one.path)) continue;
      if (one.http_only) out += http_only_mark;
      if (!one.host_only) out += '.';
      out.append(domain).append("\t").append(word(!one.host_only)).append("\t").append(one.path).append("\t");
      out.append(word(one.secure)).append("\t");
      out.append(std::to_string(one.expires ? one.expires->time_since_epoch().count() : 0)).append("\t");
      out.append(one.name).append("\t").append(one.value).append("\n");
    }
  }
  return out;
}

std::size_t cookie_jar::add_text(std::string_view text, time_point now) {
  const sys_seconds at = std::chrono::floor<std::chrono::seconds>(now);
  std::size_t added = 0;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);

    std::optional<cookie> one = parse_line(line);
    if (!one || (one->expires && *one->expires <= at)) continue;
    if (one->expires) one->expires = std::min<sys_seconds>(*one->expires, at + detail::longest_life);
    if (!detail::keeps_prefix_promise(*one, one->path == "/")) continue;
    try {
      cookie usable = detail::checked(*std::move(one));
      if (!usable.host_only && is_public_suffix(usable.domain)) continue;
      put(std::move(usable), at);
      ++added;
    } catch (const std::invalid_argument&) {
      continue;  // a line like any other that is no cookie
    }
  }
  return added;
}

}  // namespace weft::http
