#include <algorithm>
#include <cstring>
#include <weft/core/detail/frame_pool.hpp>
#include <weft/http/detail/pooled_bytes.hpp>

#include "net/block_pool.hpp"

namespace weft::http::detail {

namespace {

using weft::detail::block_pool;

/// Up to here memory comes from the lists of coroutine frames, which are as short-lived.
constexpr std::size_t most_small = 1024;
constexpr std::size_t grain = 64;

std::size_t rounded(std::size_t size) noexcept {
  if (size <= most_small) return (size + grain - 1) / grain * grain;
  return std::max(size, block_pool::block_size);
}

char* allocate(std::size_t size) {
  if (size <= most_small) return static_cast<char*>(weft::detail::allocate_frame(size));
  return block_pool::allocate(size);
}

}  // namespace

void pooled_bytes::append(std::string_view more) {
  if (more.empty()) return;
  std::memcpy(prepare(more.size()), more.data(), more.size());
  add(more.size());
}

void pooled_bytes::grow_by(std::size_t n) { grow(std::max(size_ + n, capacity_ * 2)); }

void pooled_bytes::grow(std::size_t size) {
  const std::size_t larger = rounded(size);
  char* const memory = allocate(larger);
  if (size_ != 0) std::memcpy(memory, data_, size_);
  if (data_ != nullptr) release();
  data_ = memory;
  capacity_ = larger;
}

void pooled_bytes::release() noexcept {
  if (capacity_ <= most_small) {
    weft::detail::free_frame(data_, capacity_);
  } else {
    block_pool::free(data_, capacity_);
  }
}

}  // namespace weft::http::detail
