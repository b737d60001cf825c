// How long a connection waits for what.

#include "http/server_connection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "http/requests_ahead.hpp"
#include "net/stream_core.hpp"

namespace weft::http::detail {

namespace {

using namespace std::chrono_literals;
using weft::detail::deadline_after;
using weft::detail::never;

constexpr auto drain_grace = 250ms;  ///< for a request that is on its way when the server begins to drain

}  // namespace

void server_connection::passed() noexcept {
  if (writing_ || sending_in_background_) return look_at_sending();
  expired_ = true;
  weft::detail::io_watch& watch = stream_access::core(stream_).watch;
  if (weft::detail::leaf* const reader = watch.take_waiter(watch.reader)) reader->wake();
}

void server_connection::begin_sending() noexcept {
  sent_before_.reset();
  deadline_in(server_.options.send_timeout / 2);
}

void server_connection::end_sending() noexcept {
  no_deadline();
  if (body_deadline_ != never) set_deadline(body_deadline_);
}

/// Half of the time for sending has passed: the client must have taken enough since the half before.
void server_connection::look_at_sending() noexcept {
  const std::chrono::nanoseconds half = server_.options.send_timeout / 2;
  const sending_progress now = sending_progress::of(stream_.native_handle());
  if (sent_before_) {
    const auto least = static_cast<std::uint64_t>(static_cast<double>(server_.options.min_send_rate) *
                                                  std::chrono::duration<double>{half}.count());
    const bool counted = now.taken != 0;
    const bool enough = counted ? now.taken - sent_before_->taken >= std::max<std::uint64_t>(least, 1)
                                : now.queued != sent_before_->queued;
    if (!enough) {
      reset();  // the kernel would keep what is queued, for a client that may never take it
      return;
    }
  }
  sent_before_ = now;
  deadline_in(half);
}

void server_connection::begin_to_drain() noexcept {
  if (phase_ != phase::idle) return;
  set_deadline(std::min(deadline(), deadline_after(idle_since_, std::chrono::nanoseconds{drain_grace}.count())));
}

/// About to wait for a request, or for the rest of its head.
void server_connection::begin_waiting() noexcept {
  const std::int64_t now = loop_.recent_time();
  if (head_bytes_ == 0) {
    release_work();
    ahead_.reset();
    phase_ = phase::idle;
    idle_since_ = now;
    deadline_in(server_.draining.is_set() ? drain_grace
                : requests_ == 0          ? server_.options.header_timeout
                                          : server_.options.idle_timeout);
  } else if (phase_ != phase::head) {
    phase_ = phase::head;
    deadline_in(server_.options.header_timeout);
  }
}

}  // namespace weft::http::detail
