#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <weft/core/detail/frame_pool.hpp>

namespace weft::http::detail {

/// A text that is moved from hand to hand before it is used: for a pointer each time, where a short std::string is
/// copied. Made of a std::string, or copied from any other text.
class owned_text {
 public:
  owned_text() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): callers give a text
  owned_text(std::string&& text) : kept_{new kept{std::move(text)}} {}
  owned_text(const std::string& text) : kept_{new kept{text}} {}
  owned_text(std::string_view text) : kept_{new kept{std::string{text}}} {}
  owned_text(const char* text) : kept_{new kept{text}} {}
  // NOLINTEND(google-explicit-constructor)

  std::string_view view() const noexcept { return kept_ ? std::string_view{kept_->text} : std::string_view{}; }

 private:
  struct kept : weft::detail::pooled {
    explicit kept(std::string&& of) noexcept : text{std::move(of)} {}
    explicit kept(const std::string& of) : text{of} {}
    explicit kept(const char* of) : text{of} {}
    std::string text;
  };

  std::unique_ptr<kept> kept_;
};

}  // namespace weft::http::detail
