#pragma once

#include <cstdint>

namespace weft::detail {

/// Whose memory a buffer may adopt instead of copying from it.
class buffer_lender {
 public:
  virtual void give_back(std::uint16_t id) noexcept = 0;

 protected:
  ~buffer_lender() = default;
};

}  // namespace weft::detail
