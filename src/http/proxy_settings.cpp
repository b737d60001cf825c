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

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view without_brackets(std::string_view host) noexcept {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
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
  using weft::detail::ip_network;
  exception out;
  // A port stands behind the last colon, unless all of it is an address with colons.
  out.addresses = ip_network::parse(without_brackets(text));
  if (const std::size_t colon = text.rfind(':'); !out.addresses && colon != std::string_view::npos) {
    out.port = parse_port(text.substr(colon + 1));
    if (!out.port) return std::nullopt;
    text = text.substr(0, colon);
    out.addresses = ip_network::parse(without_brackets(text));
  }
  if (out.addresses) return out;

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
  const std::optional<endpoint> address = endpoint::parse(without_brackets(host), 0);

  return std::ranges::any_of(exceptions_, [&](const exception& each) {
    if (each.port && *each.port != target.port()) return false;
    if (each.addresses) return address && each.addresses->contains(*address);
    if (address || !host.ends_with(each.name)) return false;
    return host.size() == each.name.size() || host[host.size() - each.name.size() - 1] == '.';
  });
}

}  // namespace weft::http
