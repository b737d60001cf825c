#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/task.hpp>
#include <weft/core/with.hpp>
#include <weft/http/parser_limits.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/net/owned_descriptor.hpp>
#include <weft/net/tls_context.hpp>

namespace weft::http {

/// Where and how a server serves. Times and numbers that are 0 have no limit.
struct server_options {
  /// A name or an address in numbers; a name is listened on at all its addresses. "" is every address of the machine.
  std::string_view host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: the kernel picks one; see server::port
  /// Serve at a Unix socket's path instead; see unix_listener.
  std::string_view unix_path = {};
  /// Or at no address at all, but on the connections that it is given; see server::serve.
  bool listen = true;
  /// Serve over TLS, with this server's context. It may end before the server does. It should agree to "http/1.1" only
  /// (tls_context::alpn).
  const tls_context* tls = nullptr;
  int backlog = 4096;  ///< how many connections may wait to be accepted
  /// Let servers of other loops or processes serve at the same port (SO_REUSEPORT); see run_workers.
  bool reuse_port = false;
  /// Every connection begins with a header of the PROXY protocol, version 1 or 2, which tells where the client is.
  /// Only behind a proxy that sends it: anybody else could claim to be anybody.
  bool proxy_protocol = false;

  std::chrono::nanoseconds header_timeout = std::chrono::seconds{10};  ///< for a request's head, from its first byte
  /// How long a body may keep the server waiting in all, beside what min_receive_rate allows it for its size.
  std::chrono::nanoseconds body_timeout = std::chrono::seconds{20};
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds{75};  ///< between two requests
  /// How long a client may take nothing of what it is sent, or less than min_send_rate.
  std::chrono::nanoseconds send_timeout = std::chrono::seconds{30};
  std::size_t min_receive_rate = 512;  ///< bytes a second
  std::size_t min_send_rate = 512;     ///< bytes a second

  std::size_t max_connections = 0;  ///< further ones get a 503
  /// Further ones get a 503. The addresses of an IPv6 network of 64 bits, which one user has, count as one.
  std::size_t max_connections_per_address = 0;
  std::size_t max_requests_per_connection = 0;
  /// How many requests of one connection are handled at the same time, where the client sends them without waiting for
  /// the answers; see server.
  std::size_t concurrent_per_connection = 1;
  parser_limits limits = {};
  /// How much of a body that the handler has not read is read and dropped, so that the connection can go on; and how
  /// much of what a refused client goes on sending, so that it can read the answer.
  std::size_t discard_limit = std::size_t{64} << 10;
  /// A client that has sent the end of its stream has gone: it does not wait for the answer.
  bool end_means_gone = false;
  /// How long requests that are under way have when the server's block is left; see server::drain. 0: no time.
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds{10};
  /// What the Server field of responses says; none if empty.
  std::string_view server_name = {};
};
static_assert(std::is_trivially_destructible_v<server_options>);

namespace detail {

class server_state;

/// What answers requests.
class request_handler {
 public:
  virtual ~request_handler() = default;
  virtual task<server_response> handle(server_request& request) = 0;
};

template <class F>
class request_handler_of final : public request_handler {
 public:
  explicit request_handler_of(F function) : function_(std::move(function)) {}
  task<server_response> handle(server_request& request) override { return function_(request); }

 private:
  F function_;
};

template <class F>
concept handles_requests = std::same_as<std::invoke_result_t<std::decay_t<F>&, server_request&>, task<server_response>>;

}  // namespace detail

/// Serves HTTP/1.1 (and 1.0) inside a block. RFC 9110, RFC 9112.
///
///     co_await with(http::server{[](http::server_request& request) -> task<http::server_response> {
///                                  co_return http::server_response::text("hello " + std::string{request.path()});
///                                }, {.port = 8080}},
///                   [](http::server& server) -> task<> { co_await weft::sleep(1h); });
///
/// The server owns the handler, and calls it for each request; requests of one connection one after the other, also
/// where the client does not wait for the answers (pipelining). A handler that throws harms nobody else: an http_error
/// is the answer, anything else a 500 with nothing in it, and the error goes to the loop's exception handler.
///
/// With server_options::concurrent_per_connection, pipelined requests of safe methods (GET, HEAD, OPTIONS, TRACE)
/// without a body are handled while those before them still are; the answers go out in the order of the requests all
/// the same. Any other request waits until all before it are answered, and those behind it wait for it. RFC 9112,
/// section 9.3.2.
///
/// Entering listens. Leaving drains for server_options::drain_timeout, then stops the handlers that still run, and
/// waits for them.
class server {
 public:
  /// @param handler gives a task<server_response> when called with a server_request&.
  template <class F>
    requires detail::handles_requests<F>
  explicit server(F&& handler, server_options options = {})
      : server{std::make_unique<detail::request_handler_of<std::decay_t<F>>>(std::forward<F>(handler)), options} {}
  /// Adds a socket that listens already, TCP or Unix (see inherited_descriptors), which is then served instead of what
  /// the options say. Any number of them. Before with(); entering throws std::system_error for what does not listen.
  server& listen_on(owned_descriptor listening) &;
  server&& listen_on(owned_descriptor listening) && { return std::move(listen_on(std::move(listening))); }

  /// Serves a connection that came in another way: over a pipe, or from a test without sockets. Inside the server's
  /// block. Throws std::logic_error outside of it, or when it drains.
  /// @param peer where the client is said to be.
  void serve(byte_stream connection, const endpoint& peer = {});

  server(server&& other) noexcept;
  server& operator=(server&& other) = delete;
  ~server();

  /// The port it listens on. Throws std::logic_error before it listens, and at a Unix socket.
  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:8080", for clients on this machine. Throws as port() does.
  [[nodiscard]] std::string url() const;
  /// How many connections are open, those that speak another protocol by now included.
  [[nodiscard]] std::size_t connections() const noexcept;
  /// The sockets that it listens on, which it keeps: to be handed over to a process that takes its place; see
  /// command::pass_listening. Once that serves, drain() this one: no connection is lost.
  [[nodiscard]] std::vector<int> listening() const;
  /// Accepts nothing more but what has come already; open connections go on. Harmless when repeated. Throws
  /// std::bad_alloc.
  void stop_accepting();
  /// Ends in peace: accepts nothing more, closes idle connections, lets the requests that are under way end with
  /// `Connection: close`, and tells connections that speak another protocol (see server_response::upgrade). Returns
  /// when all connections have ended: true; or when `limit` has passed: false, and those that are left go on. Leaving
  /// the server's block stops them. A stop ends the waiting.
  [[nodiscard]] task<bool> drain(std::chrono::nanoseconds limit);
  /// drain() has begun.
  [[nodiscard]] bool draining() const noexcept;

  /// For with(). Throws std::system_error that names the address, or with a code of resolve_category(); what
  /// tls_context::load() throws.
  task<server&> enter();
  task<> exit();

 private:
  server(std::unique_ptr<detail::request_handler> handler, const server_options& options);
  static task<server&> listen(server& self);
  static task<> leave(detail::server_state& state);

  std::unique_ptr<detail::server_state> state_;
};

}  // namespace weft::http
