#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/describe/json.hpp>
#include <weft/http/response_writer.hpp>
#include <weft/http/server_response.hpp>

namespace weft::web {

/// One server-sent event. WHATWG HTML, section 9.2.
struct event_options {
  std::string_view type = {};  ///< what listeners are added for; "message" if empty
  std::string_view id = {};    ///< what the client tells after it has connected again (Last-Event-ID)
  /// How long the client waits before it connects again; 0: as before.
  std::chrono::milliseconds retry{0};
};
static_assert(std::is_trivially_destructible_v<event_options>);

/// Where server-sent events are written; see events().
class event_writer {
 public:
  /// Sends an event; waits while too much of what was sent before has not gone out. Throws std::invalid_argument for
  /// line breaks in the type or the id.
  [[nodiscard]] task<> send(std::string_view data, const event_options& options = {}) {
    return send_text(*to_, text_of(data, options));
  }
  /// The JSON text of a value.
  template <class T>
  [[nodiscard]] task<> send_json(const T& value, const event_options& options = {}) {
    return send_text(*to_, text_of(to_json(value), options));
  }
  /// Sends nothing that the client notices, but keeps what is between from closing the connection.
  [[nodiscard]] task<> keep_alive() { return send_text(*to_, ":\n\n"); }

  /// For the library's own use.
  explicit event_writer(http::response_writer& to) noexcept : to_{&to} {}

 private:
  static std::string text_of(std::string_view data, const event_options& options);
  static task<> send_text(http::response_writer& to, std::string text);

  http::response_writer* to_;
};

/// A response that is a stream of events, for EventSource in browsers: `function(event_writer&)` gives a task<> and
/// sends them; it is stopped where it waits when the client has gone. That a client has left is noticed by what is sent
/// to it next, or at once with server_options::end_means_gone: what seldom sends should keep_alive() now and then.
///
///     app.get("/ticks", [] {
///       return web::events([](web::event_writer& to) -> task<> {
///         for (int i = 0;; ++i, co_await sleep(1s)) co_await to.send(std::to_string(i));
///       });
///     });
template <class F>
  requires std::same_as<std::invoke_result_t<std::decay_t<F>&, event_writer&>, task<>>
[[nodiscard]] http::server_response events(F&& function) {
  return http::server_response::stream(
             [send = std::decay_t<F>(std::forward<F>(function))](http::response_writer& to) mutable -> task<> {
               event_writer writer{to};
               co_await send(writer);
             },
             "text/event-stream")
      .header("cache-control", "no-store");
}

}  // namespace weft::web
