#include "http/answer_head.hpp"

#include <array>

#include "http/characters.hpp"
#include "http/text_writing.hpp"

namespace weft::http::detail {

namespace {

bool is_managed(std::string_view name) noexcept {
  return (name.size() == 4 && equal_ignoring_case(name, "date")) ||
         (name.size() == 10 && (equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive"))) ||
         (name.size() == 14 && equal_ignoring_case(name, "content-length")) ||
         (name.size() == 17 && equal_ignoring_case(name, "transfer-encoding"));
}

constexpr std::string_view type_field = "content-type: ";
constexpr std::string_view length_field = "content-length: ";
constexpr std::string_view chunked_field = "transfer-encoding: chunked\r\n";
constexpr std::string_view line_end = "\r\n";
constexpr std::size_t most_of_own =
    type_field.size() + length_field.size() + most_digits + chunked_field.size() + 3 * line_end.size();

/// The fields that the server does not send itself: at most as long as all of them.
char* put_others(char* at, const headers& fields) noexcept {
  for (const auto [name, value] : fields) {
    if (is_managed(name)) continue;
    at = put(put(put(put(at, name), ": "), value), line_end);
  }
  return at;
}

}  // namespace

managed_fields managed_in(const headers& fields) noexcept {
  managed_fields found;
  for (const auto [name, value] : fields) {
    if (name.size() == 12 && equal_ignoring_case(name, "content-type")) found.content_type = true;
    if (!is_managed(name)) continue;
    found.any = true;
    found.date = found.date || name.size() == 4;
    found.close = found.close || (name.size() == 10 && equal_ignoring_case(value, "close"));
  }
  return found;
}

void write_answer(pooled_bytes& out, const headers& fields, const managed_fields& managed,
                  const answer_framing& framing, std::string_view body) {
  const std::string_view own = fields.wire();
  char* const begin = out.prepare(framing.line_and_fields.size() + framing.type.size() + own.size() +
                                  framing.connection.size() + body.size() + most_of_own);
  char* at = put(begin, framing.line_and_fields);
  if (!framing.type.empty() && !managed.content_type) at = put(put(put(at, type_field), framing.type), line_end);
  at = managed.any ? put_others(at, fields) : put(at, own);
  if (framing.length) {
    at = put(put_number(put(at, length_field), *framing.length), line_end);
  } else if (framing.chunked) {
    at = put(at, chunked_field);
  }
  at = put(put(at, framing.connection), line_end);
  at = put(at, body);
  out.add(static_cast<std::size_t>(at - begin));
}

}  // namespace weft::http::detail
