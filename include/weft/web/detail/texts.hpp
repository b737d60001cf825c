#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace weft::web::detail {

/// Views of texts; a few of them need no memory of their own.
class texts {
 public:
  void push_back(std::string_view text) {
    if (many_.empty() && size_ < few_.size()) {
      few_[size_] = text;  // NOLINT(cppcoreguidelines-pro-bounds-constant-array-index): just looked at
    } else {
      if (many_.empty()) many_.assign(few_.begin(), few_.end());
      many_.push_back(text);
    }
    ++size_;
  }
  void pop_back() noexcept {
    if (!many_.empty()) many_.pop_back();
    --size_;
  }
  void clear() noexcept {
    many_.clear();
    size_ = 0;
  }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view operator[](std::size_t index) const noexcept { return all()[index]; }
  /// Good until they change.
  [[nodiscard]] std::span<const std::string_view> all() const noexcept {
    return {many_.empty() ? few_.data() : many_.data(), size_};
  }

 private:
  std::array<std::string_view, 4> few_;
  std::vector<std::string_view> many_;  ///< all, if it has any
  std::size_t size_ = 0;
};

}  // namespace weft::web::detail
