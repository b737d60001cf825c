#include "set_cookie.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "calendar.hpp"
#include "characters.hpp"
#include "url_host.hpp"

namespace weft::http::detail {

namespace {

using std::chrono::sys_seconds;

constexpr std::size_t largest_attribute = 1024;

/// The part of `text` before the mark; it and the mark are taken from `text`, which is empty without a mark.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool is_date_delimiter(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x09 || (byte >= 0x20 && byte <= 0x2f) || (byte >= 0x3b && byte <= 0x40) ||
         (byte >= 0x5b && byte <= 0x60) || (byte >= 0x7b && byte <= 0x7e);
}

/// The number at the begin of `text`, of `least` to `most` digits and no more.
std::optional<unsigned> take_number(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  if (digits < least || digits > most) return std::nullopt;
  unsigned value = 0;
  for (const char digit : text.substr(0, digits)) value = value * 10 + static_cast<unsigned>(digit - '0');
  text.remove_prefix(digits);
  return value;
}

std::optional<unsigned> number_at_begin(std::string_view text, std::size_t least, std::size_t most) {
  return take_number(text, least, most);
}

struct clock_time {
  unsigned hour, minute, second;
};

std::optional<clock_time> parse_clock_time(std::string_view word) {
  const auto hour = take_number(word, 1, 2);
  if (!hour || !word.starts_with(':')) return std::nullopt;
  word.remove_prefix(1);
  const auto minute = take_number(word, 1, 2);
  if (!minute || !word.starts_with(':')) return std::nullopt;
  word.remove_prefix(1);
  const auto second = take_number(word, 1, 2);
  if (!second) return std::nullopt;
  return clock_time{*hour, *minute, *second};
}

/// The seconds that a Max-Age says; at most a few more than the longest life.
std::optional<std::chrono::seconds> parse_max_age(std::string_view value) {
  const bool negative = value.starts_with('-');
  if (negative) value.remove_prefix(1);
  if ((value.empty() && !negative) || !std::ranges::all_of(value, is_digit)) return std::nullopt;
  std::chrono::seconds age{0};
  for (const char digit : value)
    age = std::min<std::chrono::seconds>(age * 10 + std::chrono::seconds{digit - '0'}, longest_life);
  return negative ? std::chrono::seconds{0} : age;
}

http::same_site parse_same_site(std::string_view value) {
  if (equal_ignoring_case(value, "none")) return http::same_site::none;
  if (equal_ignoring_case(value, "strict")) return http::same_site::strict;
  if (equal_ignoring_case(value, "lax")) return http::same_site::lax;
  return http::same_site::unset;
}

/// When the cookie ends: Max-Age wins over Expires, and of each the last one that can be read.
struct lifetime {
  std::optional<std::chrono::seconds> max_age;
  std::optional<sys_seconds> expires;

  [[nodiscard]] std::optional<sys_seconds> end(sys_seconds now) const {
    if (max_age) return now + *max_age;
    if (expires) return std::min<sys_seconds>(*expires, now + longest_life);
    return std::nullopt;
  }
};

void take_attribute(set_cookie& out, lifetime& life, std::string_view name, std::string_view value) {
  if (equal_ignoring_case(name, "expires")) {
    if (const auto time = parse_cookie_date(value)) life.expires = time;
  } else if (equal_ignoring_case(name, "max-age")) {
    if (const auto age = parse_max_age(value)) life.max_age = age;
  } else if (equal_ignoring_case(name, "domain")) {
    if (value.starts_with('.')) value.remove_prefix(1);
    out.domain = value;
  } else if (equal_ignoring_case(name, "path")) {
    out.has_path = value.starts_with('/');
    out.path = out.has_path ? value : std::string_view{};
  } else if (equal_ignoring_case(name, "secure")) {
    out.secure = true;
  } else if (equal_ignoring_case(name, "httponly")) {
    out.http_only = true;
  } else if (equal_ignoring_case(name, "samesite")) {
    out.same_site = parse_same_site(value);
  }
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace

std::optional<set_cookie> parse_set_cookie(std::string_view field, sys_seconds now) {
  if (has_cookie_control(field)) return std::nullopt;

  set_cookie out;
  std::string_view pair = take_until(field, ';');
  if (pair.find('=') != std::string_view::npos) out.name = trimmed(take_until(pair, '='));
  out.value = trimmed(pair);
  if (out.name.empty() && out.value.empty()) return std::nullopt;
  if (out.name.size() + out.value.size() > largest_cookie) return std::nullopt;

  lifetime life;
  while (!field.empty()) {
    std::string_view attribute = take_until(field, ';');
    const std::string_view name = trimmed(take_until(attribute, '='));
    const std::string_view value = trimmed(attribute);
    if (value.size() <= largest_attribute) take_attribute(out, life, name, value);
  }
  out.expires = life.end(now);
  return out;
}

namespace {

/// RFC 6265bis, section 4.1.1: cookie-octet.
bool is_cookie_octet(char c) noexcept { return c > ' ' && c < '\x7f' && c != '"' && c != ',' && c != ';' && c != '\\'; }
/// What a path or a domain may have in it: av-octet.
bool is_attribute_octet(char c) noexcept { return c >= ' ' && c < '\x7f' && c != ';'; }

[[noreturn]] void refuse(const char* what, std::string_view text) {
  throw std::invalid_argument{std::string{what} + quoted(text)};
}

}  // namespace

std::string write_set_cookie(std::string_view name, std::string_view value, const cookie_options& options) {
  if (!is_token(name)) refuse("not a cookie's name: ", name);
  if (!std::ranges::all_of(value, is_cookie_octet))  // which may be a secret
    throw std::invalid_argument{"a cookie's value with something that must be encoded"};
  if (!std::ranges::all_of(options.path, is_attribute_octet)) refuse("not a cookie's path: ", options.path);
  if (!std::ranges::all_of(options.domain, is_attribute_octet)) refuse("not a cookie's domain: ", options.domain);
  if (options.same_site == same_site::none && !options.secure)
    throw std::invalid_argument{"browsers take no cookie with same_site::none that is not secure"};
  std::string field{name};
  field.append("=").append(value);
  if (!options.path.empty()) field.append("; Path=").append(options.path);
  if (!options.domain.empty()) field.append("; Domain=").append(options.domain);
  if (options.http_only) field += "; HttpOnly";
  constexpr std::array<std::string_view, 4> sites{"", "; SameSite=Strict", "; SameSite=Lax", "; SameSite=None"};
  field += sites.at(static_cast<std::size_t>(options.same_site));
  if (options.max_age) field += "; Max-Age=" + std::to_string(options.max_age->count());
  if (options.secure) field += "; Secure";
  return field;
}

std::optional<sys_seconds> parse_cookie_date(std::string_view text) {
  std::optional<clock_time> time;
  std::optional<unsigned> day;
  unsigned month = 0;
  std::optional<unsigned> year;

  while (!text.empty()) {
    const auto end = std::ranges::find_if(text, is_date_delimiter);
    std::string_view word{text.begin(), end};
    text.remove_prefix(std::min(word.size() + 1, text.size()));

    // Each word is the first of these that it can be and that is still missing.
    if (const auto found = time ? std::nullopt : parse_clock_time(word)) {
      time = found;
    } else if (const auto number = day ? std::nullopt : number_at_begin(word, 1, 2)) {
      day = number;
    } else if (const unsigned named = month != 0 ? 0 : month_number(word); named != 0) {
      month = named;
    } else if (!year) {
      year = number_at_begin(word, 2, 4);
    }
  }
  if (!time || !day || month == 0 || !year) return std::nullopt;

  if (*year < 70)
    *year += 2000;
  else if (*year < 100)
    *year += 1900;
  if (*year < 1601 || time->second > 59) return std::nullopt;
  return time_of(static_cast<int>(*year), month, *day, time->hour, time->minute, time->second);
}

bool has_cookie_control(std::string_view text) noexcept { return std::ranges::any_of(text, is_forbidden_control); }

bool domain_matches(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
         !is_address(host);
}

bool path_matches(std::string_view request_path, std::string_view cookie_path) noexcept {
  if (!request_path.starts_with(cookie_path)) return false;
  return request_path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
         request_path[cookie_path.size()] == '/';
}

bool may_have_cookies(std::string_view host) noexcept { return !host.empty() && !host.starts_with('.'); }

cookie checked(cookie one) {
  const auto refuse = [&](const char* why) {
    throw std::invalid_argument{"bad cookie " + quoted(one.name) + ": " + why};
  };
  if (one.name.empty() && one.value.empty()) refuse("neither name nor value");
  if (one.name.size() + one.value.size() > largest_cookie) refuse("name and value have more than 4096 bytes");
  for (const std::string_view text : {std::string_view{one.name}, std::string_view{one.value}}) {
    if (has_cookie_control(text)) refuse("control byte in its name or value");
    if (text.find(';') != std::string_view::npos) refuse("semicolon in its name or value");
    if (trimmed(text).size() != text.size()) refuse("spaces around its name or value");
  }
  if (one.name.find('=') != std::string::npos) refuse("= in its name");
  if (!one.path.starts_with('/')) refuse("its path does not begin with /");
  if (has_cookie_control(one.path)) refuse("control byte in its path");
  if (!one.domain.empty()) one.domain = parse_host(one.domain, true);
  if (!may_have_cookies(one.domain)) refuse("no domain, or a dot before it");
  return one;
}

std::string_view default_path(std::string_view request_path) noexcept {
  const std::size_t slash = request_path.rfind('/');
  if (!request_path.starts_with('/') || slash == 0) return "/";
  return request_path.substr(0, slash);
}

bool keeps_prefix_promise(const cookie& one, bool root_path) noexcept {
  constexpr std::string_view secure = "__Secure-";
  constexpr std::string_view host = "__Host-";
  // A server that reads `Cookie: __Host-a=b` cannot tell it from a nameless cookie with that value.
  if (one.name.empty())
    return !starts_with_ignoring_case(one.value, secure) && !starts_with_ignoring_case(one.value, host);
  if (starts_with_ignoring_case(one.name, secure)) return one.secure;
  if (starts_with_ignoring_case(one.name, host)) return one.secure && one.host_only && root_path;
  return true;
}

}  // namespace weft::http::detail
