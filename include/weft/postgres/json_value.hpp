#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <weft/postgres/codec.hpp>

namespace weft::postgres {

/// json and jsonb as a value of Boost.JSON, with which a program that includes this is linked. As a parameter it is
/// whatever the statement wants at its place. Not part of <weft/postgres.hpp>, which compiles without Boost.
template <>
struct codec<boost::json::value> {
  static constexpr oid::number type = oid::unknown;
  static constexpr bool as_text = true;
  static void write_text(std::string& to, const boost::json::value& value);
  static void write(std::string& to, const boost::json::value& value, oid::number as);
  static void read(std::string_view from, oid::number is, boost::json::value& value);
};

}  // namespace weft::postgres
