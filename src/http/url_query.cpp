#include <algorithm>
#include <weft/http/url_query.hpp>

#include "percent_encoding.hpp"

namespace weft::http {

namespace {

std::string decoded(std::string_view text) {
  std::string spaced{text};
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

void append_form(std::string& out, std::string_view text) {
  for (;;) {
    const std::size_t space = text.find(' ');
    detail::append_encoded(out, text.substr(0, space), percent_encode_set::form);
    if (space == std::string_view::npos) return;
    out += '+';
    text.remove_prefix(space + 1);
  }
}

}  // namespace

url_query::url_query(std::string_view text) {
  if (text.starts_with('?')) text.remove_prefix(1);
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::string_view name = part.substr(0, part.find('='));
    pairs_.emplace_back(decoded(name), decoded(part.substr(std::min(part.size(), name.size() + 1))));
  }
}

void url_query::add(std::string_view name, std::string_view value) {
  value_type pair{name, value};  // first: the arguments may be views into this
  pairs_.push_back(std::move(pair));
}

void url_query::set(std::string_view name, std::string_view value) {
  value_type pair{name, value};
  const auto first = std::ranges::find(pairs_, pair.first, &value_type::first);
  if (first == pairs_.end()) {
    pairs_.push_back(std::move(pair));
    return;
  }
  first->second = std::move(pair.second);
  const auto others =
      std::remove_if(first + 1, pairs_.end(), [&](const auto& each) { return each.first == pair.first; });
  pairs_.erase(others, pairs_.end());
}

std::size_t url_query::remove(std::string_view name) {
  const std::string own{name};
  return std::erase_if(pairs_, [&](const auto& each) { return each.first == own; });
}

std::optional<std::string_view> url_query::get(std::string_view name) const noexcept {
  for (const auto& [each, value] : pairs_)
    if (each == name) return value;
  return std::nullopt;
}

std::vector<std::string_view> url_query::get_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [each, value] : pairs_)
    if (each == name) values.emplace_back(value);
  return values;
}

std::string url_query::str() const {
  std::string out;
  for (const auto& [name, value] : pairs_) {
    if (!out.empty()) out += '&';
    append_form(out, name);
    out += '=';
    append_form(out, value);
  }
  return out;
}

}  // namespace weft::http
