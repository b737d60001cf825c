#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <weft/http/client_error.hpp>
#include <weft/http/cookie_jar.hpp>
#include <weft/http/mock.hpp>
#include <weft/http/request.hpp>
#include <weft/http/request_event.hpp>
#include <weft/http/response.hpp>
#include <weft/net/byte_stream.hpp>
#include <weft/net/tls_context.hpp>

namespace weft::http {

/// How a client works. What is 0 or less has no limit.
struct client_options {
  /// What the URLs of requests are relative to, as links on a page are: "/a" begins at its host, "a" beside its path.
  std::string_view base_url = {};
  /// How long a request may take from beginning to end.
  std::chrono::nanoseconds timeout = std::chrono::seconds{60};
  /// How long finding the host and connecting may take.
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds{10};
  /// How long the TLS handshake may take after that.
  std::chrono::nanoseconds tls_timeout = std::chrono::seconds{10};
  /// How long a server may take nothing of what is sent to it.
  std::chrono::nanoseconds write_timeout = std::chrono::seconds{30};
  /// How long a server may say nothing while something is awaited from it.
  std::chrono::nanoseconds read_timeout = std::chrono::seconds{30};
  /// Connections at the same time, idle ones included. Requests that find none free wait in line.
  std::size_t max_connections = 100;
  /// Of these, for one host and port; 0: as many as there are.
  std::size_t max_connections_per_host = 0;
  /// How long a connection is kept when nobody uses it. Servers close theirs after some time too.
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds{15};
  /// How many redirects a request follows.
  int follow_redirects = 10;
  /// The largest body that text() and its kin take, in bytes.
  std::size_t body_limit = std::size_t{100} << 20;
  std::string_view user_agent = {};  ///< "weft/..." if empty
  /// Whom to trust, own certificates; the system's authorities otherwise. It may end before the client does.
  const tls_context* tls = nullptr;
  /// Refuse servers whose certificates are bad. Without this, anybody can be in between.
  bool verify = true;
  /// Through which HTTP proxy to go, with a user and a password if it wants them: "http://user:secret@proxy:3128".
  /// Requests for https get a tunnel (CONNECT, RFC 9110, section 9.3.6).
  /// Without one, the environment says (see use_environment).
  std::string_view proxy = {};
  /// Heed the environment: proxies (http_proxy, https_proxy, all_proxy, no_proxy) and, for hosts that a request has no
  /// credentials for, the netrc file. Both are read when the client is made.
  bool use_environment = true;
  /// Ask for compressed bodies (gzip, deflate, br, zstd) and decompress them.
  bool decompress = true;
  /// Keep the cookies that servers set, and send them back; see client::cookies.
  bool keep_cookies = true;
};
static_assert(std::is_trivially_destructible_v<client_options>);

/// An HTTP client: connections that are kept and used again. aiohttp.ClientSession, httpx.AsyncClient.
///
///     weft::http::client client{{.base_url = "https://example.org", .timeout = 5s}};
///     weft::http::response r = co_await client.get("/users/7");
///
/// Copies are the same client. It belongs to the loop on which it was made. Requests that are under way keep it alive;
/// its connections close with the last copy. All of its functions throw url_error for what is no http or https URL.
class client {
 public:
  /// Throws url_error for a base_url that is none, std::logic_error outside a loop.
  explicit client(client_options options = {});

  [[nodiscard]] request get(std::string_view url) const { return make("GET", url); }
  [[nodiscard]] request head(std::string_view url) const { return make("HEAD", url); }
  [[nodiscard]] request post(std::string_view url) const { return make("POST", url); }
  [[nodiscard]] request put(std::string_view url) const { return make("PUT", url); }
  [[nodiscard]] request patch(std::string_view url) const { return make("PATCH", url); }
  [[nodiscard]] request del(std::string_view url) const { return make("DELETE", url); }
  [[nodiscard]] request options(std::string_view url) const { return make("OPTIONS", url); }
  /// With any method. Throws std::invalid_argument for one that is no token, and for CONNECT.
  [[nodiscard]] request make(std::string_view method, std::string_view url) const;

  /// A header field that every request gets, unless it has one of that name itself.
  client& default_header(std::string_view name, std::string_view value);

  /// Makes connections in another way: over a Unix socket, or to a stand-in for a server in a test. `connect` is given
  /// the URL and gives a connected stream, on which TLS is begun if the URL says https; it runs within
  /// the connect_timeout. A null function goes back to connecting over TCP. With a proxy, the URL is the proxy's.
  client& connect_with(std::function<task<byte_stream>(const http::url&)> connect);

  /// The cookies that servers have set: to be looked at, added to, saved and loaded.
  [[nodiscard]] cookie_jar& cookies() const noexcept;

  /// Calls `hook` whenever a request has come a step further. What it throws ends the request. Null: nobody listens.
  client& on_event(std::function<void(const request_event&)> hook);

  /// For tests of what uses a client: nothing is sent; `answer` says what a server would say. Redirects are followed,
  /// and limits on time and size hold. What it throws comes out of the request. Null: requests are sent again.
  client& answer_with(std::function<task<mock_response>(const mock_request&)> answer);

  /// Connections that are in use, and that wait to be used again.
  [[nodiscard]] std::size_t active_connections() const noexcept;
  [[nodiscard]] std::size_t idle_connections() const noexcept;
  /// Closes the idle ones.
  void close_idle() noexcept;

 private:
  friend class websocket_connection;
  std::shared_ptr<detail::client_state> state_;
};

}  // namespace weft::http
