#include <libpq-fe.h>

#include <algorithm>
#include <utility>
#include <weft/postgres/detail/row_block.hpp>

#include "postgres/result_value.hpp"

namespace weft::postgres::detail {

char* row_block::grow(std::size_t by) {
  if (room_ - size_ < by) {
    constexpr std::size_t least = 4096;
    const std::size_t room = std::max({least, size_ + by, 2 * room_});
    std::unique_ptr<char[]> larger{new char[room]};  // NOLINT(modernize-avoid-c-arrays): not to be zeroed
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    room_ = room;
  }
  char* const at = bytes_.get() + size_;
  size_ += by;
  return at;
}

void row_block::add(const result& row) {
  const PGresult* const from = row.get();
  const int columns = PQnfields(from);
  for (int column = 0; column < columns; ++column) {
    add(result_value(from, 0, column));
  }
}

void row_block::add(std::string_view value) {
  const std::int32_t length = value.data() != nullptr ? static_cast<std::int32_t>(value.size()) : -1;
  char* const to = grow(sizeof length + value.size());
  std::memcpy(to, &length, sizeof length);
  if (!value.empty()) std::memcpy(to + sizeof length, value.data(), value.size());
}

}  // namespace weft::postgres::detail
