#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <weft/postgres/codec.hpp>

namespace weft::postgres {

/// hstore.
template <>
struct codec<std::map<std::string, std::optional<std::string>>> {
  using value_type = std::map<std::string, std::optional<std::string>>;
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, const value_type& value);
  static void write(std::string& to, const value_type& value, oid::number as);
  static void read(std::string_view from, oid::number is, value_type& value);
};

}  // namespace weft::postgres
