#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/net/detail/socket_leaf.hpp>
#include <weft/net/stream_errors.hpp>

namespace weft {

namespace detail {

class stream_core;

/// Reads more into the stream's buffer.
class fill_leaf : public socket_leaf {
 public:
  explicit fill_leaf(stream_core& stream) noexcept;
  std::string_view await_resume() const;
  const char* describe() const noexcept override { return "stream.fill"; }

 protected:
  bool attempt() noexcept override;
};

/// What fill() gives: a description, so that it can be passed on (to wait_for) before it is awaited.
struct [[nodiscard("fill does nothing until it is awaited")]] fill_operation {
  stream_core* stream;
  fill_leaf operator co_await() const noexcept { return fill_leaf{*stream}; }
};

class read_some_leaf final : public socket_leaf {
 public:
  read_some_leaf(stream_core* stream, std::span<std::byte> into) noexcept;
  std::size_t await_resume() const;
  const char* describe() const noexcept override { return "stream.read_some"; }

 private:
  bool attempt() noexcept override;
  std::span<std::byte> into_;
  std::size_t got_ = 0;
};

class read_exactly_leaf final : public socket_leaf {
 public:
  read_exactly_leaf(stream_core* stream, std::span<std::byte> into) noexcept;
  void await_resume() const;
  const char* describe() const noexcept override { return "stream.read_exactly"; }

 private:
  bool attempt() noexcept override;
  bool attempt_buffered() noexcept;
  void given_up() noexcept override;
  std::span<std::byte> into_;
  std::size_t got_ = 0;
};

class write_leaf : public socket_leaf {
 public:
  write_leaf(stream_core* stream, std::string_view text, std::span<const std::string_view> parts) noexcept;
  void await_resume() const;
  const char* describe() const noexcept override { return "stream.write"; }

 private:
  bool attempt() noexcept override;
  void given_up() noexcept override;
  void take(std::size_t sent) noexcept;
  bool flushed(stream_core& stream) noexcept;
  std::string_view text_;
  std::span<const std::string_view> parts_;  // behind text_
  bool refused_ = false;
};

using read_some_operation = in_place<read_some_leaf, stream_core*, std::span<std::byte>>;
using read_exactly_operation = in_place<read_exactly_leaf, stream_core*, std::span<std::byte>>;
using write_operation = in_place<write_leaf, stream_core*, std::string_view, std::span<const std::string_view>>;

}  // namespace detail

/// Bytes in both directions, with a buffer for what was read ahead: what tcp_stream, unix_stream and tls_stream have in
/// common. Any of them can be moved into a byte_stream where the difference does not matter. A pipe is one too, with
/// one direction only. asyncio's StreamReader and StreamWriter.
///
/// Move-only; the destructor closes it. Belongs to the loop on which it was made, and must outlive the operations on
/// it. One task may read while another writes; two at a time in one direction get std::logic_error. Errors of the
/// system are std::system_error, whose text names the operation and the peer. Nothing raises SIGPIPE.
///
/// Stops: what was read from the network is never lost by one, but for a read_exactly larger than 64 KiB. A stopped
/// write leaves the stream broken: nobody knows how much of it was sent.
class byte_stream {
 public:
  /// What a line may have at most, where no other limit is given.
  static constexpr std::size_t default_limit = std::size_t{64} << 10;

  /// A closed stream.
  byte_stream() noexcept;
  byte_stream(byte_stream&& other) noexcept;
  byte_stream& operator=(byte_stream&& other) noexcept;
  ~byte_stream();

  // ---- reading ----

  /// Waits until there is something to read and gives it: between 1 and `into.size()` bytes, 0 at the end of the
  /// stream. `into` must live until then.
  [[nodiscard]] detail::read_some_operation read_some(std::span<std::byte> into WEFT_LIFETIMEBOUND);
  /// The same as a string of at most `max` bytes; empty at the end. StreamReader.read(n).
  [[nodiscard]] task<std::string> read_some(std::size_t max = default_limit);
  /// Fills `into`. Throws incomplete_read_error if the stream ends before. StreamReader.readexactly.
  [[nodiscard]] detail::read_exactly_operation read_exactly(std::span<std::byte> into WEFT_LIFETIMEBOUND);
  /// Reads up to and including `delimiter`. Throws limit_error, and takes nothing, if that is more than `limit` bytes;
  /// incomplete_read_error if the stream ends before; std::invalid_argument for an empty delimiter.
  /// StreamReader.readuntil.
  [[nodiscard]] task<std::string> read_until(std::string delimiter, std::size_t limit = default_limit);
  /// Reads a line and gives it without its "\n" or "\r\n". The last one may lack them; nullopt at the end of the
  /// stream. Throws limit_error, and takes nothing, if it is longer than `limit` bytes. StreamReader.readline.
  [[nodiscard]] task<std::optional<std::string>> read_line(std::size_t limit = default_limit);
  /// Reads all up to the end of the stream. Throws limit_error, and takes nothing, if that is more than `limit` bytes.
  [[nodiscard]] task<std::string> read_all(std::size_t limit = std::numeric_limits<std::size_t>::max());

  // ---- reading in place: for parsers ----

  /// Waits until more has come than is buffered, and gives all that is buffered; no more than before means the end of
  /// the stream. The view is good until the next operation that reads or consumes.
  [[nodiscard]] detail::fill_operation fill();
  /// What has been read from the network and not been taken.
  std::string_view buffered() const noexcept;
  /// Takes the first `n` buffered bytes. Throws std::out_of_range if there are fewer.
  void consume(std::size_t n);
  /// The peer has sent its last byte; some may still be buffered.
  bool at_end() const noexcept;

  // ---- writing ----

  /// Hands all of `text` to the kernel; waits while it has no room. `text` must live until then. Throws
  /// std::system_error if the connection is lost, or an earlier write was stopped or failed.
  [[nodiscard]] detail::write_operation write(std::string_view text WEFT_LIFETIMEBOUND);
  /// Several pieces one after the other, with as few system calls as possible.
  [[nodiscard]] detail::write_operation write(std::span<const std::string_view> parts WEFT_LIFETIMEBOUND);
  /// A string that the operation keeps.
  template <class String>
    requires std::same_as<String, std::string>
  [[nodiscard]] task<> write(String&& text) {
    return write_owned(state(), std::forward<String>(text));
  }
  /// Sends the end of the stream; reading goes on. Harmless when repeated and when the peer has gone.
  void shutdown_write();

  // ---- the connection ----

  /// Closes the connection at once. Operations that wait get std::errc::bad_file_descriptor. Harmless when repeated.
  void close() noexcept;
  bool is_open() const noexcept;

  /// Who is at the other end, as errors name it: "127.0.0.1:80".
  std::string peer_name() const;
  /// The descriptor, which the stream keeps; -1 once closed.
  int native_handle() const noexcept;

 protected:
  detail::stream_core& state() const;

 private:
  friend class stream_access;
  static task<> write_owned(detail::stream_core& stream, std::string text);

  std::unique_ptr<detail::stream_core> core_;
};

}  // namespace weft
