#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <weft/core/errors.hpp>
#include <weft/core/task.hpp>
#include <weft/postgres/advisory_lock.hpp>
#include <weft/postgres/connect_options.hpp>
#include <weft/postgres/connection.hpp>
#include <weft/postgres/listener.hpp>
#include <weft/postgres/queries.hpp>
#include <weft/postgres/transaction.hpp>

namespace weft::postgres {

namespace detail {
class pool_state;
}

/// How many connections a pool keeps, and how long.
struct pool_options {
  /// So many are opened when the pool is used first, and kept.
  std::size_t min_size = 0;
  /// So many may exist at the same time; at least 1.
  std::size_t max_size = 10;
  /// How long a statement may wait for a connection; zero: as long as it takes.
  std::chrono::nanoseconds acquire_timeout = std::chrono::seconds{30};
  /// One that is older is closed as soon as nothing is under way on it; zero: no limit.
  std::chrono::nanoseconds max_lifetime{0};
  /// One that nobody has used for so long is closed, down to min_size; zero: no limit.
  std::chrono::nanoseconds max_idle = std::chrono::minutes{10};
  /// One on which nothing has happened for so long is asked whether it still answers, and closed if it does not answer
  /// in as much time again; zero: it is not asked. That one was closed by the server is always seen.
  std::chrono::nanoseconds health_check = std::chrono::seconds{30};
  /// What a connection that was acquired has set is reset when it comes back: advisory locks, cursors, channels,
  /// settings. Costs a round trip that nobody waits for.
  bool reset = true;
  /// Of each connection.
  connect_options connect{};
};
static_assert(std::is_trivially_destructible_v<pool_options>);

/// What a pool has, and what has happened in it.
struct pool_statistics {
  std::size_t connections = 0;  ///< that exist, now
  std::size_t idle = 0;         ///< of these with nothing to do
  std::size_t opening = 0;      ///< connections that are on their way
  std::size_t waiting = 0;      ///< tasks that wait for a connection
  std::uint64_t opened = 0;     ///< connections since the pool was made
  std::uint64_t lost = 0;       ///< of these broke
};

/// Had no connection to give in time.
class pool_timeout : public timeout_error {
 public:
  using timeout_error::timeout_error;
};

/// Connections to a server, opened as they are needed; see queries for what it can do. asyncpg.Pool.
///
/// A statement gets a connection of its own as long as there is one, or one may be opened. Beyond that statements share
/// connections and round trips; an error of one harms no other. Transactions, streams and COPY have their connection to
/// themselves. Who has to wait gets a connection in the order of asking.
///
/// A connection that broke while nothing was under way on it is replaced, and nobody hears of it. Belongs to one loop.
/// Destroying the pool closes what is idle at once and the rest when it has come back.
class pool : public queries {
 public:
  /// Opens nothing yet. `where` as for connect(). Throws std::invalid_argument, also for null.
  explicit pool(const char* where, pool_options how = {});
  explicit pool(const std::string& where, pool_options how = {}) : pool{where.c_str(), how} {}
  pool(pool&&) noexcept = default;
  pool& operator=(pool&&) = delete;
  ~pool();

  /// A connection for oneself, until it is destroyed or closed: the pool gets it back then. What is open on it is
  /// rolled back. Throws pool_timeout, connection_error. A stop while waiting leaves the line.
  [[nodiscard]] task<connection> acquire() const;

  /// Listens to a channel, on a connection beside the pool's; see weft::postgres::listen.
  [[nodiscard]] task<listener> listen(std::string channel) const;

  /// A lock that the server keeps for whoever agrees on its number, for a block:
  /// `co_await weft::with(db.advisory_lock(42), [&](weft::postgres::connection& held) -> weft::task<> { ... });`
  class advisory_lock advisory_lock(std::int64_t key, lock_options how = {}) const;

  pool_statistics statistics() const noexcept;

  /// Gives out nothing more, waits until all connections have come back, and closes them. Who waits in line gets
  /// connection_error. A stop leaves the wait.
  task<> close();

 private:
  std::shared_ptr<detail::pool_state> state() const;
};

}  // namespace weft::postgres
