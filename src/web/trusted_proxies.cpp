#include "web/trusted_proxies.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "http/characters.hpp"

namespace weft::web::detail {

namespace {

using http::detail::trimmed;

constexpr std::size_t mapped_prefix = 12;  ///< bytes before an address of version 4

/// An address as proxies write it: "1.2.3.4", "1.2.3.4:5678", "2001:db8::1", "[2001:db8::1]:80".
std::string_view without_port(std::string_view text) noexcept {
  if (text.starts_with('[')) return text.substr(1, std::min(text.find(']'), text.size()) - 1);
  const std::size_t colon = text.find(':');
  if (colon != text.npos && text.find(':', colon + 1) == text.npos) return text.substr(0, colon);
  return text;
}

/// The last of a list's elements, which is taken off.
std::string_view take_last(std::string_view& list) noexcept {
  const std::size_t comma = list.rfind(',');
  const std::string_view last = trimmed(comma == list.npos ? list : list.substr(comma + 1));
  list = comma == list.npos ? std::string_view{} : list.substr(0, comma);
  return last;
}

/// Several fields of a name are as one.
std::string joined(const http::headers& fields, std::string_view name) {
  std::string all;
  for (const std::string_view each : fields.get_all(name)) {
    if (!all.empty()) all += ',';
    all += each;
  }
  return all;
}

}  // namespace

std::optional<address_bytes> parse_address(std::string_view text) {
  const std::string terminated{text};
  address_bytes bytes{};
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return bytes;
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data() + mapped_prefix) != 1) return std::nullopt;
  bytes[10] = bytes[11] = 0xff;
  return bytes;
}

trusted_proxies::trusted_proxies(std::string_view list) {
  while (!list.empty()) {
    const std::string_view one = take_last(list);
    const std::size_t slash = one.find('/');
    const std::string_view address = one.substr(0, slash);
    const std::optional<address_bytes> prefix = parse_address(address);
    const unsigned most = address.find(':') == address.npos ? 32 : 128;
    unsigned bits = most;
    bool whole = prefix.has_value();
    if (slash != one.npos) {
      const std::string_view digits = one.substr(slash + 1);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
      whole = whole && error == std::errc{} && end == digits.data() + digits.size() && bits <= most;
    }
    if (!whole) throw std::invalid_argument{"trusted proxies: not an address or a network: " + std::string{one}};
    networks_.push_back({.prefix = *prefix, .bits = bits + (128 - most)});
  }
}

bool trusted_proxies::contains(std::string_view address) const {
  const std::optional<address_bytes> bytes = parse_address(address);
  if (!bytes) return false;
  return std::any_of(networks_.begin(), networks_.end(), [&](const network& each) {
    const std::size_t whole = each.bits / 8;
    if (std::memcmp(bytes->data(), each.prefix.data(), whole) != 0) return false;
    const unsigned rest = each.bits % 8;
    return rest == 0 || (((*bytes)[whole] ^ each.prefix[whole]) >> (8 - rest)) == 0;
  });
}

caller caller_of(const http::server_request& request, const trusted_proxies* trusted) {
  std::string address = request.peer().address();
  bool tls = request.is_tls();
  std::string host{request.header("host")};
  if (trusted == nullptr || !trusted->contains(address)) return {std::move(address), tls, std::move(host)};

  // Each proxy has added, on the right, whom it has heard it from.
  const std::string all = joined(request.headers(), "x-forwarded-for");
  std::string_view left = all;
  while (!left.empty() && trusted->contains(address)) {
    const std::string_view before = without_port(take_last(left));
    if (!parse_address(before)) break;
    address = before;
  }
  const std::string schemes = joined(request.headers(), "x-forwarded-proto");
  if (std::string_view list = schemes; !list.empty()) {
    const std::string_view scheme = take_last(list);
    if (http::detail::equal_ignoring_case(scheme, "https")) tls = true;
    if (http::detail::equal_ignoring_case(scheme, "http")) tls = false;
  }
  const std::string hosts = joined(request.headers(), "x-forwarded-host");
  if (std::string_view list = hosts; !list.empty()) host = take_last(list);
  return {std::move(address), tls, std::move(host)};
}

std::string client_key(const caller& who) {
  constexpr std::size_t network = 8;
  const std::optional<address_bytes> bytes = parse_address(who.address());
  if (!bytes) return who.address();
  const bool old = std::all_of(bytes->begin(), bytes->begin() + 10, [](std::uint8_t b) { return b == 0; });
  return {reinterpret_cast<const char*>(bytes->data()), old ? bytes->size() : network};
}

}  // namespace weft::web::detail
