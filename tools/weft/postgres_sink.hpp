#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <weft/postgres.hpp>
#include <weft/weft.hpp>

namespace weft::tool {

/// Puts records into a table of a PostgreSQL server, those that come together as one COPY:
///
///     weft_fetch (id bigint, at timestamptz, record json)
///
/// It is made if it is not there. Belongs to the thread that writes: each write blocks it, on a loop of its own.
class postgres_sink {
 public:
  static bool is_meant_by(std::string_view output) noexcept {
    return output.starts_with("postgres://") || output.starts_with("postgresql://");
  }

  explicit postgres_sink(std::string where) : where_{std::move(where)} {}

  /// Takes whole lines of JSON. Throws std::runtime_error that says what went wrong, and what is in the table.
  void write(std::string_view lines);
  /// Ends the connection.
  void close();

 private:
  task<> copy(std::string_view lines);

  std::string where_;
  std::optional<runner> loop_;
  std::optional<postgres::connection> server_;
  bool copying_ = false;
  std::ptrdiff_t written_ = 0;
};

/// Lines of JSON as COPY's text format has them: only what is after a backslash means something else there.
std::string as_copy_text(std::string_view lines);

}  // namespace weft::tool
