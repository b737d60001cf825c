#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "testing/fake_connection.hpp"

namespace weft::testing {

namespace detail {

namespace {

/// Stands for the descriptor of a stream that has none, as long as it is open.
constexpr int no_descriptor = INT_MAX;

endpoint invented(std::size_t side) { return *endpoint::parse("127.0.0.1", static_cast<std::uint16_t>(1 + side)); }

/// What one waits for has come, as a loop tells it of a descriptor.
void came(fake_end* end, weft::detail::io_side weft::detail::io_watch::* which) noexcept {
  if (end == nullptr) return;
  end->watch.came(end->watch.*which);
}

constexpr auto readable = &weft::detail::io_watch::reader;
constexpr auto writable = &weft::detail::io_watch::writer;

int fail(int error) noexcept {
  errno = error;
  return -1;
}

}  // namespace

// ---- a direction ----------------------------------------------------------------------------------------------------

fake_line::~fake_line() {
  if (armed()) loop_->disarm(*this);
}

std::size_t fake_line::size_of_next(std::size_t most) noexcept {
  std::size_t size = 0;
  if (largest != 0) {
    size = 1 + random.below(largest);
  } else if (!sizes.empty()) {
    size = sizes[next_size++ % sizes.size()];
  }
  return size == 0 ? most : std::min(size, most);
}

std::int64_t fake_line::arrival() const noexcept {
  return std::max(weft::detail::deadline_after(loop_->now(), delay.count()), last_due_);
}

std::size_t fake_line::carry(std::string_view bytes) {
  bytes = bytes.substr(0, until_cut);
  const std::size_t carried = bytes.size();
  if (until_cut != no_cut) until_cut -= carried;
  for (bool first = true; !bytes.empty(); first = false) {
    const std::size_t size = size_of_next(bytes.size());
    const std::int64_t due = arrival() + (first ? 0 : pause.count());
    pieces_.push_back({std::string{bytes.substr(0, size)}, due});
    last_due_ = due;
    held_ += size;
    bytes.remove_prefix(size);
  }
  announce();
  return carried;
}

void fake_line::end(cut how_it_ends) {
  if (ended_) return;
  ended_ = true;
  last_ = how_it_ends;
  last_due_ = arrival();
  pieces_.push_back({{}, last_due_});
  announce();
}

void fake_line::announce() noexcept {
  if (pieces_.empty() || reader == nullptr) return;
  if (pieces_.front().due <= loop_->now()) {
    came(reader, readable);
  } else if (!armed()) {
    loop_->arm(*this, pieces_.front().due);
  }
}

void fake_line::fired() noexcept { announce(); }

std::size_t fake_line::take(std::span<char> room) noexcept {
  if (pieces_.empty() || at_end() || pieces_.front().due > loop_->now()) return 0;
  piece& first = pieces_.front();
  const std::size_t size = std::min(room.size(), first.bytes.size() - taken_);
  std::memcpy(room.data(), first.bytes.data() + taken_, size);
  taken_ += size;
  held_ -= size;
  if (taken_ == first.bytes.size()) {
    pieces_.pop_front();
    taken_ = 0;
    announce();
  }
  came(writer, writable);
  return size;
}

bool fake_line::end_has_come() const noexcept { return ended_ && last_due_ <= loop_->now(); }

bool fake_line::at_end() const noexcept {
  return !pieces_.empty() && pieces_.front().bytes.empty() && pieces_.front().due <= loop_->now();
}

// ---- an end ---------------------------------------------------------------------------------------------------------

fake_end::fake_end(std::shared_ptr<fake_connection> connection, std::size_t side)
    : tcp_core{no_descriptor, invented(1 - side)}, connection_{std::move(connection)}, side_{side} {
  drains = false;  // a read that gets little does not mean that there is no more
  watch.waiting = &waiting_;
  connection_->to(side_).reader = this;
  connection_->to(1 - side_).writer = this;
}

endpoint fake_end::local() const { return invented(side_); }

ssize_t fake_end::receive(std::span<char> room) noexcept {
  fake_line& line = connection_->to(side_);
  if (line.at_end()) return line.was_reset() ? fail(ECONNRESET) : 0;
  const std::size_t size = line.take(room);
  return size != 0 ? static_cast<ssize_t>(size) : fail(EAGAIN);
}

ssize_t fake_end::send(const msghdr& message) noexcept {
  fake_line& line = connection_->to(1 - side_);
  const fake_line& back = connection_->to(side_);
  const bool is_peer = side_ == 1;
  const bool gone = line.reader == nullptr || line.ended();
  // A peer that has cut the connection need not know; to the stream the cut has to come first.
  const bool nobody_knows = gone && (is_peer ? connection_->was_cut() : back.ended() && !back.end_has_come());
  if (gone && !nobody_knows) return fail(back.was_reset() ? ECONNRESET : EPIPE);

  std::size_t room = nobody_knows ? fake_peer::default_room : line.room();
  if (room == 0) return fail(EAGAIN);
  try {
    std::string bytes;
    for (const iovec& part : std::span{message.msg_iov, message.msg_iovlen}) {
      const std::size_t size = std::min(part.iov_len, room);
      bytes.append(static_cast<const char*>(part.iov_base), size);
      room -= size;
    }
    if (nobody_knows) return static_cast<ssize_t>(bytes.size());
    const std::size_t carried = line.carry(bytes);
    if (line.is_due_to_be_cut()) connection_->cut_off(line.how);
    return static_cast<ssize_t>(is_peer ? bytes.size() : carried);
  } catch (const std::bad_alloc&) {
    return fail(ENOMEM);
  }
}

int fake_end::shut_down_writing() noexcept {
  if (connection_->loop_lives()) connection_->to(1 - side_).end(cut::end);
  return 0;
}

void fake_end::release(int) noexcept {
  fake_line& inward = connection_->to(side_);
  fake_line& outward = connection_->to(1 - side_);
  inward.reader = nullptr;
  outward.writer = nullptr;
  if (!connection_->loop_lives()) return;
  outward.end(cut::end);
  came(inward.writer, writable);
}

// ---- a connection ---------------------------------------------------------------------------------------------------

void fake_connection::cut_after(std::size_t side, std::size_t bytes, cut how) {
  to(side).until_cut = bytes;
  to(side).how = how;
  if (bytes == 0) cut_off(how);
}

void fake_connection::cut_off(cut how) {
  was_cut_ = true;
  if (!loop_lives()) return;
  to_stream_.end(how);
  to_peer_.end(cut::end);
  came(to_stream_.writer, writable);
  came(to_peer_.writer, writable);
}

}  // namespace detail

// ---- the peer -------------------------------------------------------------------------------------------------------

fake_peer::fake_peer(tcp_stream end, std::shared_ptr<detail::fake_connection> connection) noexcept
    : tcp_stream{std::move(end)}, connection_{std::move(connection)} {}

void fake_peer::delay(clock::duration latency) noexcept { connection_->to(0).delay = latency; }

void fake_peer::split(std::vector<std::size_t> sizes, clock::duration pause) {
  detail::fake_line& line = connection_->to(0);
  line.sizes = std::move(sizes);
  line.next_size = 0;
  line.largest = 0;
  line.pause = pause;
}

void fake_peer::split_at_random(std::uint64_t seed, std::size_t largest, clock::duration pause) {
  detail::fake_line& line = connection_->to(0);
  line.random = detail::random_source{seed};
  line.largest = std::max<std::size_t>(largest, 1);
  line.pause = pause;
}

void fake_peer::cut_after_sending(std::size_t bytes, cut how) { connection_->cut_after(0, bytes, how); }
void fake_peer::cut_after_receiving(std::size_t bytes, cut how) { connection_->cut_after(1, bytes, how); }

void fake_peer::set_room(std::size_t bytes) noexcept {
  for (const std::size_t side : {0U, 1U}) connection_->to(side).set_room(std::max<std::size_t>(bytes, 1));
}

stream_pair::stream_pair()
    : stream_pair{std::make_shared<detail::fake_connection>(weft::detail::require_loop("a fake peer"))} {}

stream_pair::stream_pair(const std::shared_ptr<detail::fake_connection>& connection)
    : stream{stream_access::make<tcp_stream>(std::make_unique<detail::fake_end>(connection, 0))},
      peer{stream_access::make<tcp_stream>(std::make_unique<detail::fake_end>(connection, 1)), connection} {}

}  // namespace weft::testing
