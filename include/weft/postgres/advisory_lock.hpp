#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <weft/core/manager.hpp>
#include <weft/core/task.hpp>
#include <weft/postgres/detail/session.hpp>
#include <weft/postgres/lock_options.hpp>

namespace weft::postgres {

class connection;

/// A lock that the server keeps for whoever agrees on its number: a manager for with(), made by advisory_lock() of a
/// pool or a connection. The block gets the connection that holds it, and may use it. pg_advisory_lock.
class advisory_lock {
 public:
  /// Waits for the lock. A stop leaves the server's line; a lock that was granted meanwhile is given back.
  task<connection&> enter();
  /// Gives it back, and rolls back what is open. Throws connection_error if the connection, and with it the lock, was
  /// lost while the block ran, unless that has failed already.
  task<> exit(exit_reason how);

  /// For the library's own use.
  advisory_lock(std::shared_ptr<detail::session> on, std::int64_t key, lock_options how) noexcept;
  advisory_lock(advisory_lock&&) noexcept;
  ~advisory_lock();

 private:
  std::shared_ptr<detail::session> on_;
  std::int64_t key_;
  lock_options how_;
  std::shared_ptr<detail::session> alone_;
  std::unique_ptr<connection> held_;
};

}  // namespace weft::postgres
