#include <libpq-fe.h>

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <weft/postgres/detail/copy_rows.hpp>
#include <weft/postgres/detail/parameters.hpp>
#include <weft/postgres/detail/result.hpp>
#include <weft/postgres/detail/row_reader.hpp>

#include "postgres/result_value.hpp"

namespace weft::postgres::detail {

void result::clear() noexcept {
  if (held_ != nullptr) PQclear(held_);
}

std::size_t result::rows() const noexcept { return static_cast<std::size_t>(PQntuples(held_)); }
std::size_t result::columns() const noexcept { return static_cast<std::size_t>(PQnfields(held_)); }

std::string_view result::column_name(std::size_t column) const noexcept {
  const char* const name = PQfname(held_, static_cast<int>(column));
  return name != nullptr ? name : "";
}

oid::number result::column_type(std::size_t column) const noexcept { return PQftype(held_, static_cast<int>(column)); }

std::string_view result::value(std::size_t row, std::size_t column) const noexcept {
  return result_value(held_, static_cast<int>(row), static_cast<int>(column));
}

std::uint64_t result::affected() const noexcept {
  return held_ == nullptr ? 0 : std::strtoull(PQcmdTuples(held_), nullptr, 10);
}

std::string_view result::tag() const noexcept { return held_ == nullptr ? "" : PQcmdStatus(held_); }

void throw_bad_column(const result& from, std::size_t row, std::size_t column) {
  std::string where = "column \"" + std::string{from.column_name(column)} + "\", row " + std::to_string(row + 1) + ": ";
  try {
    throw;
  } catch (const std::exception& e) {
    throw data_error{where + e.what()};
  }
}

std::size_t find_column(const result& from, std::string_view name, std::size_t guess) {
  if (guess < from.columns() && from.column_name(guess) == name) return guess;
  for (std::size_t i = 0; i < from.columns(); ++i) {
    if (from.column_name(i) == name) return i;
  }
  throw_no_column(from, name);
}

void throw_no_column(const result& from, std::string_view name) {
  std::string text = "the result has no column \"" + std::string{name} + "\", but";
  for (std::size_t i = 0; i < from.columns(); ++i) text += " \"" + std::string{from.column_name(i)} + "\"";
  throw data_error{text};
}

void throw_wrong_columns(const result& from, std::size_t wanted) {
  throw data_error{"the result has " + std::to_string(from.columns()) + " columns; " + std::to_string(wanted) +
                   " are wanted"};
}

std::string quoted_name(std::string_view name) {
  std::string quoted{'"'};
  for (const char c : name) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  return quoted += '"';
}

void throw_bad_field(std::string_view name) {
  try {
    throw;
  } catch (const std::exception& e) {
    throw data_error{"field \"" + std::string{name} + "\": " + e.what()};
  }
}

command::command(std::string_view statement) : text{statement} {
  if (statement.find('\0') != std::string_view::npos) throw data_error{"a statement with a zero byte"};
}

void parameters::encode_open(const std::vector<oid::number>& types) {
  for (const auto& [at, value] : open_) {
    const std::size_t begin = bytes_.size();
    try {
      value->write(bytes_, base_of(types.at(at)));
    } catch (const std::exception& e) {
      throw data_error{"parameter $" + std::to_string(at + 1) + ": " + e.what()};
    }
    list_[at].at = begin;
    list_[at].length = length_since(begin, at);
  }
  open_.clear();
}

std::int32_t parameters::length_since(std::size_t begin, std::size_t at) const {
  const std::size_t length = bytes_.size() - begin;
  if (length > 0x3fffffff) throw data_error{"parameter $" + std::to_string(at + 1) + ": more than a gigabyte"};
  return static_cast<std::int32_t>(length);
}

void parameters::end(oid::number type, bool as_text, std::size_t at) {
  constexpr std::size_t most = 65535;
  const std::int32_t length = length_since(at, list_.size());
  if (list_.size() == most) throw data_error{"more than 65,535 parameters"};
  if (as_text) {
    if (bytes_.find('\0', at) != std::string::npos)
      throw data_error{"parameter $" + std::to_string(list_.size() + 1) + ": text with a zero byte"};
    bytes_ += '\0';
  }
  list_.push_back({type, as_text, length, at});
}

}  // namespace weft::postgres::detail
