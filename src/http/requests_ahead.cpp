// Requests of a connection that are handled while those before them are: pipelining, RFC 9112, section 9.3.2.

#include "http/requests_ahead.hpp"

#include <utility>

#include "http/methods.hpp"
#include "net/stream_core.hpp"

namespace weft::http::detail {

namespace {

/// Nothing happens by handling it beside others, and it can be handled without reading on.
bool may_overtake(const request_parser& parser) noexcept {
  return is_safe(parser.head().method) && parser.done() && !parser.has_body() && !parser.wants_upgrade();
}

}  // namespace

request_ahead::~request_ahead() {
  if (work != nullptr) connection.server_.give_back(work);
}

task<server_response> request_ahead::answer(std::shared_ptr<request_ahead> self) {
  co_await self->ended.wait();
  if (self->failure) std::rethrow_exception(self->failure);
  // It was stopped, as is what waits here.
  if (!self->response) throw cancelled_error{};
  co_return std::move(*self->response);
}

task<> server_connection::handle_ahead(connection_reference keep, std::shared_ptr<request_ahead> ahead) {
  struct ending {
    ~ending() { of.set(); }
    event& of;
  };
  const ending at_end{ahead->ended};
  try {
    server_response response = co_await (*keep).server_.handler->handle(ahead->request);
    ahead->response = std::move(response);
  } catch (...) {
    ahead->failure = std::current_exception();
  }
}

/// Whether one behind all those that are handled now may be handled, too.
bool server_connection::may_look_ahead() const noexcept {
  const std::size_t at_once = server_.options.concurrent_per_connection;
  if (at_once < 2 || closing_ || lost_ || server_.draining.is_set()) return false;
  if (!may_overtake(work_->parser)) return false;
  const std::size_t begun = ahead_ ? ahead_->begun.size() : 0;
  if (begun + 1 >= at_once) return false;
  const std::size_t most = server_.options.max_requests_per_connection;
  if (most != 0 && requests_ + begun >= most) return false;
  if (ahead_ && (ahead_->refusal || ahead_->next_waits)) return false;
  return (begun == 0 ? work_->parser : ahead_->begun.back()->work->parser).persistent();
}

/// Has the requests handled that have come behind the one that is handled now.
void server_connection::look_ahead() {
  weft::detail::stream_core& stream = stream_access::core(stream_);
  while (may_look_ahead() && !stream.in.view().empty()) {
    if (!ahead_) ahead_ = std::make_unique<requests_ahead>(server_);
    if (ahead_->next == nullptr) ahead_->next = server_.take_workspace();
    request_parser& parser = ahead_->next->parser;
    try {
      const auto [head, taken] = parse_head(parser, stream.in.view());
      stream.in.consume(taken);
      ahead_->next_bytes += taken;
      if (!head) return;
    } catch (const protocol_error& error) {
      ahead_->refusal = error;
      return;
    }
    if (!may_overtake(parser)) {
      ahead_->next_waits = true;
      return;
    }
    ahead_->next_bytes = 0;
    auto ahead = std::make_shared<request_ahead>(*this, std::exchange(ahead_->next, nullptr));
    ahead_->begun.push_back(ahead);
    retain();
    ahead->handler = server_.helpers.create_task(handle_ahead(connection_reference{*this}, ahead));
  }
}

/// The turn of the next request has come, whose handling has begun or whose head has been read in part.
server_connection::found server_connection::take_from_ahead() {
  requests_ahead& ahead = *ahead_;
  workspace* const before = work_;
  found what = found::head;
  if (!ahead.begun.empty()) {
    ahead.current = std::move(ahead.begun.front());
    ahead.begun.pop_front();
    work_ = ahead.current->work;
    choice_ = ahead.current->when_gone;
  } else {
    work_ = std::exchange(ahead.next, nullptr);
    head_bytes_ = std::exchange(ahead.next_bytes, 0);
    if (!std::exchange(ahead.next_waits, false)) what = found::nothing;
  }
  const bool refused = ahead.refusal && ahead.current == nullptr;
  before->out.append(work_->out.view());
  work_->out.swap(before->out);
  server_.give_back(before);
  if (refused) {
    refuse(ahead.refusal->status(), ahead.refusal->what());
    what = found::refusal;
  }
  return what;
}

/// The workspace is not needed any more.
void server_connection::release_work() noexcept {
  if (work_ == nullptr) return;
  if (ahead_ && ahead_->current) {
    ahead_->current.reset();
    work_ = nullptr;
  } else {
    server_.give_back(std::exchange(work_, nullptr));
  }
}

/// The request that was handled ahead has been answered.
void server_connection::end_current() noexcept {
  if (!ahead_->current) return;
  ahead_->current->work = nullptr;
  ahead_->current.reset();
}

/// The client has gone, or its connection ends.
void server_connection::stop_ahead() noexcept {
  if (ahead_->current && ahead_->current->stops()) ahead_->current->handler.cancel();
  for (const std::shared_ptr<request_ahead>& each : ahead_->begun)
    if (each->stops()) each->handler.cancel();
}

void server_connection::stop_when_gone(request_ahead& ahead, bool stops) noexcept {
  ahead.when_gone = stops ? choice::stops : choice::runs_on;
  if (ahead_->current.get() == &ahead) return stop_when_gone(stops);
  if (stops && gone_) ahead.handler.cancel();
}

}  // namespace weft::http::detail
