#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace weft::http::detail {

/// Heads of responses, 200 and with a body, up to the number of its bytes: one for each media type that is used much,
/// so that it is written with one copy.
class typed_heads {
 public:
  /// @param begin the status line, and fields that all responses have.
  /// @param type  is told apart by where it is, and must live as long as the program.
  std::string_view get(std::string_view begin, std::string_view type) {
    for (std::size_t i = 0; i < used_; ++i)
      if (heads_[i].type.data() == type.data() && heads_[i].type.size() == type.size()) return heads_[i].text;
    return make(begin, type);
  }
  /// What all begin with is another by now.
  void forget() noexcept { used_ = next_ = 0; }

 private:
  struct head {
    std::string_view type;
    std::string text;
  };

  std::string_view make(std::string_view begin, std::string_view type);

  std::array<head, 8> heads_;
  std::size_t used_ = 0;
  std::size_t next_ = 0;  // to be replaced
};

}  // namespace weft::http::detail
