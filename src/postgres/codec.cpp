#include <string>
#include <weft/postgres/codec.hpp>

namespace weft::postgres::detail {

void wire_reader::throw_too_short() { throw data_error{"a value is shorter than its type"}; }

void throw_no_fit(oid::number is, const char* what) {
  throw data_error{"a value of the server's type " + std::to_string(is) + " does not fit " + what};
}

void throw_out_of_range(const char* what) { throw data_error{std::string{"out of range: "} + what}; }

void throw_too_long() { throw data_error{"a value is longer than its type"}; }

}  // namespace weft::postgres::detail
