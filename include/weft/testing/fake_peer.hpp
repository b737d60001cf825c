#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/net/tcp_stream.hpp>

namespace weft::testing {

namespace detail {
class fake_connection;
}  // namespace detail

/// How a connection ends.
enum class cut : unsigned char {
  end,   ///< in an orderly way: reads give the end of the stream, writes std::errc::broken_pipe
  reset  ///< reads and writes throw std::errc::connection_reset
};

/// The other end of a stream under test, in the hands of the test: a tcp_stream itself, which reads what the stream has
/// written and writes what it shall read, and a line that can be slow, break up what is sent, and be cut.
///
///     weft::testing::stream_pair pair;
///     pair.peer.split({1, 2});                                 // 1 byte, 2 bytes, 1 byte, ...
///     pair.peer.cut_after_sending(20, weft::testing::cut::reset);
///     co_await pair.peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
///     weft::http::client_connection connection{std::move(pair.stream)};
///     ...                                                      // must fail in good order
///
/// There are no sockets: everything happens on the loop, by its clock, and under the simulated clock always in the same
/// way. Each direction holds `room` bytes that have not been read; a write that finds no more waits, as it does with a
/// kernel. Addresses are invented, and socket options and native_handle() are without effect.
class fake_peer : public tcp_stream {
 public:
  /// Bytes of one direction that may be on their way or wait to be read.
  static constexpr std::size_t default_room = std::size_t{64} << 10;

  // ---- of what this end sends from now on ----

  /// What is written arrives so much later.
  void delay(clock::duration latency) noexcept;
  /// What is written arrives in pieces of these sizes, in turn: one read gets bytes of one piece at most. A size of 0
  /// stands for all that is left of the write; no sizes for no splitting. Each piece comes `pause` after the one
  /// before.
  void split(std::vector<std::size_t> sizes, clock::duration pause = {});
  /// In pieces of 1 to `largest` bytes that depend on the seed.
  void split_at_random(std::uint64_t seed, std::size_t largest = 16, clock::duration pause = {});
  /// The connection ends when it has carried `bytes` more to the stream: these arrive, and what is written beyond them
  /// is lost without an error. 0: now.
  void cut_after_sending(std::size_t bytes, cut how = cut::end);

  // ---- of what it receives ----

  /// The connection ends when the stream has written `bytes` more: these arrive, and its write fails if there are
  /// more. 0: now.
  void cut_after_receiving(std::size_t bytes, cut how = cut::end);

  /// What both directions hold at the most, in bytes; at least 1.
  void set_room(std::size_t bytes) noexcept;

 private:
  friend struct stream_pair;
  fake_peer(tcp_stream end, std::shared_ptr<detail::fake_connection> connection) noexcept;

  std::shared_ptr<detail::fake_connection> connection_;
};

/// A stream under test and its peer, connected. To be made on a loop.
struct stream_pair {
  /// Throws std::logic_error outside a loop.
  stream_pair();

  tcp_stream stream;
  fake_peer peer;

 private:
  explicit stream_pair(const std::shared_ptr<detail::fake_connection>& connection);
};

}  // namespace weft::testing
