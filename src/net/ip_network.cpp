#include <algorithm>
#include <charconv>
#include <cstddef>
#include <weft/net/detail/ip_network.hpp>

#include "net/socket_address.hpp"

namespace weft::detail {

std::optional<ip_network> ip_network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<endpoint> address = endpoint::parse(text.substr(0, slash), 0);
  if (!address) return std::nullopt;
  const unsigned most = address->is_v6() ? 128 : 32;
  unsigned bits = most;
  if (slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > most) return std::nullopt;
  }
  ip_network parsed;
  parsed.prefix_ = endpoint_access::unmapped(*address);
  const unsigned clothes = parsed.prefix_.is_v6() ? 0 : most - 32;
  if (bits < clothes) return std::nullopt;  // addresses of both versions
  parsed.bits_ = bits - clothes;
  return parsed;
}

bool ip_network::contains(const endpoint& address) const noexcept {
  const endpoint asked = endpoint_access::unmapped(address);
  if (asked.is_v6() != prefix_.is_v6()) return false;
  const auto& ours = endpoint_access::bytes(prefix_);
  const auto& theirs = endpoint_access::bytes(asked);
  const std::size_t whole = bits_ / 8;
  const unsigned rest = bits_ % 8;
  return std::equal(ours.begin(), ours.begin() + whole, theirs.begin()) &&
         (rest == 0 || ((ours[whole] ^ theirs[whole]) >> (8 - rest)) == 0);
}

}  // namespace weft::detail
