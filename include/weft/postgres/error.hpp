#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <weft/core/errors.hpp>

namespace weft::postgres {

/// What a PostgreSQL server says of an error or a notice. Fields that it does not fill are empty. PostgreSQL's
/// documentation, "Error and Notice Message Fields".
struct diagnostics {
  std::string sqlstate;     ///< five characters; "23505" is a unique constraint that would not hold
  std::string severity;     ///< ERROR, FATAL, WARNING, ...; never translated
  std::string message;      ///< one line
  std::string detail;       ///< more about it
  std::string hint;         ///< what to do
  std::string context;      ///< where in the data or in a function: "COPY t, line 3, column a"; may be several lines
  int position = 0;         ///< in the statement, in characters, from 1; 0 if it says none
  int statement = 0;        ///< of a pipeline, from 1; 0 if there was only one
  std::string schema_name;  ///< what the error is about
  std::string table_name;   ///< likewise
  std::string column_name;  ///< likewise
  std::string constraint_name;  ///< likewise
};

/// The base of what this floor throws: something is wrong with a query, a value or a connection.
class error : public weft::error {
 public:
  explicit error(const std::string& what);
  /// What the server has refused; what() is its message, with the SQLSTATE.
  explicit error(diagnostics said);

  /// Empty if the error does not come from the server.
  std::string_view sqlstate() const noexcept { return said_->sqlstate; }
  std::string_view severity() const noexcept { return said_->severity; }
  std::string_view message() const noexcept { return said_->message; }
  std::string_view detail() const noexcept { return said_->detail; }
  std::string_view hint() const noexcept { return said_->hint; }
  std::string_view context() const noexcept { return said_->context; }
  /// In the statement, in characters, from 1; 0 if the server says none.
  int position() const noexcept { return said_->position; }
  /// The statement of a pipeline, from 1; 0 if there was only one.
  int statement() const noexcept { return said_->statement; }
  std::string_view schema_name() const noexcept { return said_->schema_name; }
  std::string_view table_name() const noexcept { return said_->table_name; }
  std::string_view column_name() const noexcept { return said_->column_name; }
  std::string_view constraint_name() const noexcept { return said_->constraint_name; }

  /// The transaction would succeed if it were tried again: a serialization failure or a deadlock.
  bool worth_retrying() const noexcept;

 private:
  std::shared_ptr<const diagnostics> said_;
};

/// There is no connection, or it was lost. Whether a query that was under way has taken effect is not known.
class connection_error : public error {
 public:
  using error::error;
};

/// A value does not fit: one of the server's the C++ type that was asked for, or the number of rows.
class data_error : public error {
 public:
  using error::error;
};

}  // namespace weft::postgres
