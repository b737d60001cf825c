#include "parameters.hpp"

#include <algorithm>

#include "characters.hpp"

namespace weft::http::detail {

namespace {

std::string_view take_token(std::string_view& text) noexcept {
  const auto end = std::ranges::find_if_not(text, is_token_byte);
  const std::string_view token{text.begin(), end};
  text.remove_prefix(token.size());
  return token;
}

/// What is in quotes at the begin of `text`; nullopt if they are not closed.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (c == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) c = text[++i];
    out += c;
  }
  return std::nullopt;
}

}  // namespace

std::optional<parameter> parameter_reader::next() {
  if (failed_) return std::nullopt;
  for (;;) {
    rest_ = trimmed(rest_);
    if (rest_.empty()) return std::nullopt;
    if (!rest_.starts_with(';')) return fail();
    rest_ = trimmed(rest_.substr(1));
    if (!rest_.empty() && !rest_.starts_with(';')) break;
  }
  parameter out;
  out.name = take_token(rest_);
  std::ranges::transform(out.name, out.name.begin(), lower);
  if (out.name.empty() || !rest_.starts_with('=')) return fail();
  rest_.remove_prefix(1);
  out.quoted = rest_.starts_with('"');
  if (out.quoted) {
    std::optional<std::string> value = take_quoted(rest_);
    if (!value) return fail();
    out.value = *std::move(value);
  } else {
    out.value = take_token(rest_);
    if (out.value.empty()) return fail();
  }
  return out;
}

}  // namespace weft::http::detail
