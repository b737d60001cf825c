#include <weft/describe/json.hpp>

#include <utility>

namespace weft {

json_error::json_error(json_problems problems, std::string_view of)
    : validation_error{std::move(problems.issues), of}, malformed_at_{problems.malformed_at} {}

namespace detail {

json_problems end_of_document(json_reader& reader) {
  reader.finish();
  json_problems problems{.issues = reader.log().take(), .malformed_at = {}};
  if (reader.malformed()) problems.malformed_at = reader.position();
  return problems;
}

void throw_json_error(json_problems problems, std::string_view of) { throw json_error{std::move(problems), of}; }

}  // namespace detail
}  // namespace weft
