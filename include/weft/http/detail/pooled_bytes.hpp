#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace weft::http::detail {

/// Bytes in one piece that can be added to, in memory that the thread keeps and uses again: what is small and
/// short-lived costs no allocation. Holds no memory while it is empty and was cleared. Move-only.
class pooled_bytes {
 public:
  pooled_bytes() noexcept = default;
  pooled_bytes(pooled_bytes&& other) noexcept
      : data_{std::exchange(other.data_, nullptr)},
        size_{std::exchange(other.size_, 0)},
        capacity_{std::exchange(other.capacity_, 0)} {}
  pooled_bytes& operator=(pooled_bytes&& other) noexcept {
    if (this != &other) {
      clear();
      swap(other);
    }
    return *this;
  }
  ~pooled_bytes() {
    if (data_ != nullptr) release();
  }

  std::string_view view() const noexcept { return {data_, size_}; }
  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Memory for `size` bytes in all: just that the first time, and more than asked for when it grows. Throws
  /// std::bad_alloc.
  void reserve(std::size_t size) {
    if (size > capacity_) grow_by(size - size_);
  }
  /// Room for `n` bytes behind what there is; add() says how many of them were written. Throws std::bad_alloc.
  char* prepare(std::size_t n) {
    if (capacity_ - size_ < n) grow_by(n);
    return data_ + size_;
  }
  /// All the room there is, without asking for more.
  std::span<char> room() const noexcept { return {data_ + size_, capacity_ - size_}; }
  void add(std::size_t n) noexcept { size_ += n; }
  void append(std::string_view more);
  /// Drops what is behind the first `size` bytes.
  void cut(std::size_t size) noexcept { size_ = size; }
  /// Drops everything, memory included.
  void clear() noexcept {
    if (data_ != nullptr) release();
    data_ = nullptr;
    size_ = capacity_ = 0;
  }
  void swap(pooled_bytes& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void grow(std::size_t size);
  void grow_by(std::size_t n);
  void release() noexcept;

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace weft::http::detail
