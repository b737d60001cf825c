// What a connection does beside its handler: it sends what there is, and notices that the client has gone.

#include "http/server_connection.hpp"

#include <poll.h>

#include <chrono>
#include <system_error>
#include <utility>
#include <weft/core/sleep.hpp>

#include "http/methods.hpp"
#include "http/output_turn.hpp"
#include "http/request_fill.hpp"
#include "http/requests_ahead.hpp"
#include "net/stream_core.hpp"

namespace weft::http::detail {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_ahead = std::size_t{64} << 10;  ///< of requests that are read while a handler runs

}  // namespace

/// Says that a helper is there, for as long as the helper is.
class helper_mark {
 public:
  helper_mark(server_connection& of, bool& mark) noexcept : of_{&of}, mark_{&mark} {
    of.retain();
    mark = true;
  }
  helper_mark(helper_mark&& other) noexcept : of_{std::exchange(other.of_, nullptr)}, mark_{other.mark_} {}
  helper_mark& operator=(helper_mark&&) = delete;
  ~helper_mark() {
    if (of_ == nullptr) return;
    *mark_ = false;
    of_->helper_ended();
    of_->release();
  }

 private:
  server_connection* of_;
  bool* mark_;
};

void server_connection::schedule() noexcept {
  if (std::exchange(queued_, true)) return;
  retain();
  loop_.push(*this);
}

void* server_connection::run() noexcept {
  queued_ = false;
  if (handling_in_ != nullptr && !lost_) {
    look_ahead();
    if (!work_->out.empty() && !writing_ && !sending_in_background_) {
      sender_ = server_.helpers.create_task(send_in_background(*this, helper_mark{*this, sending_in_background_}));
    }
    if (request_read() && !watching_ && !gone_ && !ended_) {
      watcher_ = server_.helpers.create_task(watch_client(*this, helper_mark{*this, watching_}));
    }
  }
  release();
  return nullptr;
}

void server_connection::wake_output() noexcept {
  if (waiting_for_output_ != nullptr) std::exchange(waiting_for_output_, nullptr)->wake();
}

void server_connection::helper_ended() noexcept {
  wake_output();
  if (left_ && !sending_in_background_) release_work();
}

task<> server_connection::send_in_background(server_connection& self, helper_mark) {
  pooled_bytes& sending = self.work_->sending;
  try {
    while (!self.work_->out.empty() && !self.lost_) {
      sending.cut(0);
      sending.swap(self.work_->out);
      self.wake_output();
      self.begin_sending();
      co_await self.stream_.write(sending.view());
      self.end_sending();
    }
  } catch (const std::system_error&) {
    self.connection_lost();
  }
  sending.cut(0);
}

/// Reads ahead, to notice when the client goes away.
task<> server_connection::watch_client(server_connection& self, helper_mark) {
  try {
    while (self.stream_.buffered().size() - self.taken_ < most_ahead) {
      co_await request_fill{stream_access::core(self.stream_), self};
      self.look_ahead();
      if (!self.stream_.at_end()) continue;
      // The other half may follow, and nothing tells of that while nothing is sent.
      while (!self.hung_up()) co_await sleep(1s);
      break;
    }
    if (!self.stream_.at_end()) co_return;
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): it was reset
  }
  self.connection_lost();
}

/// After the end of what the client sends: it takes nothing any more either.
bool server_connection::hung_up() noexcept {
  ended_ = true;
  if (server_.options.end_means_gone) return true;
  pollfd state{.fd = stream_.native_handle(), .events = 0, .revents = 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP)) != 0;
}

task<> server_connection::end_helpers(server_connection& self) {
  if (self.watching_) self.watcher_.cancel();
  while (self.watching_ || self.sending_in_background_) co_await output_turn{self};
}

/// The client has gone.
void server_connection::connection_lost() noexcept {
  gone_ = lost_ = true;
  if (ahead_) stop_ahead();
  if (handling_in_ != nullptr && stops()) handling_in_->request_stop();
  wake_output();
}

bool server_connection::stops() const noexcept {
  if (choice_ != choice::by_method) return choice_ == choice::stops;
  return streaming_ != nullptr || is_safe(work_->parser.head().method);
}

void server_connection::stop_when_gone(bool stops) noexcept {
  choice_ = stops ? choice::stops : choice::runs_on;
  if (stops && gone_ && handling_in_ != nullptr) handling_in_->request_stop();
}

}  // namespace weft::http::detail
