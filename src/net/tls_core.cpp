#include "net/tls_core.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <weft/core/create_task.hpp>

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

/// Hands the last of what a stream had to say to the kernel, once it has room.
task<> flush_behind(std::shared_ptr<stream_core> below, std::string ciphertext) {
  try {
    co_await write_leaf{below.get(), ciphertext, {}};
  } catch (const std::system_error&) {  // whoever reads from the stream will hear of it
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
  if (!engine_.has_pending()) return;
  watch.reader.drained = false;
  if (leaf* const reader = watch.take_waiter(watch.reader)) {
    reader->wake();
  } else {
    watch.reader.edge = true;
  }
}

ssize_t tls_core::receive(std::span<char> room) noexcept {
  std::size_t got = 0;
  const progress result = engine_.decrypt(room, got);
  if (!engine_.output().empty() && flush() != 0 && !means_later(errno)) {
    // The peer has gone; what it had sent before counts all the same.
  }
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
    std::string rest{engine_.output().view()};
    engine_.output().consume(rest.size());
    create_task(flush_behind(below_, std::move(rest)), {.name = "tls_stream.shutdown_write"});
    return 0;
  } catch (const std::bad_alloc&) {
    return fail(ENOMEM);
  }
}

void tls_core::renew_keys() {
  const progress result = engine_.update_keys(true);
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

void tls_core::end_orderly() noexcept {
  if (cannot_write || !engine_.handshake_done() || engine_.failure() != nullptr) return;
  if (engine_.end_sending() != progress::done || flush() != 0) return;
  // What the peer has sent and nobody has read makes the kernel reset the connection, and the peer may lose what it has
  // not read. There is nearly always something: the tickets of TLS 1.3.
  std::array<char, 4096> unread;
  for (int i = 0; i < 16 && below_->receive(unread) > 0; ++i) {
  }
}

void tls_core::release(int fd) noexcept {
  watch.fd = fd;
  end_orderly();
  below_->close();
}

}  // namespace weft::detail
