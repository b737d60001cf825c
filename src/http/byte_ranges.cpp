#include "http/byte_ranges.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "http/characters.hpp"

namespace weft::http::detail {

namespace {

constexpr std::size_t most_parts = 16;
constexpr std::string_view unit = "bytes=";

/// The number that `text` is; the largest there is for a larger one.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? value : std::numeric_limits<std::uint64_t>::max();
}

/// One of them, with a size of 0 if it is out of range; nothing if it is not understood.
std::optional<byte_range> read_range(std::string_view text, std::uint64_t size) {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const std::string_view from = text.substr(0, dash);
  const std::string_view to = text.substr(dash + 1);
  if (from.empty()) {  // the last so many
    const std::optional<std::uint64_t> last = number(to);
    if (!last) return std::nullopt;
    const std::uint64_t taken = std::min(*last, size);
    return byte_range{size - taken, taken};
  }
  const std::optional<std::uint64_t> first = number(from);
  const std::optional<std::uint64_t> last = to.empty() ? std::numeric_limits<std::uint64_t>::max() : number(to);
  if (!first || !last || *last < *first) return std::nullopt;
  if (*first >= size) return byte_range{0, 0};
  return byte_range{*first, std::min(*last, size - 1) - *first + 1};
}

bool overlap(const std::vector<byte_range>& parts) {
  for (const byte_range& a : parts) {
    const auto meets_it = [&a](const byte_range& b) {
      return &a != &b && a.first < b.first + b.size && b.first < a.first + a.size;
    };
    if (std::ranges::any_of(parts, meets_it)) return true;
  }
  return false;
}

}  // namespace

asked_ranges read_ranges(std::string_view field, std::uint64_t size) {
  asked_ranges asked;
  if (field.size() < unit.size() || !equal_ignoring_case(field.substr(0, unit.size()), unit)) return asked;
  field.remove_prefix(unit.size());
  std::size_t count = 0;
  while (!field.empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    const std::string_view one = trimmed(field.substr(0, comma));
    field.remove_prefix(std::min(comma + 1, field.size()));
    if (one.empty()) continue;
    const std::optional<byte_range> part = read_range(one, size);
    if (!part || ++count > most_parts) return {};
    if (part->size != 0) asked.parts.push_back(*part);
  }
  if (count == 0 || overlap(asked.parts)) return {};
  asked.what = asked.parts.empty() ? asked_ranges::kind::out_of_range : asked_ranges::kind::parts;
  return asked;
}

}  // namespace weft::http::detail
