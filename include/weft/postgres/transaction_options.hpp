#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace weft::postgres {

/// What a transaction sees of others.
enum class isolation : std::uint8_t {
  server_default,   ///< usually read_committed
  read_committed,   ///< each statement sees what was committed before it began
  repeatable_read,  ///< all statements see what was committed before the first
  serializable      ///< and it is as if the transactions had run one after the other
};

/// How a transaction runs. For one within another, a savepoint, none of this counts.
struct transaction_options {
  isolation level = isolation::server_default;
  bool read_only = false;
  /// With serializable and read_only: waits until it cannot fail.
  bool deferrable = false;
  /// How often the body is called again after a serialization failure or a deadlock.
  std::size_t retries = 0;
};
static_assert(std::is_trivially_destructible_v<transaction_options>);

}  // namespace weft::postgres
