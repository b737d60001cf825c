#include <sys/epoll.h>

#include <weft/core/detail/io_watch.hpp>

namespace weft::detail {

// poll(2) has the same values.
std::uint32_t io_watch::events() const noexcept {
  const std::uint32_t to_read = EPOLLIN | EPOLLRDHUP;
  return read_only ? to_read : to_read | EPOLLPRI | EPOLLOUT;
}

void io_watch::came(std::uint32_t events) noexcept {
  constexpr std::uint32_t ended = EPOLLHUP | EPOLLERR;
  if ((events & (EPOLLRDHUP | EPOLLPRI | ended)) != 0) troubled = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | ended)) != 0) came(reader);
  if ((events & (EPOLLOUT | ended)) != 0) came(writer);
}

}  // namespace weft::detail
