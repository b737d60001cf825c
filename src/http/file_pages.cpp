#include "http/file_pages.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace weft::http::detail {

namespace {

bool byte_is_there(int file, std::uint64_t offset) noexcept {
  char byte = 0;
  const iovec into{&byte, 1};
  return ::preadv2(file, &into, 1, static_cast<off_t>(offset), RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

}  // namespace

bool lies_in_memory(int file, std::uint64_t offset, std::size_t size) noexcept {
  return byte_is_there(file, offset) && (size <= 1 || byte_is_there(file, offset + size - 1));
}

void read_piece(int file, std::uint64_t offset, std::size_t size, std::string& into) {
  into.resize(size);
  ssize_t got = 0;
  do {
    got = ::pread(file, into.data(), size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw std::system_error{errno, std::generic_category(), "read a file that is sent"};
  into.resize(static_cast<std::size_t>(got));
}

}  // namespace weft::http::detail
