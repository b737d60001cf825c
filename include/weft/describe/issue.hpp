#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weft/core/errors.hpp>

namespace weft {

/// One thing that is wrong with a document or a value.
struct issue {
  std::string path;      ///< where: `$.items[3].name`, as RFC 9535 writes it; `$` is the whole document
  std::string expected;  ///< what would have been right: `at least 1 character`
  std::string got;       ///< what came: `""`, `1000`, `an array`, `nothing`; long values are cut short

  friend bool operator==(const issue&, const issue&) = default;
};

/// `$.steps: expected at most 100, got 1000`.
[[nodiscard]] std::string to_string(const issue& i);

/// A value or a document is not as its description wants it.
class validation_error : public error {
 public:
  /// @param of what they are wrong with, which what() begins with; nothing if it is empty.
  explicit validation_error(std::vector<issue> issues, std::string_view of = {});

  /// All that is wrong, in the order of the document; at least one.
  [[nodiscard]] std::span<const issue> issues() const noexcept { return issues_; }

 private:
  std::vector<issue> issues_;
};

/// A place in a text.
struct text_position {
  std::size_t offset = 0;  ///< in bytes, from 0
  std::size_t line = 1;    ///< from 1
  std::size_t column = 1;  ///< from 1, in code points
};

namespace detail {

// Where a document is being looked at: the steps from the innermost outwards, each on the stack of who takes it.
struct path_step {
  const path_step* outer = nullptr;
  std::string_view key{};  // without data: an index
  std::size_t index = nowhere;
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);  // between two members or elements
};

std::string path_text(const path_step* innermost);

// What is wrong so far, and where we are.
class issue_log {
 public:
  explicit issue_log(std::size_t limit) noexcept : limit_{limit} {}

  void add(std::string expected, std::string got);
  void replace_all(std::string expected, std::string got);  // by this one alone

  // No more are wanted.
  [[nodiscard]] bool full() const noexcept { return issues_.size() >= limit_; }
  [[nodiscard]] std::size_t size() const noexcept { return issues_.size(); }
  [[nodiscard]] std::vector<issue> take() noexcept { return std::move(issues_); }

  const path_step* here = nullptr;

 private:
  std::size_t limit_;
  std::vector<issue> issues_;
};

// Steps into a member or an element while it exists.
class path_scope {
 public:
  explicit path_scope(issue_log& log) noexcept;
  path_scope(const path_scope&) = delete;
  path_scope& operator=(const path_scope&) = delete;
  ~path_scope() { log_.here = step_.outer; }

  void at(std::string_view key) noexcept { step_.key = key; }
  void at(std::size_t index) noexcept { step_.index = index; }

 private:
  issue_log& log_;
  path_step step_;
};

// Values as messages show them.
std::string shown(std::string_view text);  // quoted, and cut short
std::string cut_short(std::string_view text);
std::string shown(bool value);
std::string shown(long long value);
std::string shown(unsigned long long value);
std::string shown(double value);
std::string shown_count(std::size_t count, std::string_view what);  // "1 element", "3 elements"

}  // namespace detail
}  // namespace weft
