#include "postgres/diagnostics.hpp"

#include <cstdlib>
#include <string>
#include <utility>

namespace weft::postgres::detail {

diagnostics diagnostics_of(const PGresult* said) {
  const auto field = [said](int code) {
    const char* const text = PQresultErrorField(said, code);
    return std::string{text != nullptr ? text : ""};
  };
  diagnostics all;
  all.sqlstate = field(PG_DIAG_SQLSTATE);
  all.severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
  all.message = field(PG_DIAG_MESSAGE_PRIMARY);
  all.detail = field(PG_DIAG_MESSAGE_DETAIL);
  all.hint = field(PG_DIAG_MESSAGE_HINT);
  all.context = field(PG_DIAG_CONTEXT);
  all.position = std::atoi(field(PG_DIAG_STATEMENT_POSITION).c_str());
  all.schema_name = field(PG_DIAG_SCHEMA_NAME);
  all.table_name = field(PG_DIAG_TABLE_NAME);
  all.column_name = field(PG_DIAG_COLUMN_NAME);
  all.constraint_name = field(PG_DIAG_CONSTRAINT_NAME);
  if (all.message.empty()) {
    all.message = PQresultErrorMessage(said);
    while (!all.message.empty() && all.message.back() == '\n') all.message.pop_back();
  }
  return all;
}

void throw_error(const PGresult* said, int statement) {
  diagnostics all = diagnostics_of(said);
  all.statement = statement;
  if (all.severity == "FATAL" || all.severity == "PANIC") throw connection_error{std::move(all)};
  throw error{std::move(all)};
}

}  // namespace weft::postgres::detail
