#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <weft/net/endpoint.hpp>

namespace weft {

/// The endpoint of a host that is an address in numbers, perhaps in brackets.
std::optional<endpoint> numeric_address(std::string_view host, std::uint16_t port);

}  // namespace weft
