#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/net/detail/socket_leaf.hpp>
#include <weft/net/endpoint.hpp>

namespace weft {

/// How a UDP socket is made.
struct udp_options {
  /// Let other sockets that ask for it too have the same address, each for the groups that it joins (SO_REUSEADDR).
  bool reuse_address = false;
  /// Let other sockets, of this process or others, have the same address and share its datagrams (SO_REUSEPORT).
  bool reuse_port = false;
};
static_assert(std::is_trivially_destructible_v<udp_options>);

/// A datagram that came.
struct datagram {
  std::string data;
  endpoint from;

  datagram() noexcept = default;
  datagram(std::string bytes, const endpoint& sender) noexcept : data{std::move(bytes)}, from{sender} {}
};

/// What came of a datagram that was received into memory of the caller's.
struct received_datagram {
  std::size_t size = 0;  ///< bytes that were stored
  std::size_t lost = 0;  ///< bytes behind them, for which there was no room
  endpoint from;
};

/// A datagram to be sent; a view.
struct outgoing_datagram {
  std::string_view data;
  endpoint to;
};

namespace detail {

class udp_core;

class receive_leaf final : public socket_leaf {
 public:
  explicit receive_leaf(udp_core& socket) noexcept;
  datagram await_resume();
  const char* describe() const noexcept override { return "udp_socket.receive"; }

 private:
  bool attempt() noexcept override;
  datagram got_;
};

struct [[nodiscard("receive does nothing until it is awaited")]] receive_operation {
  udp_core* socket;
  receive_leaf operator co_await() const noexcept { return receive_leaf{*socket}; }
};

class receive_into_leaf final : public socket_leaf {
 public:
  receive_into_leaf(udp_core* socket, std::span<std::byte> into) noexcept;
  received_datagram await_resume() const;
  const char* describe() const noexcept override { return "udp_socket.receive"; }

 private:
  bool attempt() noexcept override;
  std::span<std::byte> into_;
  received_datagram got_;
};

class receive_batch_leaf final : public socket_leaf {
 public:
  receive_batch_leaf(udp_core& socket, std::size_t most) noexcept;
  std::vector<datagram> await_resume();
  const char* describe() const noexcept override { return "udp_socket.receive_batch"; }

 private:
  bool attempt() noexcept override;
  std::size_t most_;
  std::vector<datagram> got_;
};

struct [[nodiscard("receive_batch does nothing until it is awaited")]] receive_batch_operation {
  udp_core* socket;
  std::size_t most;
  receive_batch_leaf operator co_await() const noexcept { return receive_batch_leaf{*socket, most}; }
};

using receive_into_operation = in_place<receive_into_leaf, udp_core*, std::span<std::byte>>;

/// A send that keeps a view of what it sends: it can only be awaited where it is made.
class [[nodiscard("a send does nothing until it is awaited")]] send_operation {
 public:
  explicit send_operation(task<> sending) noexcept : sending_{std::move(sending)} {}
  send_operation(const send_operation&) = delete;
  send_operation& operator=(const send_operation&) = delete;
  auto operator co_await() && { return sending_.operator co_await(); }

 private:
  task<> sending_;
};

}  // namespace detail

/// A socket for datagrams over IPv4 or IPv6. asyncio.DatagramTransport.
///
/// Move-only; the destructor closes it. Belongs to the loop on which it was made, and must outlive the operations on
/// it. One task at a time receives; a second gets std::logic_error. Any number may send: while the kernel has no room
/// they stand in line, and datagrams are never mixed. Errors of the system are std::system_error, whose text names the
/// operation and the address.
///
/// A datagram may get lost, be doubled, or overtake another on its way, but a stop loses none: one that has come and
/// was not given to anybody is there for the next who receives. A stopped send has sent nothing; of a stopped batch
/// some may have been sent.
class udp_socket {
 public:
  /// What one datagram can carry over IPv4, in bytes. Above some 1,400 it will travel in fragments.
  static constexpr std::size_t max_size = 65'507;
  /// How many datagrams a receive_batch gives at most.
  static constexpr std::size_t max_batch = 64;

  /// A closed socket.
  udp_socket() noexcept;
  udp_socket(udp_socket&& other) noexcept;
  udp_socket& operator=(udp_socket&& other) noexcept;
  ~udp_socket();

  /// A socket with an address of its own, which takes datagrams from anybody; port 0 lets the kernel pick one. One for
  /// IPv6 has nothing to do with IPv4. Throws std::system_error, and std::logic_error outside a loop.
  static udp_socket bind(const endpoint& at, udp_options options = {});
  /// A socket that sends to one peer and takes datagrams from nobody else. That does not reach out to the peer; but if
  /// it answers that nobody has that port (ICMP), the next operation throws std::errc::connection_refused. Throws like
  /// bind(). For a peer that is known by its name see resolve().
  static udp_socket connect(const endpoint& to, udp_options options = {});
  /// The same with an address of its own, `from`.
  static udp_socket connect(const endpoint& to, const endpoint& from, udp_options options = {});

  /// Takes over the descriptor of a datagram socket that is bound or connected, and makes it non-blocking. Throws like
  /// bind(); the descriptor is closed then.
  static udp_socket from_descriptor(int fd);

  // ---- receiving ----

  /// Waits for a datagram; it may be empty. DatagramProtocol.datagram_received.
  [[nodiscard]] detail::receive_operation receive();
  /// The same into `into`, which must live until then; what does not fit is lost, and the result says how much that
  /// was.
  [[nodiscard]] detail::receive_into_operation receive(std::span<std::byte> into WEFT_LIFETIMEBOUND);
  /// Waits for a datagram and gives it with those that came behind it, in one system call: between 1 and `max`, but not
  /// more than max_batch. Throws std::invalid_argument for a `max` of 0.
  [[nodiscard]] detail::receive_batch_operation receive_batch(std::size_t max = max_batch);

  // ---- sending ----

  /// Hands a datagram for `to` to the kernel; waits while it has no room. `data` must live until then. Throws
  /// std::system_error: std::errc::message_size if it is too large. DatagramTransport.sendto.
  [[nodiscard]] detail::send_operation send_to(std::string_view data WEFT_LIFETIMEBOUND, const endpoint& to);
  /// The same for the peer of a connected socket. std::errc::connection_refused speaks of an earlier datagram; this one
  /// has not been sent.
  [[nodiscard]] detail::send_operation send(std::string_view data WEFT_LIFETIMEBOUND);
  /// Several datagrams in their order, with as few system calls as possible; they and the array must live until then.
  /// An error names the datagram that it is about; those before it have been sent, those behind it have not.
  [[nodiscard]] detail::send_operation send_batch(std::span<const outgoing_datagram> datagrams WEFT_LIFETIMEBOUND);
  /// The same for the peer of a connected socket.
  [[nodiscard]] detail::send_operation send_batch(std::span<const std::string_view> datagrams WEFT_LIFETIMEBOUND);
  /// Datagrams that the operation keeps.
  template <class String>
    requires std::same_as<String, std::string>
  [[nodiscard]] task<> send_to(String&& data, const endpoint& to) {
    return send_owned(state(), std::forward<String>(data), to);
  }
  template <class String>
    requires std::same_as<String, std::string>
  [[nodiscard]] task<> send(String&& data) {
    return send_owned(state(), std::forward<String>(data), std::nullopt);
  }

  // ---- groups (multicast) ----

  /// Receives what is sent to a group's address from now on; its port means nothing. `interface` is a network
  /// interface's name ("eth0"); "" leaves it to the group's own zone ("ff02::1%eth0") or the kernel. Throws
  /// std::system_error. RFC 3678, section 5.
  void join_group(const endpoint& group, const std::string& interface = {});
  /// Ends that. Throws std::system_error.
  void leave_group(const endpoint& group, const std::string& interface = {});
  /// The network interface by which datagrams for groups leave.
  void set_multicast_interface(const std::string& interface);
  /// How many routers these may pass, and one; 1, as from the start, is the local network.
  void set_multicast_hops(int hops);
  /// Whether they also come to those on this machine that have joined; they do from the start.
  void set_multicast_loop(bool on);

  // ---- the socket ----

  /// Closes it at once. Operations that wait get std::errc::bad_file_descriptor. Harmless when repeated.
  void close() noexcept;
  bool is_open() const noexcept;

  /// Its own address, with the port that was picked.
  endpoint local_address() const;
  /// The peer of a connected socket, else nothing.
  std::optional<endpoint> remote_address() const;

  /// Allows sending to a broadcast address (SO_BROADCAST).
  void set_broadcast(bool on);
  /// Sizes of the kernel's buffers, in bytes (SO_RCVBUF, SO_SNDBUF). Datagrams for which there is no room to be
  /// received are lost.
  void set_receive_buffer(std::size_t bytes);
  void set_send_buffer(std::size_t bytes);

  /// The descriptor, which the socket keeps; -1 once closed.
  int native_handle() const noexcept;

 private:
  explicit udp_socket(std::unique_ptr<detail::udp_core> core) noexcept;
  detail::udp_core& state() const;
  static task<> send_owned(detail::udp_core& socket, std::string data, std::optional<endpoint> to);

  std::unique_ptr<detail::udp_core> core_;
};

}  // namespace weft
