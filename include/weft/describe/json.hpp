#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/describe/detail/json_object.hpp>
#include <weft/describe/issue.hpp>
#include <weft/describe/json_codec.hpp>
#include <weft/describe/json_containers.hpp>
#include <weft/describe/json_reader.hpp>
#include <weft/describe/json_time.hpp>
#include <weft/describe/json_variant.hpp>
#include <weft/describe/json_writer.hpp>

namespace weft {

/// What was wrong with a JSON document.
struct json_problems {
  std::vector<issue> issues;                  ///< in the order of the document
  std::optional<text_position> malformed_at;  ///< where the text is not JSON; then that is the only issue

  /// True if nothing was.
  [[nodiscard]] bool none() const noexcept { return issues.empty(); }
};

/// A JSON document is not what it should be: not JSON, or not of the type that was asked for.
class json_error : public validation_error {
 public:
  /// @param of the document; what() begins with it, if it is not empty.
  explicit json_error(json_problems problems, std::string_view of = {});

  /// True if the text is not JSON at all, or nested too deep, or too large.
  [[nodiscard]] bool malformed() const noexcept { return malformed_at_.has_value(); }
  /// Where it is not.
  [[nodiscard]] std::optional<text_position> malformed_at() const noexcept { return malformed_at_; }

 private:
  std::optional<text_position> malformed_at_;
};

namespace detail {

// Whether the text ends here, and everything that was wrong with it.
json_problems end_of_document(json_reader& reader);
[[noreturn]] void throw_json_error(json_problems problems, std::string_view of = {});

}  // namespace detail

/// The JSON text of a value: a described type, or one of numbers, strings, booleans, enumerations, optionals,
/// containers, variants, times, uuids of them.
/// @throws validation_error for numbers that are not finite and text that is not UTF-8.
template <class T>
[[nodiscard]] std::string to_json(const T& value, const json_write_options& options = {}) {
  json_writer writer{options};
  detail::write_json_value(writer, value);
  return writer.take();
}

/// Appends the JSON text of a value. If it throws, nothing has been appended.
template <class T>
void append_json(std::string& out, const T& value, const json_write_options& options = {}) {
  json_writer writer{options};
  detail::write_json_value(writer, value);
  writer.append_to(out);
}

/// Reads a JSON text into `value` and gives back what was wrong with it, without throwing. Where something was, `value`
/// is half read.
template <class T>
[[nodiscard]] json_problems read_json(std::string_view text, T& value, const json_read_options& options = {}) {
  json_reader reader{text, options};
  detail::read_json_value(reader, value);
  return detail::end_of_document(reader);
}

/// The value that a JSON text describes. Members may come in any order; each may come once. Constraints hold for what
/// is given back.
/// @throws json_error that tells everything that is wrong.
template <class T>
[[nodiscard]] T from_json(std::string_view text, const json_read_options& options = {}) {
  T value{};
  if (json_problems problems = read_json(text, value, options); !problems.none())
    detail::throw_json_error(std::move(problems));
  return value;
}

}  // namespace weft
