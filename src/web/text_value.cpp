#include <charconv>
#include <cmath>
#include <iterator>
#include <string>
#include <system_error>
#include <weft/web/detail/text_value.hpp>

#include "describe/utf8.hpp"

namespace weft::web::detail {

namespace {

using weft::detail::shown;

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = weft::detail::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// What came, as messages show it: quoted, or that it is no text at all.
std::string shown_text(std::string_view text) {
  return is_utf8(text) ? shown(text) : std::string{"bytes that are not UTF-8"};
}

template <class Integer>
bool read_any_integer(std::string_view text, Integer& value, Integer least, Integer most, issue_log& log) {
  Integer number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = end == text.data() + text.size() && !text.empty();
  if (whole && error == std::errc{} && number >= least && number <= most) {
    value = number;
    return true;
  }
  const bool too_large = whole && error != std::errc::invalid_argument;
  log.add(too_large ? "an integer from " + std::to_string(least) + " to " + std::to_string(most) : "an integer",
          shown_text(text));
  return false;
}

}  // namespace

bool read_text(std::string_view text, bool& value, issue_log& log) {
  const bool yes = text == "true" || text == "1" || text == "on" || text == "yes";
  const bool no = text == "false" || text == "0" || text == "off" || text == "no";
  if (!yes && !no) log.add("a boolean", shown_text(text));
  value = yes;
  return yes || no;
}

bool read_text(std::string_view text, std::string& value, issue_log& log) {
  if (!is_utf8(text)) {
    log.add("text in UTF-8", "other bytes");
    return false;
  }
  value = text;
  return true;
}

bool read_text(std::string_view text, double& value, issue_log& log) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    log.add("a number", shown_text(text));
    return false;
  }
  value = number;
  return true;
}

bool read_integer(std::string_view text, std::int64_t& value, std::int64_t least, std::int64_t most, issue_log& log) {
  return read_any_integer(text, value, least, most, log);
}
bool read_integer(std::string_view text, std::uint64_t& value, std::uint64_t least, std::uint64_t most,
                  issue_log& log) {
  return read_any_integer(text, value, least, most, log);
}

std::string quoted_text(std::string_view text) {
  if (!is_utf8(text)) return "\"\"";
  json_writer writer;
  writer.write(text);
  return writer.take();
}

void take_issues(std::vector<issue> found, issue_log& log) {
  for (issue& each : found) log.add(std::move(each.expected), std::move(each.got));
}

}  // namespace weft::web::detail
