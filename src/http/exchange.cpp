#include "http/exchange.hpp"

#include <array>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/core/timeout.hpp>
#include <weft/http/error.hpp>
#include <weft/http/writer.hpp>
#include <weft/net/open_connection.hpp>
#include <weft/net/resolve.hpp>
#include <weft/net/stream_errors.hpp>
#include <weft/net/tls_stream.hpp>

#include "http/characters.hpp"
#include "http/time_limit.hpp"

namespace weft::http::detail {

namespace {

/// Sent twice, they do no more than sent once. RFC 9110, section 9.2.2.
bool is_idempotent(std::string_view method) noexcept {
  constexpr std::array<std::string_view, 6> all{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
  for (const std::string_view one : all) {
    if (method == one) return true;
  }
  return false;
}

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Drops what is meant for the body that is not sent any more.
void drop_body(request_spec& spec) {
  spec.body.clear();
  spec.has_body = false;
  for (const char* name : {"content-type", "content-encoding", "content-language", "content-location"}) {
    spec.headers.remove(name);
  }
}

}  // namespace

// ---- sending --------------------------------------------------------------------------------------------------------

exchange::~exchange() {
  if (ended_ || !client_->hook) return;
  try {
    tell(request_stage::failed);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it has failed already
  }
}

void exchange::tell(request_stage stage) const {
  if (client_->hook) client_->hook({stage, number_, spec_.method, spec_.url, status_, now()});
}

task<> exchange::begin() {
  for (;;) {
    tell(request_stage::start);
    if (client_->answer) {
      co_await mock();
    } else {
      co_await send();
    }
    status_ = head().status;
    keep_cookies();
    tell(request_stage::first_byte);
    begin_decoding();
    const bool sent_elsewhere = follow();
    if (!sent_elsewhere) co_return;
    co_await pass_over_body();
  }
}

/// So that the connection can be used again, unless there is much of it.
task<> exchange::pass_over_body() {
  constexpr std::size_t most = std::size_t{64} << 10;
  try {
    for (std::size_t passed = 0; !ended_ && passed < most;) {
      const std::string_view piece = co_await read();
      passed += piece.size();
    }
  } catch (const error&) {  // NOLINT(bugprone-empty-catch): then without the connection
  }
  lease_.reset();
  ended_ = false;
  status_ = 0;
}

task<> exchange::mock() {
  const mock_request request{spec_.method, spec_.url, own_headers(), spec_.body};
  const mock_response answer = co_await client_->answer(request);
  mocked_.emplace();
  mocked_->head.status = answer.status();
  mocked_->head.headers = answer.headers();
  mocked_->body = answer.body();
}

task<> exchange::send() {
  proxy_ = client_->proxy_for(spec_.url);
  write_head();
  bool fresh = false;
  for (;;) {
    lease_.reset();
    connection_pool::lease got = co_await connection_pool::acquire(client_->pool, route());
    lease_.emplace(std::move(got));
    if (fresh) lease_->close();
    const bool reused = lease_->connection() != nullptr;
    try {
      co_await send_once();
      co_return;
    } catch (const timeout_error& e) {
      throw timeout_error{name() + ": " + e.what()};
    } catch (const std::system_error& e) {
      if (!reused || !may_repeat()) throw request_error{name(), e, std::current_exception()};
    } catch (const protocol_error& e) {
      if (!reused || !may_repeat()) throw request_error{name(), e, std::current_exception()};
    }
    fresh = true;  // the server had closed the connection just when it was used again
  }
}

/// What connections must share for one to do for the other.
std::string exchange::route() const {
  if (!proxy_) return spec_.url.origin();
  std::string through = "via " + proxy_->url.origin();
  if (tunnels()) through += " to " + spec_.url.origin();
  return through;
}

bool exchange::tunnels() const noexcept { return proxy_ && spec_.url.scheme() == "https"; }

bool exchange::may_repeat() const noexcept {
  const client_connection* const used = lease_->connection();
  return used != nullptr && !used->answered() && is_idempotent(spec_.method);
}

task<> exchange::send_once() {
  if (lease_->connection() == nullptr) {
    co_await connect();
  }
  const std::chrono::nanoseconds limit = client_->options.read_timeout;
  const bool answered = co_await in_time(write_and_wait(), limit);
  if (!answered) throw timeout_error{"no answer came in " + seconds_text(limit)};
}

task<> exchange::write_and_wait() {
  co_await connection().write(spec_.method, wire_);
  tell(request_stage::sent);
  co_await connection().read_head();
}

task<> exchange::connect() {
  const std::chrono::nanoseconds limit = client_->options.connect_timeout;
  const bool connected = co_await in_time(open(), limit);
  if (!connected)
    throw timeout_error{"no connection to " + std::string{next_hop().host_header()} + " in " + seconds_text(limit)};
}

const http::url& exchange::next_hop() const noexcept { return proxy_ ? proxy_->url : spec_.url; }

/// A connection to the next hop, and through it.
task<> exchange::open() {
  byte_stream stream = co_await open_to(next_hop());
  if (tunnels()) {
    byte_stream through = co_await open_tunnel(std::move(stream));
    stream = std::move(through);
    stream = co_await begin_tls(std::move(stream), spec_.url);
  }
  lease_->open(client_connection{std::move(stream)});
}

task<byte_stream> exchange::open_to(const http::url& to) {
  byte_stream stream;
  if (client_->connect) {
    stream = co_await client_->connect(to);
  } else {
    if (client_->hook) {  // what is found here is known to open_connection
      co_await resolve(std::string{to.host_without_brackets()}, to.port());
      tell(request_stage::resolved);
    }
    stream = co_await open_connection(std::string{to.host_without_brackets()}, to.port());
  }
  tell(request_stage::connected);
  if (to.scheme() == "https") stream = co_await begin_tls(std::move(stream), to);
  co_return stream;
}

task<byte_stream> exchange::begin_tls(byte_stream plain, const http::url& to) {
  const tls_options how{.verify = client_->options.verify,
                        .alpn = "http/1.1",
                        .context = client_->tls ? &*client_->tls : nullptr,
                        .handshake_timeout = std::chrono::nanoseconds{0}};
  tls_stream stream = co_await start_tls(std::move(plain), std::string{to.host_without_brackets()}, how);
  tell(request_stage::encrypted);
  co_return stream;
}

/// RFC 9110, section 9.3.6.
task<byte_stream> exchange::open_tunnel(byte_stream proxy) {
  const std::string target = std::string{spec_.url.host()} + ":" + std::to_string(spec_.url.port());
  request_head head{.method = "CONNECT", .target = target};
  head.headers.add("host", target);
  if (!proxy_->authorization.empty()) head.headers.add("proxy-authorization", proxy_->authorization);
  std::string wire;
  write_request_head(wire, head);
  client_connection asking{std::move(proxy)};
  co_await asking.send("CONNECT", wire);
  const response_head& answer = asking.head();
  if (answer.status / 100 != 2) {
    throw protocol_error{"the proxy " + std::string{next_hop().host_header()} + " refuses a tunnel to " + target +
                         ": " + std::to_string(answer.status) + " " + answer.reason};
  }
  co_return asking.take_stream();
}

headers exchange::own_headers() const {
  headers own;
  for (const auto [field, value] : client_->defaults) {
    if (!spec_.headers.contains(field)) own.add(field, value);
  }
  for (const auto [field, value] : spec_.headers) own.add(field, value);
  if (!client_->options.keep_cookies || client_->cookies.empty() || own.contains("cookie")) return own;
  const std::string cookies = client_->cookies.header_for(spec_.url, std::chrono::system_clock::now());
  if (!cookies.empty()) own.add("cookie", cookies);
  return own;
}

void exchange::keep_cookies() {
  if (!client_->options.keep_cookies) return;
  for (const auto [field, value] : head().headers) {
    if (equal_ignoring_case(field, "set-cookie")) {
      client_->cookies.store(value, spec_.url, std::chrono::system_clock::now());
    }
  }
}

void exchange::write_head() {
  request_head head;
  head.method = spec_.method;
  const bool to_proxy = proxy_ && !tunnels();
  if (to_proxy) {  // RFC 9112, section 3.2.2
    head.target = std::string_view{spec_.url.str()}.substr(0, spec_.url.str().find('#'));
  } else {
    head.target = spec_.url.target();
  }
  head.headers.add("host", spec_.url.host_header());
  for (const auto [field, value] : own_headers()) head.headers.add(field, value);
  if (to_proxy && !proxy_->authorization.empty()) {
    head.headers.set("proxy-authorization", proxy_->authorization);
  }
  const bool body_is_usual = spec_.method == "POST" || spec_.method == "PUT" || spec_.method == "PATCH";
  if (spec_.has_body || body_is_usual) head.headers.set("content-length", std::to_string(spec_.body.size()));
  wire_.clear();
  write_request_head(wire_, head);
  wire_ += spec_.body;
}

// ---- redirects ------------------------------------------------------------------------------------------------------

/// RFC 9110, section 15.4, and what browsers make of it: https://fetch.spec.whatwg.org, "HTTP-redirect fetch".
bool exchange::follow() {
  const response_head& answer = head();
  if (spec_.redirects == 0 || !is_redirect(answer.status)) return false;
  const std::optional<std::string_view> location = answer.headers.get("location");
  if (!location) return false;
  if (redirects_ == spec_.redirects) throw too_many_redirects{name(), spec_.redirects};

  http::url next = [&] {
    try {
      return http::url{*location, spec_.url};
    } catch (const url_error& e) {
      throw request_error{name(), e, std::current_exception()};
    }
  }();
  if (next.scheme() != "http" && next.scheme() != "https") {
    throw request_error{name(), "sent on to " + next.str() + ", which is neither http nor https"};
  }
  if (!next.has_fragment()) next.set_fragment(spec_.url.fragment());
  const bool becomes_get = answer.status == 303 ? spec_.method != "GET" && spec_.method != "HEAD"
                                                : answer.status <= 302 && spec_.method == "POST";
  if (becomes_get) {
    spec_.method = "GET";
    drop_body(spec_);
  }
  if (next.origin() != spec_.url.origin()) {  // what is meant for one server is not for another
    for (const char* field : {"authorization", "cookie", "proxy-authorization", "host"}) spec_.headers.remove(field);
  }
  spec_.url = std::move(next);
  ++redirects_;
  return true;
}

// ---- reading --------------------------------------------------------------------------------------------------------

task<> exchange::read_piece() { piece_ = co_await connection().read_body(); }

void exchange::begin_decoding() {
  decoder_.reset();
  encoded_ = {};
  if (!client_->options.decompress || spec_.method == "HEAD") return;
  const std::optional<std::string_view> coding = head().headers.get("content-encoding");
  if (!coding) return;
  try {
    decoder_.emplace(*coding);
  } catch (const protocol_error& e) {
    throw request_error{name(), e, std::current_exception()};
  }
  if (!decoder_->active()) decoder_.reset();
}

task<std::string_view> exchange::read() {
  constexpr std::size_t most = std::size_t{16} << 10;
  if (!decoder_) co_return co_await read_raw();
  if (!decoded_) decoded_ = std::make_unique_for_overwrite<char[]>(most);
  try {
    for (;;) {
      const std::size_t n = decoder_->decode(encoded_, {decoded_.get(), most});
      if (n != 0) co_return std::string_view{decoded_.get(), n};
      if (!encoded_.empty()) continue;
      if (!ended_) encoded_ = co_await read_raw();
      if (!ended_) continue;
      decoder_->finish();
      co_return std::string_view{};
    }
  } catch (const content_error& e) {
    lease_.reset();
    throw request_error{name(), e, std::current_exception()};
  } catch (const limit_error& e) {
    lease_.reset();
    throw limit_error{"the body of " + name() + ", decompressed,", e.limit()};
  }
}

task<std::string_view> exchange::read_raw() {
  if (mocked_) {
    if (mocked_->body.empty()) end();
    wire_ = std::exchange(mocked_->body, {});
    co_return wire_;
  }
  const std::chrono::nanoseconds limit = client_->options.read_timeout;
  piece_ = {};
  try {
    const bool came = co_await in_time(read_piece(), limit);
    if (!came) throw timeout_error{name() + ": nothing more came in " + seconds_text(limit)};
  } catch (const std::system_error& e) {
    throw request_error{name(), e, std::current_exception()};
  } catch (const protocol_error& e) {
    throw request_error{name(), e, std::current_exception()};
  }
  if (piece_.empty()) end();
  co_return piece_;
}

/// Others may use the connection.
void exchange::end() {
  lease_.reset();
  ended_ = true;
  tell(request_stage::end);
}

task<> exchange::read_into(std::string& body, std::size_t limit) {
  while (!ended_) {
    const std::string_view piece = co_await read();
    if (piece.size() > limit - body.size()) throw limit_error{"the body of " + name(), limit};
    body += piece;
  }
}

}  // namespace weft::http::detail
