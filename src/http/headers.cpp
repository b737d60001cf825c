#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <weft/http/headers.hpp>

#include "characters.hpp"

namespace weft::http {

namespace {

void check(std::string_view name, std::string_view value) {
  if (!detail::is_token(name)) {
    if (name.empty()) throw std::invalid_argument{"empty header field name"};
    const char bad = *std::ranges::find_if_not(name, detail::is_token_byte);
    throw std::invalid_argument{"byte " + detail::shown(bad) + " in the header field name " + detail::quoted(name)};
  }
  const auto bad = std::ranges::find_if(value, detail::is_forbidden_control);
  if (bad != value.end()) {
    throw std::invalid_argument{"control byte " + detail::shown(*bad) + " in the value of the header field " +
                                std::string{name}};
  }
}

bool points_into(std::string_view view, const std::string& buffer) noexcept {
  const std::less<const char*> before;
  return !before(view.data(), buffer.data()) && !before(buffer.data() + buffer.size(), view.data());
}

constexpr std::size_t separators = 4;  // ": " and CR LF

/// Places are 32 bits wide; nobody needs 4 GiB of headers.
std::uint32_t narrow(std::size_t size) {
  if (size > std::numeric_limits<std::uint32_t>::max()) throw std::length_error{"header fields of more than 4 GiB"};
  return static_cast<std::uint32_t>(size);
}

}  // namespace

void headers::add(std::string_view name, std::string_view value) {
  value = detail::trimmed(value);
  check(name, value);
  if (points_into(name, bytes_) || points_into(value, bytes_)) {
    const std::string own_name{name};
    const std::string own_value{value};
    return add(own_name, own_value);
  }

  narrow(bytes_.size() + name.size() + value.size() + separators);
  place at{};
  at.name = narrow(bytes_.size());
  at.name_size = narrow(name.size());
  at.value = narrow(bytes_.size() + name.size() + 2);
  at.value_size = narrow(value.size());
  // The string grows to its final size first: should either allocation fail, neither has changed.
  if (const std::size_t needed = bytes_.size() + name.size() + value.size() + separators; needed > bytes_.capacity())
    bytes_.reserve(std::max(needed, 2 * bytes_.capacity()));
  fields_.push_back(at);
  bytes_.append(name).append(": ").append(value).append("\r\n");
}

void headers::set(std::string_view name, std::string_view value) {
  value = detail::trimmed(value);
  check(name, value);
  std::size_t index = 0;
  while (index < size() && !detail::equal_ignoring_case((*this)[index].name, name)) ++index;
  if (index == size()) return add(name, value);
  if (points_into(name, bytes_) || points_into(value, bytes_)) {
    const std::string own_name{name};
    const std::string own_value{value};
    return set(own_name, own_value);
  }

  place& at = fields_[index];
  narrow(bytes_.size() + value.size());
  const auto value_size = narrow(value.size());
  bytes_.replace(at.value, at.value_size, value);
  // The case of the name is the newest one given; its length is the same.
  bytes_.replace(at.name, at.name_size, name);
  for (std::size_t i = index + 1; i < size(); ++i) {
    fields_[i].name = fields_[i].name - at.value_size + value_size;
    fields_[i].value = fields_[i].value - at.value_size + value_size;
  }
  at.value_size = value_size;
  for (std::size_t i = size() - 1; i > index; --i)
    if (detail::equal_ignoring_case((*this)[i].name, name)) erase(i);
}

std::size_t headers::remove(std::string_view name) {
  if (points_into(name, bytes_)) return remove(std::string{name});
  std::size_t removed = 0;
  for (std::size_t i = size(); i-- > 0;) {
    if (!detail::equal_ignoring_case((*this)[i].name, name)) continue;
    erase(i);
    ++removed;
  }
  return removed;
}

void headers::clear() noexcept {
  bytes_.clear();
  fields_.clear();
}

std::optional<std::string_view> headers::get(std::string_view name) const noexcept {
  for (const field each : *this)
    if (detail::equal_ignoring_case(each.name, name)) return each.value;
  return std::nullopt;
}

std::vector<std::string_view> headers::get_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const field each : *this)
    if (detail::equal_ignoring_case(each.name, name)) values.push_back(each.value);
  return values;
}

bool operator==(const headers& a, const headers& b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::size_t headers::line_end(std::size_t index) const noexcept {
  return index + 1 < size() ? fields_[index + 1].name : bytes_.size();
}

void headers::erase(std::size_t index) noexcept {
  const std::uint32_t begin = fields_[index].name;
  const auto length = static_cast<std::uint32_t>(line_end(index) - begin);
  bytes_.erase(begin, length);
  fields_.erase(fields_.begin() + static_cast<std::ptrdiff_t>(index));
  for (std::size_t i = index; i < size(); ++i) {
    fields_[i].name -= length;
    fields_[i].value -= length;
  }
}

}  // namespace weft::http
