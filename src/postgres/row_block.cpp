#include <libpq-fe.h>

#include <algorithm>
#include <utility>
#include <weft/postgres/detail/row_block.hpp>

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
    std::int32_t length = PQgetlength(from, 0, column);
    if (length == 0 && PQgetisnull(from, 0, column) == 1) length = -1;
    const std::size_t size = length > 0 ? static_cast<std::size_t>(length) : 0;
    char* const to = grow(sizeof length + size);
    std::memcpy(to, &length, sizeof length);
    if (size > 0) std::memcpy(to + sizeof length, PQgetvalue(from, 0, column), size);
  }
}

void row_block::add(std::string_view piece) {
  const auto length = static_cast<std::int32_t>(piece.size());
  char* const to = grow(sizeof length + piece.size());
  std::memcpy(to, &length, sizeof length);
  std::memcpy(to + sizeof length, piece.data(), piece.size());
}

}  // namespace weft::postgres::detail
