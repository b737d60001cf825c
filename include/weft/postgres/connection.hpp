#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/postgres/advisory_lock.hpp>
#include <weft/postgres/connect_options.hpp>
#include <weft/postgres/queries.hpp>
#include <weft/postgres/transaction.hpp>

namespace weft::postgres {

/// A connection to a server; see queries for what it can do. asyncpg.Connection.
///
/// Statements that several tasks issue at once go out together and share round trips, in the order in which they were
/// issued; a transaction that is open on it is everybody's. Move-only; belongs to one loop. Closed when it is
/// destroyed; what is under way then fails.
class connection : public queries {
 public:
  /// One that is closed.
  connection() noexcept = default;
  connection(connection&&) noexcept = default;
  connection& operator=(connection&& other) noexcept;
  ~connection();

  bool is_open() const noexcept;
  /// Ends it; harmless when repeated.
  void close() noexcept;
  /// A lock that the server keeps for whoever agrees on its number, for a block:
  /// `co_await weft::with(db.advisory_lock(42), [&](weft::postgres::connection& held) -> weft::task<> { ... });`
  class advisory_lock advisory_lock(std::int64_t key, lock_options how = {}) const;

  /// What the server has told of a parameter (server_version, TimeZone, ...); "" if nothing.
  std::string parameter(const std::string& name) const;
  /// The number of the server's process.
  int server_process() const;

  /// For the library's own use.
  explicit connection(std::shared_ptr<detail::session> on) noexcept : queries{std::move(on)} {}
};

/// Connects to a server. asyncpg.connect.
///
/// @param where a URI (`postgresql://user@host:5432/database?sslmode=require`) or a keyword string (`host=...
/// dbname=...`),
///              as libpq has them, with several hosts, target_session_attrs, service and password files, and the PG...
///              variables of the environment for what is left out.
///
/// Names are looked up by weft::resolve. Throws connection_error; std::invalid_argument for what is neither. A stop
/// closes what was being opened.
[[nodiscard]] task<connection> connect(std::string where, connect_options how = {});

}  // namespace weft::postgres
