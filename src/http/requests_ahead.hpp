#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <weft/core/task_handle.hpp>
#include <weft/http/error.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/sync/event.hpp>

#include "http/server_connection.hpp"

namespace weft::http::detail {

/// A request that is handled before its turn to be answered has come. Shared by its connection and its handler's task.
struct request_ahead {
  /// @param adopted holds its head.
  request_ahead(server_connection& of, workspace* adopted) noexcept
      : connection{of}, work{adopted}, request{of, *this} {}
  request_ahead(const request_ahead&) = delete;
  request_ahead& operator=(const request_ahead&) = delete;
  ~request_ahead();

  bool stops() const noexcept { return when_gone != server_connection::choice::runs_on; }
  /// What its handler has answered, once it has; throws what that threw.
  static task<server_response> answer(std::shared_ptr<request_ahead> self);

  server_connection& connection;
  workspace* work;  ///< in `out`: what has to be sent before its answer
  server_request request;
  server_connection::choice when_gone = server_connection::choice::by_method;
  any_task_handle handler;
  event ended;  ///< the handler has
  std::optional<server_response> response;
  std::exception_ptr failure;
};

/// What has come of a connection while a request before it was handled.
struct requests_ahead {
  explicit requests_ahead(server_state& of) noexcept : server{of} {}
  requests_ahead(const requests_ahead&) = delete;
  requests_ahead& operator=(const requests_ahead&) = delete;
  ~requests_ahead() {
    if (next != nullptr) server.give_back(next);
  }

  bool empty() const noexcept { return begun.empty() && next == nullptr; }

  server_state& server;
  std::shared_ptr<request_ahead> current;            ///< its turn has come; its workspace is the connection's
  std::deque<std::shared_ptr<request_ahead>> begun;  ///< those behind it that are handled already
  workspace* next = nullptr;                         ///< holds the head of the next one, as far as it has come
  std::size_t next_bytes = 0;                        ///< of that head
  bool next_waits = false;                           ///< it is complete, but must wait for its turn
  std::optional<protocol_error> refusal;             ///< what is wrong with it
};

}  // namespace weft::http::detail
