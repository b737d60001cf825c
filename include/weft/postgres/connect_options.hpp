#pragma once

#include <chrono>
#include <cstddef>
#include <type_traits>
#include <weft/postgres/error.hpp>

namespace weft::postgres {

/// How a connection is made, beside what its URI says.
struct connect_options {
  /// How long it may take, with looking names up and all hosts; zero: as long as it takes. What connect_timeout says
  /// counts likewise, if it is less.
  std::chrono::nanoseconds timeout = std::chrono::seconds{30};
  /// So many statements are kept prepared; 0, which poolers like pgbouncer need that hand each transaction to another
  /// server connection, prepares none.
  std::size_t statement_cache = 256;
  /// How long the server may take to end a statement of a task that was stopped, before the connection is given up.
  /// Nothing else runs on the connection meanwhile.
  std::chrono::nanoseconds cancel_timeout = std::chrono::seconds{10};
  /// So many bytes of a stream's rows, or of what COPY gives, are read before they are asked for, so that the server
  /// works while the program does.
  std::size_t read_ahead = std::size_t{256} * 1024;
  /// Is told of the server's notices and warnings; they are dropped without.
  void (*on_notice)(const diagnostics& notice) = nullptr;
};
static_assert(std::is_trivially_destructible_v<connect_options>);

}  // namespace weft::postgres
