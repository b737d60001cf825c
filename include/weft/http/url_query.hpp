#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::http {

/// Names and values in a URL's query or in the body of a form, application/x-www-form-urlencoded. WHATWG URL, section
/// 5 and 6.2 (URLSearchParams).
///
///     url_query query{"q=caf%C3%A9+au+lait&page=2"};
///     query.get("q");                       // café au lait
///     query.set("page", "3");
///     page.set_query(query.str());
///
/// Keeps the order; a name may occur more than once. Views that come out of it are valid until it is changed.
class url_query {
 public:
  using value_type = std::pair<std::string, std::string>;

  url_query() noexcept = default;

  /// Reads a query. A `?` at its begin is dropped; parts without a `=` have an empty value, empty parts are none.
  /// Never fails: a malformed `%` stands for itself. Bytes are not checked to be UTF-8.
  explicit url_query(std::string_view text);

  /// Adds a pair at the end, beside others of that name.
  void add(std::string_view name, std::string_view value);

  /// Makes this the only pair of that name: replaces the first one where it stands and drops the others, or adds it.
  void set(std::string_view name, std::string_view value);

  /// Drops every pair of that name. @return how many there were.
  std::size_t remove(std::string_view name);

  /// The value of the first pair of that name. Case counts.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;

  /// The values of all pairs of that name, in order.
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;

  [[nodiscard]] bool contains(std::string_view name) const noexcept { return get(name).has_value(); }

  /// The query, encoded, without a `?`; spaces are `+`.
  [[nodiscard]] std::string str() const;

  [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
  [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return pairs_.begin(); }
  [[nodiscard]] auto end() const noexcept { return pairs_.end(); }

  friend bool operator==(const url_query&, const url_query&) = default;

 private:
  std::vector<value_type> pairs_;
};

}  // namespace weft::http
