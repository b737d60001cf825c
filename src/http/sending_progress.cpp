#include "http/sending_progress.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace weft::http::detail {

sending_progress sending_progress::of(int socket) noexcept {
  sending_progress now;
  tcp_info about{};
  socklen_t size = sizeof about;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &about, &size) == 0) now.taken = about.tcpi_bytes_acked;
  int queued = 0;
  if (::ioctl(socket, SIOCOUTQ, &queued) == 0 && queued > 0) now.queued = static_cast<std::uint64_t>(queued);
  return now;
}

}  // namespace weft::http::detail
