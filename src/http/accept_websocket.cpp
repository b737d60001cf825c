#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <weft/core/create_task.hpp>
#include <weft/core/detail/boundary.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/http/accept_websocket.hpp>

#include "http/websocket_handshake.hpp"
#include "http/websocket_session.hpp"

namespace weft::http::detail {

namespace {

/// The WebSockets of a server whose peers are to be told when it drains: one task waits for all of them.
class drain_circle {
 public:
  explicit drain_circle(event& draining) : draining_{&draining}, watch_{create_task(wait(*this))} {}
  drain_circle(const drain_circle&) = delete;
  drain_circle& operator=(const drain_circle&) = delete;
  ~drain_circle() { watch_.cancel(); }

  /// A WebSocket in the circle of its server, which is there as long as it has members.
  class seat {
   public:
    seat(event& draining, websocket_core& core) : circle_{&of(draining)}, core_{&core} {
      circle_->members_.push_back(core);
      if (draining.is_set()) core.send_going_away();
    }
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;
    ~seat() {
      circle_->members_.remove(*core_);
      event* const server = circle_->draining_;
      if (circle_->members_.empty()) circles().erase(server);
      core_->stop_when_gone(nullptr);
    }

   private:
    drain_circle* circle_;
    websocket_core* core_;
  };

 private:
  using by_event = std::unordered_map<event*, std::unique_ptr<drain_circle>>;
  /// Of this thread's servers.
  static by_event& circles() {
    thread_local by_event known;
    return known;
  }
  static drain_circle& of(event& draining) {
    std::unique_ptr<drain_circle>& circle = circles()[&draining];
    if (!circle) circle = std::make_unique<drain_circle>(draining);
    return *circle;
  }

  static task<> wait(drain_circle& self) {
    co_await self.draining_->wait();
    using list = weft::detail::list<websocket_core>;
    for (websocket_core* core = self.members_.front(); core != nullptr; core = list::after(*core)) {
      core->send_going_away();
    }
  }

  event* draining_;
  weft::detail::list<websocket_core> members_;
  task_handle<void> watch_;
};

bool is_websocket_error(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const websocket_error&) {
    return true;
  } catch (...) {  // NOLINT(bugprone-empty-catch): the handler's own
  }
  return false;
}

/// The closing handshake. Throws what the handler has failed with, unless that is its peer's fault.
task<> end(websocket_session& session, const exit_reason& how) {
  const bool peers_fault = !session.core().is_open() && is_websocket_error(how.error());
  co_await session.end(how);
  if (how.error() && !peers_fault) std::rethrow_exception(how.error());
}

/// What follows the handler.
task<> leave(websocket_session& session, const exit_reason& how) {
  co_await weft::detail::masked{end(session, how)};
  const bool stopped_outside = co_await weft::detail::stop_pending{};
  if (how.stopped() && stopped_outside) co_await weft::detail::pass_stop{};
}

/// As with() does it, in a frame that is as small as it can be: there may be many that only wait.
task<> run_handler(websocket_session session, event& draining, websocket_handler& handler) {
  const drain_circle::seat seat{draining, session.core()};
  exit_reason how;
  {
    weft::detail::boundary<void> block;
    try {
      block.adopt(handler.handle(session.get()));
    } catch (...) {  // it is no coroutine, or could not become one
      how = exit_reason{std::current_exception()};
    }
    if (how.ok()) {
      session.core().stop_when_gone(&block);
      const std::optional<result<void>> ended = co_await block;
      session.core().stop_when_gone(nullptr);
      if (ended) {
        how = exit_reason{ended->error()};
      } else {
        how = exit_reason::stop();
      }
    }
  }
  co_await leave(session, how);
}

}  // namespace

struct websocket_handler::beginning {
  beginning(const websocket_options& given, websocket_agreement found) : options{given}, agreed{std::move(found)} {
    options.subprotocols = options.origin = {};
  }
  websocket_options options;
  websocket_agreement agreed;
};

websocket_handler::websocket_handler() noexcept = default;
websocket_handler::~websocket_handler() = default;
void websocket_handler::begin_with(std::unique_ptr<beginning> how) noexcept { begins_ = std::move(how); }

task<> websocket_handler::serve(byte_stream connection, event& draining) {
  const std::unique_ptr<beginning> how = std::move(begins_);
  websocket_session session{std::move(connection), websocket_role::server, how->options, std::move(how->agreed)};
  return run_handler(std::move(session), draining, *this);
}

server_response accept_websocket(const server_request& request, std::unique_ptr<websocket_handler> handler,
                                 const websocket_options& options) {
  websocket_answer answer =
      answer_websocket_request(request.method(), request.version(), request.headers(), websocket_offer{options});
  if (answer.status != 101) {
    server_response refusal = server_response::text(answer.why + "\n");
    refusal.status(answer.status);
    for (const auto [name, value] : answer.fields) refusal.header(name, value);
    return refusal;
  }
  handler->begin_with(std::make_unique<websocket_handler::beginning>(options, std::move(answer.agreed)));
  server_response agreed = server_response::upgrade("websocket", std::unique_ptr<successor>{std::move(handler)});
  for (const auto [name, value] : answer.fields) agreed.header(name, value);
  return agreed;
}

}  // namespace weft::http::detail
