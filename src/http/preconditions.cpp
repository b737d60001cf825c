#include "http/preconditions.hpp"

#include <algorithm>
#include <optional>
#include <weft/http/http_date.hpp>

#include "http/characters.hpp"

namespace weft::http::detail {

namespace {

std::string_view without_weakness(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

/// One of the tags in all fields of that name is the present one; `*` is any. Strong comparison holds for no weak tag.
bool names_tag(const headers& request, std::string_view name, std::string_view present, bool weakly) {
  for (std::string_view list : request.get_all(name)) {
    if (trimmed(list) == "*") return true;
    while (!list.empty()) {
      // A tag holds no quotes, but may hold commas.
      const std::size_t open = list.find('"');
      const std::size_t close = open == list.npos ? open : list.find('"', open + 1);
      if (close == list.npos) break;
      const bool weak = list.substr(0, open).ends_with("W/");
      const std::string_view tag = list.substr(open, close - open + 1);
      if (tag == without_weakness(present) && (weakly || (!weak && !present.starts_with("W/")))) return true;
      list.remove_prefix(close + 1);
    }
  }
  return false;
}

std::optional<std::chrono::sys_seconds> date_in(const headers& request, std::string_view name) {
  const std::optional<std::string_view> value = request.get(name);
  return value ? parse_http_date(*value) : std::nullopt;
}

}  // namespace

precondition judge_preconditions(const headers& request, const validators& present) {
  if (request.contains("if-match")) {
    if (!names_tag(request, "if-match", present.etag, false)) return precondition::failed;
  } else if (const auto since = date_in(request, "if-unmodified-since"); since && present.modified > *since) {
    return precondition::failed;
  }
  if (request.contains("if-none-match")) {
    return names_tag(request, "if-none-match", present.etag, true) ? precondition::not_modified : precondition::holds;
  }
  const auto since = date_in(request, "if-modified-since");
  return since && present.modified <= *since ? precondition::not_modified : precondition::holds;
}

bool range_is_meant(const headers& request, const validators& present) {
  const std::optional<std::string_view> condition = request.get("if-range");
  if (!condition) return true;
  if (condition->starts_with('"')) return *condition == present.etag;
  if (condition->starts_with("W/")) return false;
  const auto date = parse_http_date(*condition);
  return date && *date == present.modified;
}

}  // namespace weft::http::detail
