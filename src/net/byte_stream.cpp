#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <weft/net/byte_stream.hpp>

#include "net/line_search.hpp"
#include "net/stream_core.hpp"

namespace weft {

namespace detail {

ssize_t stream_core::receive_into_buffer() {
  const std::span<char> room = in.prepare();
  ssize_t n = 0;
  do {
    n = receive(room);
  } while (n < 0 && errno == EINTR);
  const int error = errno;
  in.commit(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  if (n > 0 && static_cast<std::size_t>(n) < room.size()) set_drained();
  errno = error;
  return n;
}

namespace {

stream_core& core_of(socket_core* socket) noexcept { return static_cast<stream_core&>(*socket); }

/// What came of a receive: nothing if it must be tried again later. Sets `at_end` at the end of the stream, `error` to
/// errno if it failed.
std::size_t result_of(stream_core& stream, ssize_t n, int& error) noexcept {
  if (n > 0) return static_cast<std::size_t>(n);
  if (n == 0) {
    error = stream.lost;
    stream.at_end = error == 0;
  } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
    error = errno;
  }
  return 0;
}

std::size_t receive(stream_core& stream, std::span<char> room, int& error) noexcept {
  ssize_t n = 0;
  do {
    n = stream.receive(room);
  } while (n < 0 && errno == EINTR);
  if (n > 0 && static_cast<std::size_t>(n) < room.size()) stream.set_drained();
  return result_of(stream, n, error);
}

/// Reads into the stream's buffer; true if that made a difference.
bool receive_into_buffer(stream_core& stream, int& error) noexcept {
  try {
    const std::size_t n = result_of(stream, stream.receive_into_buffer(), error);
    return n != 0 || stream.at_end || error != 0;
  } catch (const std::bad_alloc&) {
    error = ENOMEM;
    return true;
  }
}

/// What stands in the way of any further reading, as an errno value; 0 if nothing does.
int obstacle_to_reading(const stream_core& stream) noexcept {
  if (!stream.is_open()) return EBADF;
  return stream.cannot_read ? EPIPE : 0;
}

}  // namespace

// ---- reading --------------------------------------------------------------------------------------------------------

fill_leaf::fill_leaf(stream_core& stream) noexcept : socket_leaf{stream, direction::read} {}

bool fill_leaf::attempt() noexcept {
  stream_core& stream = core_of(socket_);
  error_ = obstacle_to_reading(stream);
  if (error_ != 0 || stream.at_end) return true;
  if (stream.drained() || must_yield()) return false;
  return receive_into_buffer(stream, error_);
}

std::string_view fill_leaf::await_resume() const {
  check("read from");
  return core_of(socket_).in.view();
}

read_some_leaf::read_some_leaf(stream_core* stream, std::span<std::byte> into) noexcept
    : socket_leaf{*stream, direction::read}, into_{into} {}

bool read_some_leaf::attempt() noexcept {
  stream_core& stream = core_of(socket_);
  error_ = obstacle_to_reading(stream);
  if (error_ != 0) return true;
  if (!stream.in.empty()) {
    got_ = std::min(into_.size(), stream.in.size());
    std::memcpy(into_.data(), stream.in.view().data(), got_);
    stream.in.consume(got_);
    return true;
  }
  if (stream.at_end || into_.empty()) return true;
  if (stream.drained() || must_yield()) return false;
  got_ = receive(stream, {reinterpret_cast<char*>(into_.data()), into_.size()}, error_);
  return got_ != 0 || stream.at_end || error_ != 0;
}

std::size_t read_some_leaf::await_resume() const {
  check("read from");
  return got_;
}

read_exactly_leaf::read_exactly_leaf(stream_core* stream, std::span<std::byte> into) noexcept
    : socket_leaf{*stream, direction::read}, into_{into} {}

/// What is small is collected in the buffer, where a stop loses nothing.
bool read_exactly_leaf::attempt_buffered() noexcept {
  stream_core& stream = core_of(socket_);
  while (stream.in.size() < into_.size() && !stream.at_end) {
    if (stream.drained() || must_yield()) return false;
    if (!receive_into_buffer(stream, error_)) return false;
    if (error_ != 0) return true;
  }
  got_ = std::min(into_.size(), stream.in.size());
  if (got_ == 0) return true;
  std::memcpy(into_.data(), stream.in.view().data(), got_);
  stream.in.consume(got_);
  return true;
}

bool read_exactly_leaf::attempt() noexcept {
  stream_core& stream = core_of(socket_);
  error_ = obstacle_to_reading(stream);
  if (error_ != 0) return true;
  if (into_.size() <= receive_buffer::kept_size) return attempt_buffered();
  if (const std::size_t n = std::min(into_.size() - got_, stream.in.size()); n != 0) {
    std::memcpy(into_.data() + got_, stream.in.view().data(), n);
    stream.in.consume(n);
    got_ += n;
  }
  while (got_ < into_.size() && !stream.at_end) {
    if (stream.drained() || must_yield()) return false;
    const std::size_t n = receive(stream, {reinterpret_cast<char*>(into_.data()) + got_, into_.size() - got_}, error_);
    got_ += n;
    if (error_ != 0) return true;
    if (n == 0 && !stream.at_end) return false;
  }
  return true;
}

void read_exactly_leaf::given_up() noexcept {
  if (got_ != 0) core_of(socket_).cannot_read = true;
}

void read_exactly_leaf::await_resume() const {
  check("read from");
  if (got_ == into_.size()) return;
  std::string partial(reinterpret_cast<const char*>(into_.data()), got_);
  throw incomplete_read_error{std::move(partial), into_.size(), socket_->describe()};
}

// ---- writing --------------------------------------------------------------------------------------------------------

write_leaf::write_leaf(stream_core* stream, std::string_view text, std::span<const std::string_view> parts) noexcept
    : socket_leaf{*stream, direction::write}, text_{text}, parts_{parts} {}

/// Forgets what the kernel has taken.
void write_leaf::take(std::size_t sent) noexcept {
  while (sent > text_.size() || (text_.empty() && !parts_.empty())) {
    sent -= text_.size();
    text_ = parts_.front();
    parts_ = parts_.subspan(1);
  }
  text_.remove_prefix(sent);
}

bool write_leaf::attempt() noexcept {
  stream_core& stream = core_of(socket_);
  if (!stream.is_open()) {
    error_ = EBADF;
    return true;
  }
  if (stream.cannot_write) {
    refused_ = true;
    error_ = EPIPE;
    return true;
  }
  for (take(0); !text_.empty(); take(0)) {
    if (must_yield()) return false;
    std::array<iovec, 16> pieces;
    pieces[0] = {const_cast<char*>(text_.data()), text_.size()};
    std::size_t count = 1;
    for (std::size_t i = 0; i < parts_.size() && count < pieces.size(); ++i) {
      if (!parts_[i].empty()) pieces[count++] = {const_cast<char*>(parts_[i].data()), parts_[i].size()};
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t n = stream.send(message);
    if (n >= 0) {
      take(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return false;
    } else if (errno != EINTR) {
      error_ = errno;
      stream.cannot_write = true;
      if (error_ != EPIPE) stream.lost = error_;  // but for a peer that had ended the stream before it went
      return true;
    }
  }
  return flushed(stream);
}

/// What the stream itself still holds back goes out too.
bool write_leaf::flushed(stream_core& stream) noexcept {
  while (stream.flush() != 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    if (errno == EINTR) continue;
    error_ = errno;
    stream.cannot_write = true;
    break;
  }
  return true;
}

void write_leaf::given_up() noexcept { core_of(socket_).cannot_write = true; }

void write_leaf::await_resume() const {
  if (refused_) {
    throw_system_error(error_, "write to " + socket_->describe() + ": an earlier write was stopped or has failed");
  }
  check("write to");
}

namespace {

task<std::string> read_string(stream_core& stream, std::size_t max) {
  if (stream.in.empty() && max != 0) co_await fill_leaf{stream};
  std::string text{stream.in.view().substr(0, max)};
  stream.in.consume(text.size());
  co_return text;
}

task<std::string> read_until_mark(stream_core& stream, std::string mark, std::size_t limit) {
  if (mark.empty()) throw std::invalid_argument{"read_until needs a delimiter"};
  std::size_t searched = 0;  // the mark does not begin before
  for (;;) {
    const std::string_view have = stream.in.view();
    if (const std::size_t at = have.find(mark, searched); at != std::string_view::npos) {
      const std::size_t length = at + mark.size();
      if (length > limit) throw limit_error{"what came from " + stream.describe() + " up to the mark", limit};
      std::string text{have.substr(0, length)};
      stream.in.consume(length);
      co_return text;
    }
    if (have.size() >= limit) throw limit_error{"what came from " + stream.describe() + " without the mark", limit};
    if (have.size() >= mark.size()) searched = have.size() - mark.size() + 1;
    const std::size_t before = have.size();
    const std::string_view more = co_await fill_leaf{stream};
    if (more.size() == before) {
      std::string partial{more};
      stream.in.consume(before);
      throw incomplete_read_error{std::move(partial), 0, stream.describe()};
    }
  }
}

task<std::optional<std::string>> read_one_line(stream_core& stream, std::size_t limit) {
  line_search search{limit};
  for (;;) {
    const auto line = search.next(stream.in.view(), stream.at_end, [&] { return "a line from " + stream.describe(); });
    if (line) {
      std::optional<std::string> text{line->text};
      stream.in.consume(line->size);
      co_return text;
    }
    if (stream.at_end) co_return std::nullopt;
    co_await fill_leaf{stream};
  }
}

task<std::string> read_to_end(stream_core& stream, std::size_t limit) {
  while (!stream.at_end) {
    if (stream.in.size() > limit) break;
    co_await fill_leaf{stream};
  }
  if (stream.in.size() > limit) throw limit_error{"what came from " + stream.describe(), limit};
  std::string text{stream.in.view()};
  stream.in.consume(text.size());
  co_return text;
}

}  // namespace
}  // namespace detail

// ---- the stream -----------------------------------------------------------------------------------------------------

byte_stream::byte_stream() noexcept = default;
byte_stream::byte_stream(byte_stream&& other) noexcept = default;
byte_stream& byte_stream::operator=(byte_stream&& other) noexcept = default;
byte_stream::~byte_stream() = default;

detail::stream_core& byte_stream::state() const {
  if (!core_) throw std::logic_error{"the stream was never opened, or was moved from"};
  return *core_;
}

detail::read_some_operation byte_stream::read_some(std::span<std::byte> into) {
  return detail::read_some_operation{&state(), into};
}
task<std::string> byte_stream::read_some(std::size_t max) { return detail::read_string(state(), max); }
detail::read_exactly_operation byte_stream::read_exactly(std::span<std::byte> into) {
  return detail::read_exactly_operation{&state(), into};
}
task<std::string> byte_stream::read_until(std::string delimiter, std::size_t limit) {
  return detail::read_until_mark(state(), std::move(delimiter), limit);
}
task<std::optional<std::string>> byte_stream::read_line(std::size_t limit) {
  return detail::read_one_line(state(), limit);
}
task<std::string> byte_stream::read_all(std::size_t limit) { return detail::read_to_end(state(), limit); }

detail::fill_operation byte_stream::fill() { return {&state()}; }
std::string_view byte_stream::buffered() const noexcept { return core_ ? core_->in.view() : std::string_view{}; }
void byte_stream::consume(std::size_t n) {
  detail::stream_core& stream = state();
  if (n > stream.in.size()) throw std::out_of_range{"consume: fewer bytes are buffered"};
  stream.in.consume(n);
}
bool byte_stream::at_end() const noexcept { return core_ && core_->at_end; }

detail::write_operation byte_stream::write(std::string_view text) {
  return detail::write_operation{&state(), text, {}};
}
detail::write_operation byte_stream::write(std::span<const std::string_view> parts) {
  return detail::write_operation{&state(), {}, parts};
}
task<> byte_stream::write_owned(detail::stream_core& stream, std::string text) {
  co_await detail::write_leaf{&stream, text, {}};
}

void byte_stream::shutdown_write() {
  detail::stream_core& stream = state();
  if (!stream.is_open()) detail::throw_system_error(EBADF, "shut down " + stream.describe());
  if (stream.shut_down_writing() != 0 && errno != ENOTCONN) {
    detail::throw_system_error(errno, "shut down " + stream.describe());
  }
}

void byte_stream::close() noexcept {
  if (core_) core_->close();
}
bool byte_stream::is_open() const noexcept { return core_ && core_->is_open(); }

std::string byte_stream::peer_name() const { return state().describe(); }

int byte_stream::native_handle() const noexcept { return core_ ? core_->native_handle() : -1; }

}  // namespace weft
