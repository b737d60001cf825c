#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <weft/core/sleep.hpp>
#include <weft/net/unix_stream.hpp>

#include "core/descriptor.hpp"
#include "net/unix_address.hpp"
#include "net/unix_core.hpp"

namespace weft {

namespace detail {

namespace {

stream_core& core_of(socket_core* socket) noexcept { return static_cast<stream_core&>(*socket); }

/// Room for the descriptors of one message.
struct control_message {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(unix_stream::most_descriptors * sizeof(int))> memory;
};

void check_can_send(std::string_view text, std::size_t count) {
  if (text.empty()) throw std::invalid_argument{"descriptors can only be sent with a text"};
  if (count == 0 || count > unix_stream::most_descriptors) {
    throw std::invalid_argument{"from 1 to 253 descriptors can be sent, not " + std::to_string(count)};
  }
}

}  // namespace

// ---- sending --------------------------------------------------------------------------------------------------------

send_descriptors_leaf::send_descriptors_leaf(stream_core* stream, std::string_view text, std::span<const int> many,
                                             int one) noexcept
    : socket_leaf{*stream, direction::write}, text_{text}, many_{many}, one_{one} {}

bool send_descriptors_leaf::attempt() noexcept {
  stream_core& stream = core_of(socket_);
  error_ = !stream.is_open() ? EBADF : stream.cannot_write ? EPIPE : 0;
  if (error_ != 0) return true;
  const std::span<const int> descriptors = many_.empty() ? std::span<const int>{&one_, 1} : many_;
  while (!text_.empty()) {
    if (must_yield()) return false;
    iovec piece{const_cast<char*>(text_.data()), text_.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    control_message control;
    if (!sent_) {
      message.msg_control = control.memory.data();
      message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
      std::memset(control.memory.data(), 0, message.msg_controllen);
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
      std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    const ssize_t n = ::sendmsg(stream.watch.fd, &message, MSG_NOSIGNAL);
    if (n >= 0) {
      sent_ = true;
      text_.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      return false;
    } else if (errno != EINTR) {
      error_ = errno;
      stream.cannot_write = sent_;
      return true;
    }
  }
  return true;
}

void send_descriptors_leaf::given_up() noexcept {
  if (sent_) core_of(socket_).cannot_write = true;
}

void send_descriptors_leaf::await_resume() const { check("send descriptors to"); }

// ---- receiving ------------------------------------------------------------------------------------------------------

receive_descriptors_leaf::receive_descriptors_leaf(stream_core& stream, std::size_t max_descriptors,
                                                   std::size_t max_bytes) noexcept
    : socket_leaf{stream, direction::read}, max_descriptors_{max_descriptors}, max_bytes_{max_bytes} {}
receive_descriptors_leaf::~receive_descriptors_leaf() = default;

/// Takes the descriptors of a message over; false if that fails, with the error set and all of them closed.
bool receive_descriptors_leaf::take(void* received) noexcept {
  auto& message = *static_cast<msghdr*>(received);
  std::array<owned_descriptor, unix_stream::most_descriptors> all;
  std::size_t count = 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t bytes = header->cmsg_len - CMSG_LEN(0);
    for (std::size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
      all.at(count++) = owned_descriptor{fd};
    }
  }
  too_many_ = count > max_descriptors_;
  if ((message.msg_flags & MSG_CTRUNC) != 0) error_ = EMFILE;
  if (too_many_ || error_ != 0) return false;
  try {
    descriptors_.reserve(count);
  } catch (const std::bad_alloc&) {
    error_ = ENOMEM;
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) descriptors_.push_back(std::move(all.at(i)));
  return true;
}

bool receive_descriptors_leaf::attempt() noexcept {
  stream_core& stream = core_of(socket_);
  error_ = !stream.is_open() ? EBADF : stream.cannot_read ? EPIPE : 0;
  if (error_ != 0 || !stream.in.empty() || stream.at_end) return true;
  if (must_yield()) return false;
  iovec piece{};
  try {
    const std::span<char> room = stream.in.prepare();
    piece = {room.data(), room.size()};
  } catch (const std::bad_alloc&) {
    error_ = ENOMEM;
    return true;
  }
  for (;;) {
    msghdr message{};
    control_message control;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.memory.data();
    message.msg_controllen = control.memory.size();
    const ssize_t n = ::recvmsg(stream.watch.fd, &message, MSG_CMSG_CLOEXEC);
    if (n > 0) {
      stream.in.commit(static_cast<std::size_t>(n));
      take(&message);
      return true;
    }
    if (n < 0 && errno == EINTR) continue;
    stream.in.commit(0);
    if (n == 0) {
      stream.at_end = true;
      return true;
    }
    if (errno == EAGAIN) return false;
    error_ = errno;
    return true;
  }
}

received_descriptors receive_descriptors_leaf::await_resume() {
  stream_core& stream = core_of(socket_);
  if (too_many_) throw limit_error{"the number of descriptors from " + stream.describe(), max_descriptors_};
  check("receive descriptors from");
  received_descriptors result;
  result.text = stream.in.view().substr(0, max_bytes_);
  stream.in.consume(result.text.size());
  result.descriptors = std::move(descriptors_);
  return result;
}

namespace {

constexpr std::chrono::milliseconds first_pause{1};
constexpr std::chrono::milliseconds longest_pause{50};

task<unix_stream> connect_to_path(std::string path) {
  const unix_address address{path, "connect to"};
  path = unix_address::display(std::move(path));
  descriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) throw_system_error(errno, "connect to " + path);
  for (std::chrono::milliseconds pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    if (::connect(fd.get(), address.get(), address.length) == 0) break;
    // The server's backlog is full; the kernel does not say when there is room again.
    if (errno != EAGAIN && errno != EINTR) throw_system_error(errno, "connect to " + path);
    co_await sleep(pause);
  }
  co_return stream_access::make<unix_stream>(std::make_unique<unix_core>(fd.release(), std::move(path)));
}

std::string name_of_peer(int fd) {
  sockaddr_un name{};
  socklen_t length = sizeof name;
  constexpr std::size_t before = offsetof(sockaddr_un, sun_path);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0 || length <= before) return "a Unix socket";
  std::string path{name.sun_path, length - before};
  if (path.front() != '\0') path.resize(std::min(path.find('\0'), path.size()));
  return unix_address::display(std::move(path));
}

}  // namespace
}  // namespace detail

unix_stream unix_stream::from_descriptor(int fd) {
  detail::make_non_blocking(fd);
  return stream_access::make<unix_stream>(std::make_unique<detail::unix_core>(fd, detail::name_of_peer(fd)));
}

std::pair<unix_stream, unix_stream> unix_stream::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    detail::throw_system_error(errno, "socketpair");
  }
  detail::descriptor second{ends[1]};
  auto first = std::make_unique<detail::unix_core>(ends[0], "the other end of a pair");
  return {stream_access::make<unix_stream>(std::move(first)),
          stream_access::make<unix_stream>(
              std::make_unique<detail::unix_core>(second.release(), "the other end of a pair"))};
}

weft::peer_credentials unix_stream::peer_credentials() const {
  ucred known{};
  socklen_t length = sizeof known;
  if (::getsockopt(native_handle(), SOL_SOCKET, SO_PEERCRED, &known, &length) != 0) {
    detail::throw_system_error(errno, "credentials of " + state().describe());
  }
  return {known.pid, known.uid, known.gid};
}

detail::send_descriptors_operation unix_stream::send_descriptors(std::string_view text,
                                                                 std::span<const int> descriptors) const {
  detail::check_can_send(text, descriptors.size());
  return detail::send_descriptors_operation{&state(), text, descriptors, -1};
}

detail::send_descriptors_operation unix_stream::send_descriptor(std::string_view text, int descriptor) const {
  detail::check_can_send(text, 1);
  return detail::send_descriptors_operation{&state(), text, {}, descriptor};
}

detail::receive_descriptors_operation unix_stream::receive_descriptors(std::size_t max_descriptors,
                                                                       std::size_t max_bytes) const {
  return {&state(), max_descriptors, max_bytes};
}

task<unix_stream> open_unix_connection(std::string path) { return detail::connect_to_path(std::move(path)); }

}  // namespace weft
