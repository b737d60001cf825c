#include "url_host.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>
#include <weft/http/domain.hpp>
#include <weft/http/percent_encoding.hpp>
#include <weft/http/url.hpp>

#include "characters.hpp"

namespace weft::http::detail {

namespace {

[[noreturn, gnu::cold]] void refuse(std::string_view host, const std::string& why) {
  throw url_error{"bad host " + quoted(host, 80) + ": " + why};
}

/// Bytes that no host has, of whatever scheme.
constexpr bool is_forbidden(char c) noexcept {
  return std::string_view{"\0\t\n\r #/:<>?@[\\]^|", 17}.find(c) != std::string_view::npos;
}

constexpr bool is_forbidden_in_name(char c) noexcept {
  return is_forbidden(c) || static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '%';
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// ---- IPv4 ----------------------------------------------------------------------------------------------------------

/// A number as the C library's inet_aton reads it: 10, 0x0a and 012 are the same. What is too large stays too large.
std::optional<std::uint64_t> ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned radix = 10;
  if (text.size() > 1 && text[0] == '0') {
    const bool hexadecimal = lower(text[1]) == 'x';
    radix = hexadecimal ? 16 : 8;
    text.remove_prefix(hexadecimal ? 2 : 1);
  }
  constexpr std::uint64_t too_large = std::uint64_t{1} << 32;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= radix) return std::nullopt;
    value = std::min(too_large, value * radix + static_cast<unsigned>(digit));
  }
  return value;
}

/// A name whose last label is a number can only be meant as an address.
bool ends_in_number(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);  // `host.` is the same as `host`
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return (!last.empty() && std::ranges::all_of(last, is_digit)) || ipv4_number(last).has_value();
}

std::string parse_ipv4(std::string_view host) {
  std::array<std::string_view, 4> parts;
  std::size_t count = 0;
  for (std::string_view rest = host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0));;) {
    if (count == parts.size()) refuse(host, "an IPv4 address has at most four parts");
    const std::size_t dot = rest.find('.');
    parts[count++] = rest.substr(0, dot);
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }

  std::uint64_t address = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<std::uint64_t> number = ipv4_number(parts[i]);
    if (!number) refuse(host, quoted(parts[i]) + " is not a number of an IPv4 address");
    const bool last = i + 1 == count;
    // The last number fills all bytes that are left.
    const std::uint64_t limit = last ? std::uint64_t{1} << 8 * (5 - count) : 256;
    if (*number >= limit) refuse(host, quoted(parts[i]) + " is too large for an IPv4 address");
    address += last ? *number : *number << 8 * (3 - i);
  }
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += std::to_string(address >> shift & 255);
    if (shift != 0) out += '.';
  }
  return out;
}

// ---- IPv6 ----------------------------------------------------------------------------------------------------------

using ipv6_groups = std::array<std::uint16_t, 8>;

/// The dotted quad that may stand for the last two groups; strict: four decimal numbers without leading zeros.
std::optional<std::uint32_t> embedded_ipv4(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::uint32_t address = 0;
  for (const std::string_view part : parts) {
    if (part.empty() || part.size() > 3 || !std::ranges::all_of(part, is_digit)) return std::nullopt;
    if (part.size() > 1 && part[0] == '0') return std::nullopt;
    unsigned number = 0;
    for (const char c : part) number = number * 10 + static_cast<unsigned>(c - '0');
    if (number > 255) return std::nullopt;
    address = address << 8 | number;
  }
  return address;
}

/// The groups of one side of the `::`, or of the whole address; nullopt if one is not valid.
std::optional<std::vector<std::uint16_t>> groups_of(std::string_view text, bool ends_address) {
  std::vector<std::uint16_t> groups;
  if (text.empty()) return groups;
  const std::vector<std::string_view> parts = split(text, ':');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    if (ends_address && i + 1 == parts.size() && part.find('.') != std::string_view::npos) {
      const std::optional<std::uint32_t> address = embedded_ipv4(part);
      if (!address) return std::nullopt;
      groups.push_back(static_cast<std::uint16_t>(*address >> 16));
      groups.push_back(static_cast<std::uint16_t>(*address & 0xffff));
      continue;
    }
    if (part.empty() || part.size() > 4) return std::nullopt;
    unsigned group = 0;
    for (const char c : part) {
      if (hex_value(c) < 0) return std::nullopt;
      group = group * 16 + static_cast<unsigned>(hex_value(c));
    }
    groups.push_back(static_cast<std::uint16_t>(group));
  }
  return groups;
}

std::optional<ipv6_groups> parse_ipv6(std::string_view text) {
  ipv6_groups address{};
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto groups = groups_of(text, true);
    if (!groups || groups->size() != address.size()) return std::nullopt;
    std::ranges::copy(*groups, address.begin());
    return address;
  }
  const auto left = groups_of(text.substr(0, gap), false);
  const auto right = groups_of(text.substr(gap + 2), true);
  // The gap stands for at least one group.
  if (!left || !right || left->size() + right->size() >= address.size()) return std::nullopt;
  std::ranges::copy(*left, address.begin());
  std::ranges::copy(*right, address.end() - static_cast<std::ptrdiff_t>(right->size()));
  return address;
}

/// RFC 5952: lower case, no leading zeros, `::` for the first of the longest runs of two or more zeros.
std::string ipv6_text(const ipv6_groups& address) {
  std::size_t gap = address.size();
  std::size_t gap_size = 1;
  for (std::size_t i = 0; i < address.size();) {
    std::size_t end = i;
    while (end < address.size() && address[end] == 0) ++end;
    if (end - i > gap_size) {
      gap = i;
      gap_size = end - i;
    }
    i = std::max(end, i + 1);
  }

  std::string out;
  for (std::size_t i = 0; i < address.size();) {
    if (i == gap) {
      out += "::";
      i += gap_size;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    constexpr std::string_view digits = "0123456789abcdef";
    bool leading = true;
    for (unsigned shift = 16; shift > 0;) {
      shift -= 4;
      const unsigned digit = address[i] >> shift & 15U;
      leading = leading && digit == 0 && shift != 0;
      if (!leading) out += digits[digit];
    }
    ++i;
  }
  return out;
}

}  // namespace

bool is_address(std::string_view host) { return host.starts_with('[') || ends_in_number(host); }

std::string parse_host(std::string_view text, bool special) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) refuse(text, "no ] at the end of the IPv6 address");
    const std::optional<ipv6_groups> address = parse_ipv6(text.substr(1, text.size() - 2));
    if (!address) refuse(text, "not an IPv6 address");
    return "[" + ipv6_text(*address) + "]";
  }

  const auto check = [&](std::string_view host, auto is_bad) {
    const auto bad = std::ranges::find_if(host, is_bad);
    if (bad != host.end()) refuse(text, "it must not contain " + shown(*bad));
  };
  if (!special) {
    check(text, is_forbidden);
    return percent_encode(text, percent_encode_set::c0_control);
  }
  const bool encoded = text.find('%') != std::string_view::npos;
  std::string host = encoded ? domain_to_ascii(percent_decode(text)) : domain_to_ascii(text);
  check(host, is_forbidden_in_name);
  return ends_in_number(host) ? parse_ipv4(host) : host;
}

}  // namespace weft::http::detail
