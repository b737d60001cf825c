#include "http/accepted_coding.hpp"

#include <algorithm>

#include "http/characters.hpp"

namespace weft::http::detail {

namespace {

/// A weight in thousandths; 1000 where none is given, 0 for what is none.
int weight_of(std::string_view parameters) {
  parameters = trimmed(parameters);
  if (parameters.empty()) return 1000;
  if (!parameters.starts_with(';')) return 0;
  parameters = trimmed(parameters.substr(1));
  if (parameters.size() < 3 || (parameters[0] | 0x20) != 'q' || parameters[1] != '=') return 0;
  parameters.remove_prefix(2);
  if (parameters[0] == '1') return 1000;
  if (parameters[0] != '0') return 0;
  int weight = 0;
  for (std::size_t i = 2; i < 5; ++i) {
    const bool there = i < parameters.size() && is_digit(parameters[i]);
    weight = weight * 10 + (there ? parameters[i] - '0' : 0);
  }
  return weight;
}

/// What a list says of a coding; -1 if it says nothing.
int weight_in(std::string_view list, std::string_view coding) {
  int of_others = -1;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view one = trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    const std::size_t end = std::min(one.find_first_of("; \t"), one.size());
    const std::string_view name = one.substr(0, end);
    if (equal_ignoring_case(name, coding) || (coding == "gzip" && equal_ignoring_case(name, "x-gzip"))) {
      return weight_of(one.substr(end));
    }
    if (name == "*") of_others = weight_of(one.substr(end));
  }
  return of_others;
}

}  // namespace

std::optional<std::string_view> accepted_coding(const headers& request, std::span<const std::string_view> offered) {
  const std::optional<std::string_view> list = request.get("accept-encoding");
  if (!list) return std::nullopt;
  std::optional<std::string_view> best;
  int best_weight = 0;
  for (const std::string_view coding : offered) {
    const int weight = weight_in(*list, coding);
    if (weight > best_weight) {
      best = coding;
      best_weight = weight;
    }
  }
  return best;
}

}  // namespace weft::http::detail
