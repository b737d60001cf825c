#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <new>
#include <stdexcept>
#include <weft/net/udp_socket.hpp>
#include <weft/sync/lock.hpp>

#include "net/socket_address.hpp"
#include "net/socket_core.hpp"
#include "net/socket_option.hpp"

namespace weft {

namespace detail {

/// What a UDP socket consists of.
class udp_core final : public socket_core {
 public:
  using socket_core::socket_core;
  std::string describe() const override { return (peer ? *peer : local).to_string(); }

  /// The last call took all there was, and nothing has come since.
  bool drained() const noexcept { return watch.reader.drained; }
  void set_drained() noexcept { watch.reader.drained = !watch.troubled; }

  int set_option(int level, int option, const void* value, socklen_t size) const noexcept {
    return ::setsockopt(watch.fd, level, option, value, size);
  }

  endpoint local;
  std::optional<endpoint> peer;
  lock sending;  ///< the line of those who send
};

namespace {

constexpr std::size_t slot_size = std::size_t{64} << 10;  // no datagram is larger

udp_core& core_of(socket_core* socket) noexcept { return static_cast<udp_core&>(*socket); }

/// Room for max_batch datagrams of any size, for as long as a system call and the copying take. Memory that is never
/// written to costs nothing, and most datagrams are short.
std::byte* slots_of_this_thread() {
  thread_local const auto slots = std::make_unique_for_overwrite<std::byte[]>(udp_socket::max_batch * slot_size);
  return slots.get();
}

std::string text_of(const std::byte* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

[[noreturn]] void throw_receive_error(const socket_core* socket, int error) {
  const auto& udp = static_cast<const udp_core&>(*socket);
  throw_system_error(error, (udp.peer ? "receive from " : "receive on ") + udp.describe());
}

bool means_later(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

// ---- receiving ------------------------------------------------------------------------------------------------------

receive_leaf::receive_leaf(udp_core& socket) noexcept : socket_leaf{socket, direction::read} {}

bool receive_leaf::attempt() noexcept {
  if (!socket_->is_open()) {
    error_ = EBADF;
    return true;
  }
  if (core_of(socket_).drained() || must_yield()) return false;
  try {
    std::byte* const slot = slots_of_this_thread();
    for (;;) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      const ssize_t n = ::recvfrom(socket_->watch.fd, slot, slot_size, 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (n >= 0) {
        got_.data = text_of(slot, static_cast<std::size_t>(n));
        got_.from = endpoint_access::from(from);
        return true;
      }
      if (errno == EINTR) continue;
      if (means_later(errno)) return false;
      error_ = errno;
      return true;
    }
  } catch (const std::bad_alloc&) {
    error_ = ENOMEM;
    return true;
  }
}

datagram receive_leaf::await_resume() {
  if (error_ != 0) throw_receive_error(socket_, error_);
  return std::move(got_);
}

receive_into_leaf::receive_into_leaf(udp_core* socket, std::span<std::byte> into) noexcept
    : socket_leaf{*socket, direction::read}, into_{into} {}

bool receive_into_leaf::attempt() noexcept {
  if (!socket_->is_open()) {
    error_ = EBADF;
    return true;
  }
  if (core_of(socket_).drained() || must_yield()) return false;
  for (;;) {
    sockaddr_storage from{};
    iovec room{into_.data(), into_.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    const ssize_t n = ::recvmsg(socket_->watch.fd, &message, MSG_TRUNC);  // tells how long it was in truth
    if (n >= 0) {
      const auto length = static_cast<std::size_t>(n);
      got_.size = std::min(length, into_.size());
      got_.lost = length - got_.size;
      got_.from = endpoint_access::from(from);
      return true;
    }
    if (errno == EINTR) continue;
    if (means_later(errno)) return false;
    error_ = errno;
    return true;
  }
}

received_datagram receive_into_leaf::await_resume() const {
  if (error_ != 0) throw_receive_error(socket_, error_);
  return got_;
}

receive_batch_leaf::receive_batch_leaf(udp_core& socket, std::size_t most) noexcept
    : socket_leaf{socket, direction::read}, most_{most} {}

bool receive_batch_leaf::attempt() noexcept {
  if (!socket_->is_open()) {
    error_ = EBADF;
    return true;
  }
  if (core_of(socket_).drained() || must_yield()) return false;
  try {
    std::byte* const slots = slots_of_this_thread();
    std::array<mmsghdr, udp_socket::max_batch> messages{};
    std::array<sockaddr_storage, udp_socket::max_batch> from{};
    std::array<iovec, udp_socket::max_batch> room{};
    for (std::size_t i = 0; i < most_; ++i) {
      room[i] = {slots + i * slot_size, slot_size};
      messages[i].msg_hdr.msg_name = &from[i];
      messages[i].msg_hdr.msg_namelen = sizeof from[i];
      messages[i].msg_hdr.msg_iov = &room[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    got_.reserve(1);
    int n = 0;
    do {
      n = ::recvmmsg(socket_->watch.fd, messages.data(), static_cast<unsigned>(most_), 0, nullptr);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
      if (means_later(errno)) return false;
      error_ = errno;
      return true;
    }
    const auto count = static_cast<std::size_t>(n);
    if (count < most_) core_of(socket_).set_drained();
    got_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      got_.emplace_back(text_of(slots + i * slot_size, messages[i].msg_len), endpoint_access::from(from[i]));
    }
    return true;
  } catch (const std::bad_alloc&) {
    error_ = ENOMEM;
    return true;
  }
}

std::vector<datagram> receive_batch_leaf::await_resume() {
  if (error_ != 0) throw_receive_error(socket_, error_);
  return std::move(got_);
}

// ---- sending --------------------------------------------------------------------------------------------------------

namespace {

std::string_view data_of(std::string_view connected) noexcept { return connected; }
std::string_view data_of(const outgoing_datagram& addressed) noexcept { return addressed.data; }
const endpoint* address_of(std::string_view) noexcept { return nullptr; }
const endpoint* address_of(const outgoing_datagram& addressed) noexcept { return &addressed.to; }

std::string place_of(const udp_core& socket, const endpoint* to) {
  if (to != nullptr) return " to " + to->to_string();
  return (socket.peer ? " to " : " on ") + socket.describe();
}

class send_leaf final : public socket_leaf {
 public:
  send_leaf(udp_core& socket, std::string_view data, const endpoint* to) noexcept
      : socket_leaf{socket, direction::write}, data_{data}, to_{to} {}
  void await_resume() const {
    if (error_ == 0) return;
    const std::string size = error_ == EMSGSIZE ? " " + std::to_string(data_.size()) + " bytes" : "";
    throw_system_error(error_, "send" + size + place_of(core_of(socket_), to_));
  }
  const char* describe() const noexcept override { return "udp_socket.send"; }

 private:
  bool attempt() noexcept override {
    if (!socket_->is_open()) {
      error_ = EBADF;
      return true;
    }
    if (must_yield()) return false;
    sockaddr_storage address;
    const socklen_t length = to_ != nullptr ? endpoint_access::to(*to_, address) : 0;
    const auto* const name = to_ != nullptr ? reinterpret_cast<const sockaddr*>(&address) : nullptr;
    for (;;) {
      if (::sendto(socket_->watch.fd, data_.data(), data_.size(), MSG_NOSIGNAL, name, length) >= 0) return true;
      if (errno == EINTR) continue;
      if (means_later(errno)) return false;
      error_ = errno;
      return true;
    }
  }

  std::string_view data_;
  const endpoint* to_;
};

template <class Datagram>
class send_batch_leaf final : public socket_leaf {
 public:
  send_batch_leaf(udp_core& socket, std::span<const Datagram> datagrams) noexcept
      : socket_leaf{socket, direction::write}, all_{datagrams} {}
  void await_resume() const {
    if (error_ == 0) return;
    std::string what = "send datagram " + std::to_string(sent_ + 1) + " of " + std::to_string(all_.size());
    if (error_ == EMSGSIZE) what.append(", ").append(std::to_string(data_of(all_[sent_]).size())).append(" bytes,");
    throw_system_error(error_, what + place_of(core_of(socket_), address_of(all_[sent_])));
  }
  const char* describe() const noexcept override { return "udp_socket.send_batch"; }

 private:
  bool attempt() noexcept override {
    while (sent_ < all_.size()) {
      if (!socket_->is_open()) {
        error_ = EBADF;
        return true;
      }
      if (must_yield()) return false;
      const int n = send_some();
      if (n >= 0) {
        sent_ += static_cast<std::size_t>(n);
      } else if (means_later(errno)) {
        return false;
      } else if (errno != EINTR) {
        error_ = errno;
        return true;
      }
    }
    return true;
  }

  int send_some() const noexcept {
    const auto some = all_.subspan(sent_, std::min(all_.size() - sent_, udp_socket::max_batch));
    std::array<mmsghdr, udp_socket::max_batch> messages{};
    std::array<sockaddr_storage, udp_socket::max_batch> addresses;
    std::array<iovec, udp_socket::max_batch> pieces;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const std::string_view data = data_of(some[i]);
      pieces[i] = {const_cast<char*>(data.data()), data.size()};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      if (const endpoint* const to = address_of(some[i])) {
        messages[i].msg_hdr.msg_name = &addresses[i];
        messages[i].msg_hdr.msg_namelen = endpoint_access::to(*to, addresses[i]);
      }
    }
    return ::sendmmsg(socket_->watch.fd, messages.data(), static_cast<unsigned>(some.size()), MSG_NOSIGNAL);
  }

  std::span<const Datagram> all_;
  std::size_t sent_ = 0;
};

task<> send_in_turn(udp_core& socket, std::string_view data, std::optional<endpoint> to) {
  const lock::guard turn = co_await socket.sending.acquire();
  co_await send_leaf{socket, data, to ? &*to : nullptr};
}

template <class Datagram>
task<> send_batch_in_turn(udp_core& socket, std::span<const Datagram> datagrams) {
  const lock::guard turn = co_await socket.sending.acquire();
  co_await send_batch_leaf<Datagram>{socket, datagrams};
}

// ---- the socket -----------------------------------------------------------------------------------------------------

int ip_level(bool v6) noexcept { return v6 ? IPPROTO_IPV6 : IPPROTO_IP; }

unsigned interface_index(const std::string& name) {
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) throw_system_error(errno, "network interface " + name);
  return index;
}

void change_group(const udp_core& socket, int option, const endpoint& group, const std::string& interface,
                  const char* what) {
  group_req request{};
  endpoint_access::to(group, request.gr_group);
  request.gr_interface = !interface.empty() ? interface_index(interface)
                         : group.is_v6()    ? reinterpret_cast<const sockaddr_in6&>(request.gr_group).sin6_scope_id
                                            : 0;
  set_option(socket, ip_level(group.is_v6()), option, request, what + (" group " + group.address()));
}

using address_call = int (*)(int, const sockaddr*, socklen_t);

void call_with(address_call call, int fd, const endpoint& e, const char* what) {
  sockaddr_storage address;
  const socklen_t length = endpoint_access::to(e, address);
  if (call(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    throw_system_error(errno, what + e.to_string());
  }
}

std::unique_ptr<udp_core> make_socket(bool v6, const udp_options& options) {
  const int fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
  if (fd < 0) throw_system_error(errno, "open a UDP socket");
  auto core = std::make_unique<udp_core>(fd);
  if (v6) set_option(*core, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
  if (options.reuse_address) set_option(*core, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (options.reuse_port) set_option(*core, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
  return core;
}

std::unique_ptr<udp_core> open_socket(const endpoint* at, const endpoint* peer, const udp_options& options) {
  auto core = make_socket((at != nullptr ? at : peer)->is_v6(), options);
  if (at != nullptr) call_with(&::bind, core->watch.fd, *at, "bind ");
  if (peer != nullptr) {
    call_with(&::connect, core->watch.fd, *peer, "connect to ");
    core->peer = *peer;
  }
  core->local = endpoint_access::local(core->watch.fd);
  return core;
}

}  // namespace
}  // namespace detail

udp_socket::udp_socket() noexcept = default;
udp_socket::udp_socket(udp_socket&& other) noexcept = default;
udp_socket& udp_socket::operator=(udp_socket&& other) noexcept = default;
udp_socket::~udp_socket() = default;
udp_socket::udp_socket(std::unique_ptr<detail::udp_core> core) noexcept : core_{std::move(core)} {}

udp_socket udp_socket::bind(const endpoint& at, udp_options options) {
  return udp_socket{detail::open_socket(&at, nullptr, options)};
}
udp_socket udp_socket::connect(const endpoint& to, udp_options options) {
  return udp_socket{detail::open_socket(nullptr, &to, options)};
}
udp_socket udp_socket::connect(const endpoint& to, const endpoint& from, udp_options options) {
  return udp_socket{detail::open_socket(&from, &to, options)};
}

udp_socket udp_socket::from_descriptor(int fd) {
  auto core = std::make_unique<detail::udp_core>(fd);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) detail::throw_system_error(errno, "fcntl");
  core->local = endpoint_access::local(fd);
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0) core->peer = endpoint_access::from(peer);
  return udp_socket{std::move(core)};
}

detail::udp_core& udp_socket::state() const {
  if (!core_) throw std::logic_error{"the socket was never opened, or was moved from"};
  return *core_;
}

detail::receive_operation udp_socket::receive() { return {&state()}; }
detail::receive_into_operation udp_socket::receive(std::span<std::byte> into) {
  return detail::receive_into_operation{&state(), into};
}
detail::receive_batch_operation udp_socket::receive_batch(std::size_t max) {
  if (max == 0) throw std::invalid_argument{"receive_batch needs room for a datagram"};
  return {&state(), std::min(max, max_batch)};
}

detail::send_operation udp_socket::send_to(std::string_view data, const endpoint& to) {
  return detail::send_operation{detail::send_in_turn(state(), data, to)};
}
detail::send_operation udp_socket::send(std::string_view data) {
  return detail::send_operation{detail::send_in_turn(state(), data, std::nullopt)};
}
detail::send_operation udp_socket::send_batch(std::span<const outgoing_datagram> datagrams) {
  return detail::send_operation{detail::send_batch_in_turn(state(), datagrams)};
}
detail::send_operation udp_socket::send_batch(std::span<const std::string_view> datagrams) {
  return detail::send_operation{detail::send_batch_in_turn(state(), datagrams)};
}
task<> udp_socket::send_owned(detail::udp_core& socket, std::string data, std::optional<endpoint> to) {
  co_await detail::send_in_turn(socket, data, to);
}

void udp_socket::join_group(const endpoint& group, const std::string& interface) {
  detail::change_group(state(), MCAST_JOIN_GROUP, group, interface, "join");
}
void udp_socket::leave_group(const endpoint& group, const std::string& interface) {
  detail::change_group(state(), MCAST_LEAVE_GROUP, group, interface, "leave");
}
void udp_socket::set_multicast_interface(const std::string& interface) {
  const detail::udp_core& socket = state();
  const auto index = static_cast<int>(detail::interface_index(interface));
  if (socket.local.is_v6()) {
    detail::set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, index, "IPV6_MULTICAST_IF");
  } else {
    ip_mreqn request{};
    request.imr_ifindex = index;
    detail::set_option(socket, IPPROTO_IP, IP_MULTICAST_IF, request, "IP_MULTICAST_IF");
  }
}
void udp_socket::set_multicast_hops(int hops) {
  const bool v6 = state().local.is_v6();
  const int option = v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL;
  detail::set_option(state(), detail::ip_level(v6), option, hops, "multicast hops");
}
void udp_socket::set_multicast_loop(bool on) {
  const bool v6 = state().local.is_v6();
  const int option = v6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP;
  detail::set_option(state(), detail::ip_level(v6), option, on ? 1 : 0, "multicast loop");
}

void udp_socket::close() noexcept {
  if (core_) core_->close();
}
bool udp_socket::is_open() const noexcept { return core_ && core_->is_open(); }

endpoint udp_socket::local_address() const { return state().local; }
std::optional<endpoint> udp_socket::remote_address() const { return state().peer; }

void udp_socket::set_broadcast(bool on) {
  detail::set_option(state(), SOL_SOCKET, SO_BROADCAST, on ? 1 : 0, "SO_BROADCAST");
}
void udp_socket::set_receive_buffer(std::size_t bytes) {
  detail::set_option(state(), SOL_SOCKET, SO_RCVBUF, detail::in_range(bytes), "SO_RCVBUF");
}
void udp_socket::set_send_buffer(std::size_t bytes) {
  detail::set_option(state(), SOL_SOCKET, SO_SNDBUF, detail::in_range(bytes), "SO_SNDBUF");
}

int udp_socket::native_handle() const noexcept { return core_ ? core_->watch.fd : -1; }

}  // namespace weft
