#include <weft/describe/issue.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "describe/utf8.hpp"

namespace weft {
namespace {

constexpr std::size_t longest_shown = 60;
constexpr std::size_t most_in_what = 10;

template <class Number>
std::string digits(Number value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

bool is_plain_name(std::string_view key) noexcept {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (key.empty() || !letter(key.front())) return false;
  for (const char c : key)
    if (!letter(c) && (c < '0' || c > '9')) return false;
  return true;
}

// For between quotes: what could end them or spoil a terminal or a log is escaped, and so are bytes that are no UTF-8.
void append_escaped(std::string& out, std::string_view text, char quote) {
  constexpr std::string_view hex = "0123456789abcdef";
  while (!text.empty()) {
    const std::size_t length = detail::utf8_length(text);
    const char c = text.front();
    const auto byte = static_cast<unsigned char>(c);
    if (length > 1) {
      out += text.substr(0, length);
    } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
      out.append(length == 0 ? "\\x" : "\\u00").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    } else {
      if (c == quote || c == '\\') out += '\\';
      out += c;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

std::string summary(const std::vector<issue>& issues, std::string_view of) {
  std::string text{of};
  if (!of.empty()) text += ": ";
  if (issues.size() > 1) text += digits(issues.size()) + " errors: ";
  for (std::size_t i = 0; i < issues.size(); ++i) {
    if (i == most_in_what) return text + "; ...";
    if (i != 0) text += "; ";
    text += to_string(issues[i]);
  }
  return text;
}

}  // namespace

std::string to_string(const issue& i) { return i.path + ": expected " + i.expected + ", got " + i.got; }

validation_error::validation_error(std::vector<issue> issues, std::string_view of)
    : error{summary(issues, of)}, issues_{std::move(issues)} {}

namespace detail {

std::string path_text(const path_step* innermost) {
  std::vector<const path_step*> steps;
  for (const path_step* step = innermost; step != nullptr; step = step->outer) steps.push_back(step);
  std::string text = "$";
  std::reverse(steps.begin(), steps.end());
  for (const path_step* step : steps) {
    const std::string_view key = step->key;
    if (key.data() == nullptr) {
      if (step->index != path_step::nowhere) text += '[' + digits(step->index) + ']';
    } else if (is_plain_name(key)) {
      text.append(1, '.').append(key);
    } else {
      text += "['";
      append_escaped(text, utf8_prefix(key, longest_shown), '\'');
      text += "']";
    }
  }
  return text;
}

void issue_log::add(std::string expected, std::string got) {
  if (!full()) issues_.push_back({path_text(here), std::move(expected), std::move(got)});
}

void issue_log::replace_all(std::string expected, std::string got) {
  issues_.clear();
  issues_.push_back({path_text(here), std::move(expected), std::move(got)});
}

// Not in the header: g++ 12 would see an address of a local variable that is kept, and not that it is taken back.
path_scope::path_scope(issue_log& log) noexcept : log_{log} {
  step_.outer = log.here;
  log.here = &step_;
}

std::string shown(std::string_view text) {
  std::string out = "\"";
  append_escaped(out, utf8_prefix(text, longest_shown), '"');
  out += '"';
  if (text.size() > longest_shown) out += "...";
  return out;
}

std::string cut_short(std::string_view text) {
  const std::string_view kept = utf8_prefix(text, longest_shown);
  return std::string{kept}.append(kept.size() < text.size() ? "..." : "");
}

std::string shown(bool value) { return value ? "true" : "false"; }
std::string shown(long long value) { return digits(value); }
std::string shown(unsigned long long value) { return digits(value); }
std::string shown(double value) { return std::isnan(value) ? "NaN" : digits(value); }

std::string shown_count(std::size_t count, std::string_view what) {
  return digits(count).append(1, ' ').append(what).append(count == 1 ? "" : "s");
}

}  // namespace detail
}  // namespace weft
