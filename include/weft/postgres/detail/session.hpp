#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/postgres/detail/parameters.hpp>
#include <weft/postgres/detail/result.hpp>
#include <weft/postgres/detail/row_block.hpp>
#include <weft/postgres/detail/streamed_row.hpp>

namespace weft::postgres::detail {

/// The rows of a statement, one after the other. Destroyed early, it ends the statement on the server.
class row_source {
 public:
  virtual ~row_source() = default;
  /// The next row, until it is called again; null if wait() is to be called first.
  virtual const streamed_row* take() = 0;
  /// Until take() may give a row. False at the end. Throws error.
  virtual task<bool> wait() = 0;
  /// What knows the columns, once there has been a row, or the end.
  virtual const result& shape() const noexcept = 0;
  /// What is known about the types in it.
  virtual std::shared_ptr<const type_book> types() const noexcept = 0;
};

/// Rows on their way to the server. Destroyed early, it ends the statement, which then has no effect.
class copy_sink {
 public:
  virtual ~copy_sink() = default;
  /// Throws error once the server has refused.
  virtual task<> write(std::string_view bytes) = 0;
  /// Gives the number of rows that the server has taken.
  virtual task<std::uint64_t> finish() = 0;
};

/// Where bytes of COPY ... TO STDOUT come from.
class copy_source {
 public:
  virtual ~copy_source() = default;
  /// Puts what has come into the block, or waits for more. False at the end. Throws error.
  virtual task<bool> next(row_block& into) = 0;
};

/// What runs statements: a connection, a pool, or a transaction's connection. Whoever calls keeps it alive until the
/// task has ended.
class session {
 public:
  virtual ~session() = default;
  virtual task<answer> run(const command& what) = 0;
  /// All with one sync.
  virtual task<std::vector<answer>> run_all(const std::vector<command>& what) = 0;
  /// Runs a statement that nobody waits for; what it says is dropped.
  virtual void run_detached(std::string text) = 0;
  /// Statements without parameters, separated by semicolons.
  virtual task<> run_script(const std::string& text) = 0;
  virtual task<std::unique_ptr<row_source>> stream(const command& what) = 0;
  virtual task<std::unique_ptr<copy_sink>> copy_in(const std::string& statement) = 0;
  virtual task<std::unique_ptr<copy_source>> copy_out(const std::string& statement) = 0;
  /// A connection for whoever asks alone. Ended when it is destroyed: what is open then is rolled back.
  virtual task<std::shared_ptr<session>> alone() = 0;
};

}  // namespace weft::postgres::detail
