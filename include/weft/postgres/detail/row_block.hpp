#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <weft/postgres/detail/result.hpp>

namespace weft::postgres::detail {

/// What has come of a stream, or of COPY, and waits to be taken: values one after the other, each with its length.
class row_block {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  void clear() noexcept { size_ = 0; }
  /// A result's only row.
  void add(const result& row);
  /// NULL has no data.
  void add(std::string_view value);
  std::string_view bytes() const noexcept { return {bytes_.get(), size_}; }

 private:
  char* grow(std::size_t by);
  std::unique_ptr<char[]> bytes_;  // NOLINT(modernize-avoid-c-arrays)
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

/// Takes values out of a block.
class block_cursor {
 public:
  block_cursor() noexcept = default;
  explicit block_cursor(const row_block& of) noexcept : left_{of.bytes()} {}
  bool at_end() const noexcept { return left_.empty(); }
  /// NULL has no data.
  std::string_view next() noexcept {
    std::int32_t length = 0;
    std::memcpy(&length, left_.data(), sizeof length);
    const std::size_t size = length < 0 ? 0 : static_cast<std::size_t>(length);
    const std::string_view value = length < 0 ? std::string_view{} : left_.substr(sizeof length, size);
    left_.remove_prefix(sizeof length + size);
    return value;
  }

 private:
  std::string_view left_;
};

}  // namespace weft::postgres::detail
