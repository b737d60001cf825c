#include "net/tls_core.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <utility>
#include <weft/core/create_task.hpp>
#include <weft/core/timeout.hpp>

#include "net/tcp_core.hpp"
#include "net/tls_context_state.hpp"

namespace weft::detail {

namespace {

using progress = tls_engine::progress;

/// What may be sent with the same keys. AES-GCM is safe for some 2^24 records (RFC 8446, section 5.5).
constexpr std::uint64_t bytes_per_key = std::uint64_t{64} << 30;

/// The most plaintext that a record holds.
constexpr std::size_t record_size = SSL3_RT_MAX_PLAIN_LENGTH;

/// Stands for an error that the engine can explain.
constexpr int explained = EPROTO;

bool means_later(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

int fail(int error) noexcept {
  errno = error;
  return -1;
}

/// How long the last of what a stream had to say may take once nobody waits for it.
constexpr std::chrono::seconds farewell_limit{10};
/// How long a peer may take to say that it has got everything.
constexpr std::chrono::seconds answer_limit{2};

/// Sends the last of what a stream had to say.
class rest_leaf final : public socket_leaf {
 public:
  rest_leaf(stream_core& below, std::string& rest) noexcept
      : socket_leaf{below, direction::write}, below_{&below}, rest_{&rest} {}
  void await_resume() const { check("write to"); }
  const char* describe() const noexcept override { return "tls_stream.close"; }

 private:
  bool attempt() noexcept override {
    while (!rest_->empty()) {
      if (!below_->is_open()) {
        error_ = EBADF;
        return true;
      }
      iovec piece{rest_->data(), rest_->size()};
      msghdr message{};
      message.msg_iov = &piece;
      message.msg_iovlen = 1;
      const ssize_t n = below_->send(message);
      if (n >= 0) {
        rest_->erase(0, static_cast<std::size_t>(n));
      } else if (means_later(errno)) {
        return false;
      } else if (errno != EINTR) {
        error_ = errno;
        return true;
      }
    }
    return true;
  }

  stream_core* below_;
  std::string* rest_;
};

task<> send_rest(stream_core& below, std::string& rest) { co_await rest_leaf{below, rest}; }

task<> discard_all(stream_core& below) {
  while (!below.at_end) {
    const std::string_view unwanted = co_await fill_leaf{below};
    below.in.consume(unwanted.size());
  }
}

/// Goes on with what shutdown_write() could not send at once.
task<> flush_behind(std::shared_ptr<stream_core> below, std::shared_ptr<std::string> rest) {
  try {
    co_await send_rest(*below, *rest);
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): whoever reads will hear of it
  }
}

/// The socket of a stream that was closed while there was still something to do.
class farewell_core final : public socket_stream_core {
 public:
  farewell_core(int fd, std::string name) : socket_stream_core{fd}, name_{std::move(name)} {}
  std::string describe() const override { return name_; }

 private:
  std::string name_;
};

/// Sees a connection off that was closed.
task<> close_behind(std::unique_ptr<farewell_core> socket, std::string rest, bool await_end) {
  try {
    const bool sent = co_await move_on_after(farewell_limit, send_rest(*socket, rest));
    if (!sent || !await_end) co_return;
    socket->shut_down_writing();
    co_await move_on_after(answer_limit, discard_all(*socket));
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): nobody wants to know
  }
}

}  // namespace

tls_core::tls_core(std::shared_ptr<stream_core> below, std::string name, std::shared_ptr<tls_context_state> context,
                   std::shared_ptr<const tls_setup> setup, tls_peer peer)
    : stream_core{layer{}, *below},
      below_{std::move(below)},
      name_{std::move(name)},
      engine_{std::move(context), std::move(setup), std::move(peer), *this},
      until_new_keys_{bytes_per_key} {
  below_->use_system_calls();
  drains = below_->drains;
}

void tls_core::throw_error(int error, const char* what) const {
  const tls_failure* const failure = engine_.failure();
  if (error != explained || failure == nullptr) below_->throw_error(error, what);
  throw tls_error{failure->code, "TLS with " + name_ + ": " + failure->text, failure->reasons};
}

int tls_core::failed() const noexcept { return fail(engine_.failure() != nullptr ? explained : engine_.input_error()); }

// ---- reading --------------------------------------------------------------------------------------------------------

ssize_t tls_core::receive_ciphertext(std::span<char> room) noexcept {
  if (!below_->in.empty()) {
    const std::size_t n = std::min(room.size(), below_->in.size());
    std::memcpy(room.data(), below_->in.view().data(), n);
    below_->in.consume(n);
    return static_cast<ssize_t>(n);
  }
  if (below_->at_end) return 0;
  if (below_->drained()) return fail(EAGAIN);
  const ssize_t n = below_->receive(room);
  if (n > 0 && static_cast<std::size_t>(n) < room.size()) below_->set_drained();
  return n;
}

/// Nobody waits for an edge while the engine itself has more.
void tls_core::offer_what_was_read_ahead() noexcept {
  if (engine_.has_pending()) watch.came(watch.reader);
}

ssize_t tls_core::receive(std::span<char> room) noexcept {
  std::size_t got = 0;
  const progress result = engine_.decrypt(room, got);
  if (writer_needs_input_) {
    writer_needs_input_ = false;
    watch.came(watch.writer);
  }
  // A peer that has gone cannot be answered; what it had sent before counts all the same.
  if (!engine_.output().empty()) (void)flush();
  switch (result) {
    case progress::done:
      if (engine_.has_pending()) watch.reader.drained = false;
      return static_cast<ssize_t>(got);
    case progress::wants_input:
      return got != 0 ? static_cast<ssize_t>(got) : fail(EAGAIN);
    case progress::ended:
    case progress::failed:
      drains = false;  // the end, or the error, is next
      watch.reader.drained = false;
      if (got != 0) return static_cast<ssize_t>(got);
      return result == progress::ended ? 0 : failed();
  }
  return fail(EINVAL);
}

// ---- writing --------------------------------------------------------------------------------------------------------

ssize_t tls_core::send(const msghdr& message) noexcept {
  if (engine_.sending_ended()) return fail(EPIPE);
  if (flush() != 0) return -1;
  const bool may_read = engine_.in_handshake();
  std::size_t taken = 0;
  const progress result = encrypt(message, taken);
  if (may_read) offer_what_was_read_ahead();
  writer_needs_input_ = result == progress::wants_input;
  if (result == progress::failed) return failed();
  if (flush() != 0 && !means_later(errno)) return -1;
  return taken != 0 ? static_cast<ssize_t>(taken) : fail(EAGAIN);
}

progress tls_core::encrypt_piece(std::string_view piece, std::size_t& taken) noexcept {
  const progress result = engine_.encrypt(piece);
  if (result != progress::done) return result;
  taken += piece.size();
  if (until_new_keys_ < piece.size()) {
    until_new_keys_ = bytes_per_key;
    return engine_.update_keys(false);
  }
  until_new_keys_ -= piece.size();
  return result;
}

/// Encrypts a batch. What does not fill a record by itself is put together with what follows it.
progress tls_core::encrypt(const msghdr& message, std::size_t& taken) noexcept {
  std::array<char, record_size> small;
  std::size_t collected = 0;
  std::size_t room = tls_output::batch;
  std::span<const iovec> parts{message.msg_iov, message.msg_iovlen};
  while (!parts.empty() && room != 0) {
    std::string_view part{static_cast<const char*>(parts.front().iov_base), parts.front().iov_len};
    parts = parts.subspan(1);
    const bool last = parts.empty() || part.size() >= room;
    part = part.substr(0, room);
    room -= part.size();
    if (collected == 0 && last) return encrypt_piece(part, taken);
    while (!part.empty()) {
      if (collected == 0 && part.size() >= record_size) {
        const std::size_t whole = part.size() - part.size() % record_size;
        const progress result = encrypt_piece(part.substr(0, whole), taken);
        if (result != progress::done) return result;
        part.remove_prefix(whole);
        continue;
      }
      const std::size_t n = std::min(part.size(), small.size() - collected);
      std::memcpy(small.data() + collected, part.data(), n);
      collected += n;
      part.remove_prefix(n);
      if (collected < small.size()) break;
      const progress result = encrypt_piece({small.data(), std::exchange(collected, 0)}, taken);
      if (result != progress::done) return result;
    }
  }
  return collected != 0 ? encrypt_piece({small.data(), collected}, taken) : progress::done;
}

int tls_core::flush() noexcept {
  tls_output& out = engine_.output();
  while (!out.empty()) {
    const std::string_view bytes = out.view();
    iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    const ssize_t n = below_->send(message);
    if (n >= 0) {
      out.consume(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (means_later(errno)) return -1;
    const int error = errno;
    out.consume(bytes.size());
    engine_.look_for_alert();  // it says more than that the peer has gone
    return engine_.failure() != nullptr ? failed() : fail(error);
  }
  return below_->flush();
}

int tls_core::shut_down_writing() noexcept {
  if (engine_.sending_ended()) return 0;
  if (engine_.end_sending() == progress::failed) return failed();
  if (flush() == 0) return 0;
  if (!means_later(errno)) return fail(ENOTCONN);
  try {
    // Nobody will write, and the peer may wait for this: it must not depend on somebody who reads.
    rest_ = std::make_shared<std::string>(engine_.output().view());
    engine_.output().consume(rest_->size());
    create_task(flush_behind(below_, rest_), {.name = "tls_stream.shutdown_write"});
    return 0;
  } catch (const std::bad_alloc&) {
    return fail(ENOMEM);
  }
}

void tls_core::renew_keys() {
  const progress result = engine_.update_keys(true);
  (void)flush();  // what finds no room now goes with the next write
  until_new_keys_ = bytes_per_key;
  offer_what_was_read_ahead();
  if (result == progress::failed) {
    (void)failed();
    throw_error(errno, "renew the keys with");
  }
}

// ---- beginning and end ----------------------------------------------------------------------------------------------

int tls_core::handshake() noexcept {
  if (!engine_.handshake_done()) {
    const progress result = engine_.handshake();
    if (result == progress::failed) {
      const int error = engine_.failure() != nullptr ? explained : engine_.input_error();
      (void)flush();  // the alert tells the peer why
      return fail(error);
    }
    if (result != progress::done) return flush() != 0 ? -1 : fail(EAGAIN);
  }
  if (flush() != 0) {
    // Nobody needs to wait for tickets: a client may have said all it wanted and be gone, and what it has said counts.
    const bool only_tickets = engine_.is_server() && SSL_version(engine_.ssl()) == TLS1_3_VERSION;
    const bool passes = means_later(errno) || errno == EPIPE || errno == ECONNRESET;
    if (!only_tickets || !passes || engine_.failure() != nullptr) return -1;
  }
  if (engine_.has_pending()) watch.reader.drained = false;
  return 0;
}

/// Says goodbye. Leaves the descriptor open if that takes longer than a call, and a task of its own does it.
void tls_core::end_orderly() noexcept {
  if (cannot_write || !engine_.handshake_done() || engine_.failure() != nullptr) return;
  if (engine_.end_sending() != progress::done) return;
  if (flush() != 0 && !means_later(errno)) return;
  // What the peer sends and nobody reads makes the kernel reset the connection, and the peer may lose what it has not
  // read. A server of TLS 1.3 sends tickets before anything else: they may still be under way.
  const bool tickets_to_come = !engine_.is_server() && engine_.has_sent() && !engine_.has_heard();
  const bool unsent = !engine_.output().empty() || (rest_ && !rest_->empty());
  if ((tickets_to_come || unsent) && go_on_behind(tickets_to_come)) return;
  std::array<char, 4096> unread;
  for (int i = 0; i < 16 && below_->receive(unread) > 0; ++i) {
  }
}

bool tls_core::go_on_behind(bool await_end) noexcept {
  const bool has_socket = dynamic_cast<socket_stream_core*>(below_.get()) != nullptr && native_handle() >= 0;
  if (!has_socket) return false;
  try {
    check_loop();
    std::string rest = rest_ ? std::exchange(*rest_, {}) : std::string{engine_.output().view()};
    auto socket = std::make_unique<farewell_core>(std::exchange(watch.fd, -1), name_);
    create_task(close_behind(std::move(socket), std::move(rest), await_end), {.name = "tls_stream.close"});
    return true;
  } catch (const std::exception&) {  // another thread, or the loop has ended: now or never
    return false;
  }
}

void tls_core::release(int fd) noexcept {
  watch.fd = fd;
  end_orderly();
  below_->close();
}

}  // namespace weft::detail
