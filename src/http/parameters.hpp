#pragma once

// Parameters behind a header field's value: `; name=value; name="value"`. RFC 9110, section 5.6.6.

#include <optional>
#include <string>
#include <string_view>

namespace weft::http::detail {

struct parameter {
  std::string name;  // in lower case
  std::string value;
  bool quoted = false;
};

/// Reads the parameters one after the other. Empty ones (`;;`) are skipped. In a quoted value `\"` and `\\` are what
/// they should be; any other backslash stands for itself, since browsers send file names so.
class parameter_reader {
 public:
  /// @param text what stands behind the value, from the first semicolon on.
  explicit parameter_reader(std::string_view text) noexcept : rest_{text} {}

  /// nullopt at the end, or where something is wrong.
  std::optional<parameter> next();

  /// True if the reader stopped because something is wrong.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  std::optional<parameter> fail() noexcept {
    failed_ = true;
    return std::nullopt;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace weft::http::detail
