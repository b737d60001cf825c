#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <weft/net/stream_errors.hpp>

namespace weft::detail {

/// Looks for the line at the front of a buffer that grows.
class line_search {
 public:
  struct line {
    std::string_view text;  ///< without its end
    std::size_t size;       ///< with it
  };

  explicit line_search(std::size_t limit) noexcept : limit_{limit} {}

  /// @param have all that is buffered
  /// @param ended true if no more comes: what is left is a line then, unless it is nothing
  /// @param name gives the name of the line for limit_error, which this throws if the line is too long
  template <class F>
  std::optional<line> next(std::string_view have, bool ended, F name) {
    const std::size_t at = have.find('\n', searched_);
    searched_ = have.size();
    const bool complete = at != std::string_view::npos;
    std::string_view text = have.substr(0, at);
    if ((!ended || complete) && text.ends_with('\r')) text.remove_suffix(1);
    if (text.size() > limit_) throw limit_error{name(), limit_};
    if (complete) return line{text, at + 1};
    if (ended && !have.empty()) return line{text, have.size()};
    return std::nullopt;
  }

 private:
  std::size_t limit_;
  std::size_t searched_ = 0;
};

}  // namespace weft::detail
