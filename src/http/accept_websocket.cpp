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
  ~drain_circle() {
    watch_.cancel();
    circles().erase(draining_);
  }

  /// Of this thread's servers.
  static std::shared_ptr<drain_circle> of(event& draining) {
    std::weak_ptr<drain_circle>& known = circles()[&draining];
    std::shared_ptr<drain_circle> circle = known.lock();
    if (!circle) known = circle = std::make_shared<drain_circle>(draining);
    return circle;
  }

  /// A WebSocket in the circle.
  class seat {
   public:
    seat(event& draining, websocket_core& core) : circle_{of(draining)}, core_{&core} {
      circle_->members_.push_back(core);
      if (draining.is_set()) core.send_going_away();
    }
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;
    ~seat() {
      circle_->members_.remove(*core_);
      core_->stop_when_gone(nullptr);
    }

   private:
    std::shared_ptr<drain_circle> circle_;
    websocket_core* core_;
  };

 private:
  using by_event = std::unordered_map<event*, std::weak_ptr<drain_circle>>;
  static by_event& circles() {
    thread_local by_event known;
    return known;
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

/// What stands in the response until the connection is handed over.
class websocket_successor {
 public:
  websocket_successor(std::unique_ptr<websocket_handler> handler, const websocket_options& options,
                      websocket_agreement agreed)
      : handler_{std::move(handler)}, begins_{std::make_unique<beginning>(options, std::move(agreed))} {
    begins_->options.subprotocols = begins_->options.origin = {};
  }
  task<> operator()(byte_stream stream, event& draining) {
    const std::unique_ptr<beginning> how = std::move(begins_);
    websocket_session session{std::move(stream), websocket_role::server, how->options, std::move(how->agreed)};
    return serve(std::move(session), draining, *handler_);
  }

 private:
  /// As with() does it, in one frame: there may be many that only wait.
  static task<> serve(websocket_session session, event& draining, websocket_handler& handler) {
    const drain_circle::seat seat{draining, session.core()};
    weft::detail::boundary<void> block;
    std::exception_ptr error;
    bool stopped = false;
    try {
      block.adopt(handler.serve(session.get()));
    } catch (...) {  // it is no coroutine, or could not become one
      error = std::current_exception();
    }
    if (!error) {
      session.core().stop_when_gone(&block);
      const std::optional<result<void>> ended = co_await block;
      session.core().stop_when_gone(nullptr);
      stopped = !ended;
      if (ended) error = ended->error();
    }
    exit_reason how{error};
    if (stopped) how = exit_reason::stop();
    co_await end(session, std::move(how));
    const bool stopped_outside = co_await weft::detail::stop_pending{};
    if (stopped && stopped_outside) co_await weft::detail::pass_stop{};
  }
  static task<> end(websocket_session& session, exit_reason how) {
    const bool peers_fault = !session.core().is_open() && is_websocket_error(how.error());
    co_await weft::detail::masked{session.end(how)};
    if (how.error() && !peers_fault) std::rethrow_exception(how.error());
  }

  /// What is of no more use once it is open.
  struct beginning {
    beginning(const websocket_options& given, websocket_agreement found) : options{given}, agreed{std::move(found)} {}
    websocket_options options;
    websocket_agreement agreed;
  };

  std::unique_ptr<websocket_handler> handler_;
  std::unique_ptr<beginning> begins_;
};

}  // namespace

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
  server_response agreed =
      server_response::upgrade("websocket", websocket_successor{std::move(handler), options, std::move(answer.agreed)});
  for (const auto [name, value] : answer.fields) agreed.header(name, value);
  return agreed;
}

}  // namespace weft::http::detail
