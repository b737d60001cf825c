#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <weft/http/domain.hpp>
#include <weft/http/proxy_settings.hpp>

#include "characters.hpp"

namespace weft::http {

namespace {

const char* environment(const char* variable) {
  return std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): as the rest of the library does
}

/// The first of two variables that is set.
const char* first_set(proxy_settings::lookup variables, const char* small, const char* capital, const char** which) {
  *which = small;
  if (const char* const value = variables(small)) return value;
  *which = capital;
  return capital == nullptr ? nullptr : variables(capital);
}

struct proxy_variable {
  bool set = false;
  std::optional<url> proxy;
};

proxy_variable read_proxy(proxy_settings::lookup variables, const char* small, const char* capital) {
  const char* which = nullptr;
  const char* const value = first_set(variables, small, capital, &which);
  if (value == nullptr) return {};
  const std::string_view text = detail::trimmed(value);
  if (text.empty()) return {true, std::nullopt};
  try {
    url proxy{text.find("://") == std::string_view::npos ? "http://" + std::string{text} : std::string{text}};
    if (!proxy.has_host() || proxy.host().empty()) throw url_error{"no host in the URL"};
    return {true, std::move(proxy)};
  } catch (const url_error& error) {
    throw url_error{std::string{which} + " in the environment: " + error.what()};
  }
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The bytes of an address, and how many there are; 0 if it is none.
std::size_t parse_address(std::string_view text, std::array<std::uint8_t, 16>& out) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string terminated{text};
  if (inet_pton(AF_INET, terminated.c_str(), out.data()) == 1) return sizeof(in_addr);
  if (inet_pton(AF_INET6, terminated.c_str(), out.data()) == 1) return sizeof(in6_addr);
  return 0;
}

bool equal_bits(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  return bits % 8 == 0 || ((a[whole] ^ b[whole]) >> (8 - bits % 8)) == 0;
}

}  // namespace

proxy_settings proxy_settings::from_environment() { return from(environment); }

proxy_settings proxy_settings::from(lookup variables) {
  proxy_settings out;
  const bool in_cgi = variables("REQUEST_METHOD") != nullptr;
  proxy_variable http = read_proxy(variables, "http_proxy", in_cgi ? nullptr : "HTTP_PROXY");
  proxy_variable https = read_proxy(variables, "https_proxy", "HTTPS_PROXY");
  if (!http.set || !https.set) {
    const proxy_variable all = read_proxy(variables, "all_proxy", "ALL_PROXY");
    if (!http.set) http = all;
    if (!https.set) https = all;
  }
  out.http_ = std::move(http.proxy);
  out.https_ = std::move(https.proxy);

  const char* which = nullptr;
  const char* const value = first_set(variables, "no_proxy", "NO_PROXY", &which);
  std::string_view list = value == nullptr ? std::string_view{} : value;
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find_first_of(", \t\n"));
    list.remove_prefix(std::min(entry.size() + 1, list.size()));
    if (entry == "*") out.never_ = true;
    if (std::optional<exception> one = parse_exception(entry)) out.exceptions_.push_back(*std::move(one));
  }
  return out;
}

std::optional<proxy_settings::exception> proxy_settings::parse_exception(std::string_view text) {
  exception out;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    out.size = parse_address(text.substr(0, slash), out.address);
    const auto bits = parse_number<unsigned>(text.substr(slash + 1));
    if (out.size == 0 || !bits || *bits > out.size * 8) return std::nullopt;
    out.bits = *bits;
    return out;
  }

  // A port stands behind the last colon, unless all of it is an address with colons.
  out.size = parse_address(text, out.address);
  if (const std::size_t colon = text.rfind(':'); out.size == 0 && colon != std::string_view::npos) {
    out.port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!out.port) return std::nullopt;
    text = text.substr(0, colon);
    out.size = parse_address(text, out.address);
  }
  out.bits = static_cast<unsigned>(out.size * 8);
  if (out.size != 0) return out;

  if (text.starts_with("*.")) text.remove_prefix(1);
  if (text.starts_with('.')) text.remove_prefix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  try {
    out.name = domain_to_ascii(text);
  } catch (const url_error&) {
    return std::nullopt;
  }
  return out;
}

const url* proxy_settings::proxy_for(const url& target) const {
  const std::string_view scheme = target.scheme();
  const std::optional<url>* proxy = nullptr;
  if (scheme == "http" || scheme == "ws") proxy = &http_;
  if (scheme == "https" || scheme == "wss") proxy = &https_;
  if (proxy == nullptr || !proxy->has_value() || is_exempt(target)) return nullptr;
  return &**proxy;
}

bool proxy_settings::is_exempt(const url& target) const {
  if (never_) return true;
  if (exceptions_.empty()) return false;
  std::string_view host = target.host();
  if (host.ends_with('.')) host.remove_suffix(1);
  std::array<std::uint8_t, 16> address{};
  const std::size_t size = parse_address(host, address);

  return std::ranges::any_of(exceptions_, [&](const exception& each) {
    if (each.port && *each.port != target.port()) return false;
    if (each.size != 0) return each.size == size && equal_bits(each.address, address, each.bits);
    if (!host.ends_with(each.name) || size != 0) return false;
    return host.size() == each.name.size() || host[host.size() - each.name.size() - 1] == '.';
  });
}

}  // namespace weft::http
