#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/describe/json.hpp>
#include <weft/http/headers.hpp>
#include <weft/http/http_error.hpp>
#include <weft/http/message.hpp>
#include <weft/net/endpoint.hpp>

namespace weft::http {

class request_parser;

namespace detail {
class server_connection;
struct request_ahead;
}  // namespace detail

/// A request that a server's handler answers. Its head is here; the body comes as it is asked for.
///
/// It lives until the response has been sent, streamed body included, and so do the views that it gives. Belongs to the
/// handler: one task at a time reads the body.
class server_request {
 public:
  /// What text(), json() and the like take where no other limit is given.
  static constexpr std::size_t default_limit = std::size_t{1} << 20;

  server_request(const server_request&) = delete;
  server_request& operator=(const server_request&) = delete;

  // ---- the head ----

  [[nodiscard]] std::string_view method() const noexcept;
  /// As in the request line; RFC 9112, section 3.2. "/a%20b?c=d", but "*" for OPTIONS, "host:port" for CONNECT, and a
  /// whole URL from clients that take this for a proxy.
  [[nodiscard]] std::string_view target() const noexcept;
  /// Of the target, percent-encoded as it came: "/a%20b". Empty if it has none.
  [[nodiscard]] std::string_view path() const noexcept;
  /// Of the target, percent-encoded as it came, without the question mark; empty if it has none. See url_query.
  [[nodiscard]] std::string_view query() const noexcept;
  [[nodiscard]] http_version version() const noexcept;
  [[nodiscard]] const http::headers& headers() const noexcept;
  /// The value of the first header field of that name; empty if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  /// The client asks for another protocol; see server_response::upgrade.
  [[nodiscard]] bool wants_upgrade() const noexcept;

  // ---- the body ----

  /// The client has announced a body, perhaps an empty one.
  [[nodiscard]] bool has_body() const noexcept;
  /// The announced size of the body; nullopt if it is chunked, 0 if there is none.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept;
  /// The next piece of the body, never empty, as it came; nullopt at its end. Good until the next call. The client is
  /// kept waiting meanwhile. A client that waits to be asked for the body (Expect: 100-continue) is asked by the first
  /// call. Throws http_error, and std::system_error if the connection breaks. This must live until it is done.
  [[nodiscard]] task<std::optional<std::string_view>> next();
  /// All that is left of the body. Throws http_error with 413 above `limit` bytes, and as next() does.
  [[nodiscard]] task<std::string> text(std::size_t limit = default_limit);
  /// The value that the body describes. Throws http_error with 400 where that is no JSON, with 422 where it is of
  /// another shape, and as text() does.
  template <class T>
  [[nodiscard]] task<T> json(std::size_t limit = default_limit) {
    return read_json_body<T>(*this, limit);
  }
  /// The fields after a chunked body, once next() has given its end.
  [[nodiscard]] const http::headers& trailers() const noexcept;

  // ---- the client ----

  /// Where it is; 0.0.0.0:0 over a Unix socket. With server_options::proxy_protocol, what the proxy says.
  [[nodiscard]] const endpoint& peer() const noexcept;
  /// Where it has connected to.
  [[nodiscard]] endpoint local() const;
  [[nodiscard]] bool is_tls() const noexcept;
  /// It has closed the connection both ways, or reset it.
  [[nodiscard]] bool client_gone() const noexcept;
  /// Whether the handler is stopped when the client goes away. From the start: for safe methods (GET, HEAD, OPTIONS,
  /// TRACE) and for a streamed body, but not for what may change something. A client that has sent the end of its
  /// stream may wait for the answer, and has not gone.
  void stop_when_gone(bool stops) noexcept;

  /// Tells the client of what it will need, before the answer: 103 with the given fields (`Link: </style.css>;
  /// rel=preload`). RFC 8297. Sent with what is sent next. HTTP/1.0 clients get nothing.
  void send_early_hints(const http::headers& fields);

 private:
  friend class detail::server_connection;
  friend struct detail::request_ahead;
  explicit server_request(detail::server_connection& connection) noexcept : connection_{&connection} {}
  server_request(detail::server_connection& connection, detail::request_ahead& ahead) noexcept
      : connection_{&connection}, ahead_{&ahead} {}
  const request_parser& parser() const noexcept;
  template <class T>
  static task<T> read_json_body(server_request& self, std::size_t limit);
  [[noreturn]] static void refuse_json(const json_problems& problems);

  detail::server_connection* connection_;
  detail::request_ahead* ahead_ = nullptr;  // where it is handled before its turn to be answered
};

// ---- implementation ------------------------------------------------------------------------------------------------

template <class T>
task<T> server_request::read_json_body(server_request& self, std::size_t limit) {
  const std::string body = co_await self.text(limit);
  T value{};
  if (json_problems problems = read_json(body, value); !problems.none()) refuse_json(problems);
  co_return value;
}

}  // namespace weft::http
