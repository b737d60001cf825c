#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <weft/core/task.hpp>
#include <weft/core/with.hpp>
#include <weft/net/byte_stream.hpp>

namespace weft {

namespace detail {
class writer_state;
}

/// How far a buffered_writer may run ahead of its stream.
struct write_marks {
  /// drain() waits while more bytes than this are buffered...
  std::size_t high = std::size_t{64} << 10;
  /// ...until no more than this are.
  std::size_t low = std::size_t{16} << 10;
  /// How long leaving the block may wait for the peer to take what is buffered; 0 or less: without limit.
  std::chrono::nanoseconds exit_limit = std::chrono::seconds{10};
};
static_assert(std::is_trivially_destructible_v<write_marks>);

/// Writes to a stream in the background, for the time of a block: write() only buffers, and what comes together while
/// the stream is busy goes out together. asyncio's StreamWriter with its write(), drain() and set_write_buffer_limits.
///
///     co_await with(buffered_writer{stream}, [&](buffered_writer& out) -> task<> {
///       for (const record& r : records) {
///         out.write(line_of(r));
///         co_await out.drain();
///       }
///     });
///
/// Leaving the block waits until all has been handed to the kernel, for `exit_limit` at most; a block that fails or is
/// stopped drops what is buffered. The stream must outlive it, and nobody else may write to it meanwhile; it belongs to
/// one loop. Whatever is dropped on the way leaves the stream broken, as a stopped write does.
class buffered_writer {
 public:
  /// Throws std::invalid_argument if the low mark is above the high one.
  explicit buffered_writer(byte_stream& stream, write_marks marks = {});
  buffered_writer(buffered_writer&& other) noexcept;
  buffered_writer& operator=(buffered_writer&& other) = delete;
  ~buffered_writer();

  /// Buffers a copy of `text`; does not wait. Throws what an earlier text met on its way (see byte_stream::write).
  void write(std::string_view text);
  /// Returns at once while the reader keeps up; otherwise waits as the marks say. Throws like write(). A stop ends the
  /// waiting and loses nothing.
  [[nodiscard]] task<> drain();
  /// Waits until nothing is buffered. Throws like write(). A stop ends the waiting and loses nothing.
  [[nodiscard]] task<> flush();
  /// How many bytes the kernel has not taken yet.
  std::size_t buffered() const noexcept;

  /// For with(). Leaving throws timeout_error when the peer has not taken everything in time, and like write().
  buffered_writer& enter() noexcept { return *this; }
  task<> exit(const exit_reason& reason);

 private:
  std::unique_ptr<detail::writer_state> state_;
};

}  // namespace weft
