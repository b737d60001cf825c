#include "web/trusted_proxies.hpp"

#include <algorithm>
#include <stdexcept>
#include <weft/net/endpoint.hpp>

#include "http/characters.hpp"
#include "net/socket_address.hpp"

namespace weft::web::detail {

namespace {

using http::detail::trimmed;

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

trusted_proxies::trusted_proxies(std::string_view list) {
  while (!list.empty()) {
    const std::string_view one = take_last(list);
    const std::optional<weft::detail::ip_network> network = weft::detail::ip_network::parse(one);
    if (!network) throw std::invalid_argument{"trusted proxies: not an address or a network: " + std::string{one}};
    networks_.push_back(*network);
  }
}

bool trusted_proxies::contains(std::string_view address) const {
  const std::optional<endpoint> parsed = endpoint::parse(address, 0);
  if (!parsed) return false;
  return std::any_of(networks_.begin(), networks_.end(), [&](const auto& each) { return each.contains(*parsed); });
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
    if (!endpoint::parse(before, 0)) break;
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
  const std::optional<endpoint> address = endpoint::parse(who.address(), 0);
  return address ? endpoint_access::owner_of(*address).address() : who.address();
}

}  // namespace weft::web::detail
