#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/net/byte_stream.hpp>
#include <weft/net/owned_descriptor.hpp>

namespace weft {

/// Who is at the other end of a Unix socket, as it was when the connection was made.
struct peer_credentials {
  pid_t process = 0;  ///< it may have ended since, and its number be another's
  uid_t user = 0;
  gid_t group = 0;
};

/// Bytes, and the descriptors that came with one of them.
struct received_descriptors {
  std::string text;
  std::vector<owned_descriptor> descriptors;
};

namespace detail {

class send_descriptors_leaf final : public socket_leaf {
 public:
  send_descriptors_leaf(stream_core* stream, std::string_view text, std::span<const int> many, int one) noexcept;
  void await_resume() const;
  const char* describe() const noexcept override { return "unix_stream.send_descriptors"; }

 private:
  bool attempt() noexcept override;
  void given_up() noexcept override;
  std::string_view text_;
  std::span<const int> many_;
  int one_;  // if there are not many
  bool sent_ = false;
};

class receive_descriptors_leaf final : public socket_leaf {
 public:
  receive_descriptors_leaf(stream_core& stream, std::size_t max_descriptors, std::size_t max_bytes) noexcept;
  ~receive_descriptors_leaf();
  received_descriptors await_resume();
  const char* describe() const noexcept override { return "unix_stream.receive_descriptors"; }

 private:
  bool attempt() noexcept override;
  bool take(void* received) noexcept;
  std::size_t max_descriptors_;
  std::size_t max_bytes_;
  std::vector<owned_descriptor> descriptors_;
  bool too_many_ = false;
};

using send_descriptors_operation =
    in_place<send_descriptors_leaf, stream_core*, std::string_view, std::span<const int>, int>;

/// What receive_descriptors() gives: a description, so that it can be passed on before it is awaited.
struct [[nodiscard("receive_descriptors does nothing until it is awaited")]] receive_descriptors_operation {
  stream_core* stream;
  std::size_t max_descriptors;
  std::size_t max_bytes;
  receive_descriptors_leaf operator co_await() const noexcept {
    return receive_descriptors_leaf{*stream, max_descriptors, max_bytes};
  }
};

}  // namespace detail

/// A connection over a Unix domain socket (unix(7)); see byte_stream for reading and writing.
///
/// Descriptors that come with bytes which are read in another way than by receive_descriptors() are closed.
class unix_stream : public byte_stream {
 public:
  /// How many descriptors the kernel passes with one message.
  static constexpr std::size_t most_descriptors = 253;

  /// A closed stream.
  unix_stream() noexcept = default;

  /// Takes over the descriptor of a connected Unix stream socket, and makes it non-blocking. Throws std::system_error,
  /// and std::logic_error outside a loop; the descriptor is closed then.
  static unix_stream from_descriptor(int fd);
  /// Two streams that are connected with each other. Throws std::system_error, and std::logic_error outside a loop.
  static std::pair<unix_stream, unix_stream> pair();

  /// Throws std::system_error.
  weft::peer_credentials peer_credentials() const;

  /// Sends `text` and, with its first byte, copies of descriptors, which stay the caller's. All arguments must live
  /// until then. Throws std::system_error like write(), also for what is no open descriptor; std::invalid_argument,
  /// when it is called, for an empty text and for none or more than most_descriptors. A stop breaks the stream only if
  /// a part has been sent. socket.send_fds.
  [[nodiscard]] detail::send_descriptors_operation send_descriptors(
      std::string_view text WEFT_LIFETIMEBOUND, std::span<const int> descriptors WEFT_LIFETIMEBOUND) const;
  /// The same with one descriptor.
  [[nodiscard]] detail::send_descriptors_operation send_descriptor(std::string_view text WEFT_LIFETIMEBOUND,
                                                                   int descriptor) const;

  /// Waits until there is something to read and gives it, with the descriptors that came with it, if any: they never
  /// come later than the byte that they were sent with. No text is the end of the stream. Nothing that is received
  /// outlives an exec (close-on-exec). socket.recv_fds.
  ///
  /// Throws limit_error if more than `max_descriptors` came, and std::system_error (too_many_files_open) if this
  /// process could not take them all; they are closed then, and the bytes can still be read. A stop loses nothing.
  [[nodiscard]] detail::receive_descriptors_operation receive_descriptors(std::size_t max_descriptors = 16,
                                                                          std::size_t max_bytes = default_limit) const;
};

/// Connects to a Unix socket. asyncio.open_unix_connection.
///
/// @param path of the socket's file, at most 107 bytes. As in unix(7) and Python, one that begins with a NUL is an
///             abstract name, which no file stands for: `std::string{"\0name", 5}`; messages have an @ for the NUL.
///
/// Waits while the server has more connections to accept than it has room for. Throws std::system_error that names the
/// path (std::errc::connection_refused if nobody listens, filename_too_long, ...); std::invalid_argument for "".
[[nodiscard]] task<unix_stream> open_unix_connection(std::string path);

}  // namespace weft
