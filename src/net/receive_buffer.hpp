#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace weft::detail {

/// Bytes that came and have not been taken. Holds no memory until the first come, and gives back what a long message
/// made it grow to.
class receive_buffer {
 public:
  static constexpr std::size_t first_size = std::size_t{16} << 10;
  static constexpr std::size_t kept_size = std::size_t{64} << 10;

  std::string_view view() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }

  /// Room for more, at least a quarter of the memory. Views end here.
  std::span<char> prepare() {
    if (capacity_ - end_ < std::max(capacity_ / 4, first_size / 4)) make_room();
    return {memory_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t n) noexcept { end_ += n; }
  void consume(std::size_t n) noexcept {
    begin_ += n;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    if (capacity_ > kept_size) {
      memory_.reset();
      capacity_ = 0;
    }
  }

 private:
  void make_room() {
    const std::size_t held = size();
    if (held <= capacity_ / 2 && capacity_ != 0) {
      std::memmove(memory_.get(), memory_.get() + begin_, held);
    } else {
      const std::size_t larger = std::max(2 * capacity_, first_size);
      auto memory = std::make_unique_for_overwrite<char[]>(larger);
      if (held != 0) std::memcpy(memory.get(), memory_.get() + begin_, held);
      memory_ = std::move(memory);
      capacity_ = larger;
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace weft::detail
