#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "core/buffer_lender.hpp"
#include "net/block_pool.hpp"

namespace weft::detail {

/// Bytes that came and have not been taken, in one piece. It is read into directly; or it adopts memory that the kernel
/// has filled, and copies only if more comes before that has been taken. While it is empty it holds no memory.
class receive_buffer {
 public:
  static constexpr std::size_t first_size = block_pool::block_size;
  static constexpr std::size_t kept_size = std::size_t{64} << 10;

  receive_buffer() = default;
  receive_buffer(const receive_buffer&) = delete;
  receive_buffer& operator=(const receive_buffer&) = delete;
  ~receive_buffer() { drop(); }

  std::string_view view() const noexcept { return {data_ + begin_, end_ - begin_}; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }

  /// Room for more, at least a quarter of the memory. Views end here.
  std::span<char> prepare() {
    if (data_ == nullptr) {  // as ever when a stream has been idle
      data_ = block_pool::allocate(first_size);
      capacity_ = first_size;
    } else if (lender_ != nullptr || capacity_ - end_ < std::max(capacity_ / 4, first_size / 4)) {
      make_room(first_size / 4);
    }
    return {data_ + end_, capacity_ - end_};
  }
  /// Says how much of the room was used; if nothing, and nothing was held, the memory goes.
  void commit(std::size_t n) noexcept {
    end_ += n;
    if (begin_ == end_) drop();
  }
  void consume(std::size_t n) noexcept {
    begin_ += n;
    if (begin_ == end_) drop();
  }

  void append(std::string_view more) {
    if (lender_ != nullptr || capacity_ - end_ < more.size()) make_room(more.size());
    std::memcpy(data_ + end_, more.data(), more.size());
    end_ += more.size();
  }
  /// Takes `text`, which is the lender's memory `id`, over. It must be empty.
  void adopt(buffer_lender& lender, std::uint16_t id, std::string_view text) noexcept {
    lender_ = &lender;
    id_ = id;
    data_ = const_cast<char*>(text.data());
    begin_ = 0;
    end_ = capacity_ = text.size();
  }
  /// Copies what was adopted, so that the lender has it back: before a wait that may be long.
  void own() {
    if (lender_ != nullptr) make_room(0);
  }

 private:
  void make_room(std::size_t wanted) {
    const std::size_t held = size();
    if (lender_ == nullptr && capacity_ - held >= wanted && held <= capacity_ / 2 && capacity_ != 0) {
      std::memmove(data_, data_ + begin_, held);
    } else {
      const std::size_t larger = std::max({lender_ == nullptr ? 2 * capacity_ : 0, held + wanted, first_size});
      char* const memory = block_pool::allocate(larger);
      if (held != 0) std::memcpy(memory, data_ + begin_, held);
      drop();
      data_ = memory;
      capacity_ = larger;
    }
    begin_ = 0;
    end_ = held;
  }

  void drop() noexcept {
    if (lender_ != nullptr) {
      std::exchange(lender_, nullptr)->give_back(id_);
    } else if (data_ != nullptr) {
      block_pool::free(data_, capacity_);
    }
    data_ = nullptr;
    capacity_ = begin_ = end_ = 0;
  }

  char* data_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  buffer_lender* lender_ = nullptr;  // null: the memory is its own
  std::uint16_t id_ = 0;
};

}  // namespace weft::detail
