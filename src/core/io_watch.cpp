#include <sys/epoll.h>

#include <weft/core/detail/io_watch.hpp>

namespace weft::detail {

void io_watch::came(std::uint32_t events) noexcept {
  constexpr std::uint32_t ended = EPOLLHUP | EPOLLERR;  // poll(2) has the same values
  if ((events & (EPOLLRDHUP | EPOLLPRI | ended)) != 0) troubled = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | ended)) != 0) came(reader);
  if ((events & (EPOLLOUT | ended)) != 0) came(writer);
}

}  // namespace weft::detail
