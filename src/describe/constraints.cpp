#include <weft/describe/constraints.hpp>

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "describe/utf8.hpp"

namespace weft::detail {
namespace {

constexpr std::size_t longest_address = 254;  // RFC 5321, section 4.5.3.1.3, without the brackets
constexpr std::size_t longest_label = 63;

constexpr bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_label(std::string_view label) noexcept {
  if (label.empty() || label.size() > longest_label || label.front() == '-' || label.back() == '-') return false;
  for (const char c : label)
    if (!is_alphanumeric(c) && c != '-') return false;
  return true;
}

}  // namespace

std::size_t code_points(std::string_view text) noexcept { return utf8_count(text); }

bool is_multiple(double value, double unit) noexcept {
  if (unit == 0) return false;
  const double quotient = value / unit;
  if (!std::isfinite(quotient)) return false;
  return std::abs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::abs(quotient));
}

// As HTML has it: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
bool is_email(std::string_view text) noexcept {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.size() > longest_address) return false;
  for (const char c : text.substr(0, at))
    if (!is_alphanumeric(c) && std::string_view{".!#$%&'*+/=?^_`{|}~-"}.find(c) == std::string_view::npos) return false;
  std::string_view domain = text.substr(at + 1);
  for (;;) {
    const std::size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

bool check(const constraints::email_address&, std::string_view value, issue_log& log) {
  if (is_email(value)) return true;
  log.add("an e-mail address", shown(value));
  return false;
}

bool check_pattern(const regex& compiled, std::string_view expression, std::string_view value, issue_log& log) {
  if (compiled.matches(value)) return true;
  log.add("text that matches " + std::string{expression}, shown(value));
  return false;
}

regex::regex(std::string_view expression) {
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<RE2>(re2::StringPiece{expression.data(), expression.size()}, options);
  if (!compiled->ok())
    throw std::invalid_argument{"pattern(\"" + std::string{expression} + "\"): " + compiled->error()};
  compiled_ = compiled.release();
}

regex::~regex() { delete static_cast<RE2*>(compiled_); }

bool regex::matches(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *static_cast<const RE2*>(compiled_));
}

}  // namespace weft::detail
