#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <weft/core/create_task.hpp>
#include <weft/http/accept_websocket.hpp>

#include "http/websocket_handshake.hpp"
#include "http/websocket_session.hpp"

namespace weft::http::detail {

namespace {

/// Tells the peer when the server drains.
task<> watch_drain(event& draining, std::shared_ptr<websocket_core> core) {
  co_await draining.wait();
  core->send_going_away();
}

/// Ends a task with its scope.
class task_guard {
 public:
  explicit task_guard(task_handle<void> task) noexcept : task_{std::move(task)} {}
  task_guard(const task_guard&) = delete;
  task_guard& operator=(const task_guard&) = delete;
  ~task_guard() { task_.cancel(); }

 private:
  task_handle<void> task_;
};

/// The session as with() wants it.
class served_websocket {
 public:
  explicit served_websocket(websocket_session& session) noexcept : session_{&session} {}

  websocket& enter() noexcept { return session_->get(); }
  task<bool> exit(const exit_reason& how) { return leave(*session_, how); }

 private:
  static task<bool> leave(websocket_session& session, exit_reason how) {
    const bool was_open = session.core()->is_open();
    const bool peers_fault = !was_open && is_websocket_error(how.error());
    co_await session.end(how);
    co_return peers_fault;
  }
  static bool is_websocket_error(const std::exception_ptr& error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const websocket_error&) {
      return true;
    } catch (...) {  // NOLINT(bugprone-empty-catch): the handler's own
    }
    return false;
  }

  websocket_session* session_;
};

/// What stands in the response until the connection is handed over.
class websocket_successor {
 public:
  websocket_successor(std::unique_ptr<websocket_handler> handler, const websocket_options& options,
                      websocket_agreement agreed)
      : handler_{std::move(handler)}, options_{options}, agreed_{std::move(agreed)} {
    options_.subprotocols = options_.origin = {};
  }
  task<> operator()(byte_stream stream, event& draining) {
    return serve(std::move(stream), draining, *handler_, options_, std::move(agreed_));
  }

 private:
  static task<> serve(byte_stream stream, event& draining, websocket_handler& handler, const websocket_options& options,
                      websocket_agreement agreed) {
    websocket_session session{std::move(stream), websocket_role::server, options, std::move(agreed)};
    const task_guard watch{create_task(watch_drain(draining, session.core()), {.name = "websocket.drain"})};
    co_await with(served_websocket{session}, [&](websocket& ws) { return handler.serve(ws); });
  }

  std::unique_ptr<websocket_handler> handler_;
  websocket_options options_;
  websocket_agreement agreed_;
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
