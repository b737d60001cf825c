#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <weft/http/client_connection.hpp>
#include <weft/http/percent_encoding.hpp>
#include <weft/http/websocket_connection.hpp>
#include <weft/http/writer.hpp>

#include "http/client_state.hpp"
#include "http/connector.hpp"
#include "http/credentials.hpp"
#include "http/outgoing_trace.hpp"
#include "http/time_limit.hpp"
#include "http/websocket_session.hpp"

namespace weft::http {

namespace {

/// The URL as a WebSocket's.
url websocket_url(url given) {
  if (given.scheme() == "http") given.set_scheme("ws");
  if (given.scheme() == "https") given.set_scheme("wss");
  if (given.scheme() != "ws" && given.scheme() != "wss") throw url_error{"not a ws or wss URL: " + given.str()};
  return given;
}

/// The beginning of the body of a refusal: what the server has to say about it.
task<> read_beginning(client_connection& connection, std::string& body) {
  constexpr std::size_t most = std::size_t{4} << 10;
  try {
    while (body.size() < most) {
      const std::string_view piece = co_await connection.read_body();
      if (piece.empty()) break;
      body += piece.substr(0, most - body.size());
    }
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the refusal is what counts
  } catch (const error&) {              // NOLINT(bugprone-empty-catch)
  }
}

}  // namespace

struct websocket_connection::state {
  state(std::optional<client> given, std::string_view where, const websocket_options& how)
      : via{std::move(given)}, address{where}, options{how}, offer{how} {
    options.subprotocols = options.origin = {};
  }

  std::optional<client> via;
  std::string address;
  websocket_options options;  ///< without its views: see offer
  detail::websocket_offer offer;
  headers fields;
  std::optional<url> server;
  std::optional<detail::websocket_session> session;
};

websocket_connection::websocket_connection(std::string_view url, const websocket_options& options)
    : state_{std::make_unique<state>(std::nullopt, url, options)} {
  state_->server = websocket_url(http::url{url});
}
websocket_connection::websocket_connection(client via, std::string_view url, const websocket_options& options)
    : state_{std::make_unique<state>(std::move(via), url, options)} {
  const auto& base = state_->via->state_->base;
  state_->server = websocket_url(base ? http::url{url, *base} : http::url{url});
}
websocket_connection::websocket_connection(websocket_connection&& other) noexcept = default;
websocket_connection::~websocket_connection() = default;

websocket_connection& websocket_connection::header(std::string_view name, std::string_view value) & {
  state_->fields.add(name, value);
  return *this;
}

task<websocket&> websocket_connection::enter() { return open(*state_); }
task<> websocket_connection::exit(const exit_reason& how) { return leave(*state_, how); }

task<websocket&> websocket_connection::open(state& self) {
  if (!self.via) self.via.emplace();
  const std::string name = "GET " + self.server->str();
  const std::chrono::nanoseconds limit = self.options.open_timeout;
  try {
    const bool in_time = co_await detail::in_time(shake_hands(self), limit);
    if (!in_time) throw timeout_error{"no WebSocket was open in " + detail::seconds_text(limit)};
  } catch (const timeout_error& e) {
    throw timeout_error{name + ": " + e.what()};
  } catch (const std::system_error& e) {
    throw request_error{name, e, std::current_exception()};
  } catch (const protocol_error& e) {
    throw request_error{name, e, std::current_exception()};
  }
  co_return self.session->get();
}

task<> websocket_connection::shake_hands(state& self) {
  detail::client_state& client = *self.via->state_;
  const url& server = *self.server;
  const std::optional<detail::proxy_server> proxy = client.proxy_for(server);
  detail::connector connector{client, server, proxy, [](request_stage) {}};
  client_connection connection{co_await connector.open()};

  const std::string key = detail::new_websocket_key();
  request_head head;
  head.target = server.target();
  head.headers.add("host", server.host_header());
  detail::add_websocket_request(head.headers, self.offer, key);
  for (const auto [field, value] : client.defaults) {
    const bool for_bodies = field == "accept" || field == "accept-encoding";
    if (!for_bodies && !self.fields.contains(field)) head.headers.add(field, value);
  }
  for (const auto [field, value] : self.fields) head.headers.add(field, value);
  detail::add_trace(head.headers);
  if (!server.username().empty() && !head.headers.contains("authorization")) {
    head.headers.add("authorization",
                     detail::basic_credentials(percent_decode(server.username()), percent_decode(server.password())));
  }
  const bool keeps_cookies = client.options.keep_cookies;
  if (keeps_cookies && !head.headers.contains("cookie")) {
    const std::string cookies = client.cookies.header_for(server, std::chrono::system_clock::now());
    if (!cookies.empty()) head.headers.add("cookie", cookies);
  }
  std::string wire;
  write_request_head(wire, head);
  co_await connection.send("GET", wire);

  response_head answer = connection.take_head();
  if (keeps_cookies) {
    for (const std::string_view cookie : answer.headers.get_all("set-cookie")) {
      client.cookies.store(cookie, server, std::chrono::system_clock::now());
    }
  }
  const std::string name = "GET " + server.str();
  if (answer.status != 101) {
    std::string body;
    co_await read_beginning(connection, body);
    const std::string what = name + ": the server opens no WebSocket: " + std::to_string(answer.status) +
                             (answer.reason.empty() ? "" : " " + answer.reason);
    throw websocket_refused{what, answer.status, std::move(answer.headers), std::move(body)};
  }
  std::string why;
  std::optional<detail::websocket_agreement> agreed = detail::read_websocket_answer(answer, self.offer, key, why);
  if (!agreed) {
    throw websocket_refused{
        name + ": the server's handshake is wrong: " + why, answer.status, std::move(answer.headers), {}};
  }
  self.session.emplace(connection.take_stream(), websocket_role::client, self.options, *std::move(agreed));
}

task<> websocket_connection::leave(state& self, exit_reason how) {
  co_await self.session->end(how);
  self.session.reset();
}

}  // namespace weft::http
