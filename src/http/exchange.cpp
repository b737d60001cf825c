#include "http/exchange.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/core/timeout.hpp>
#include <weft/http/error.hpp>
#include <weft/http/writer.hpp>
#include <weft/net/stream_errors.hpp>

#include "http/characters.hpp"
#include "http/connector.hpp"
#include "http/credentials.hpp"
#include "http/methods.hpp"
#include "http/outgoing_trace.hpp"
#include "http/time_limit.hpp"
#include "http/upload.hpp"
#include "http/upload_source.hpp"

namespace weft::http::detail {

namespace {

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Drops what is meant for the body that is not sent any more.
void drop_body(request_spec& spec) {
  spec.body.clear();
  spec.source.reset();
  spec.has_body = false;
  spec.expects_continue = false;
  for (const char* name : {"content-type", "content-encoding", "content-language", "content-location"}) {
    spec.headers.remove(name);
  }
}

/// For a request that goes nowhere.
class text_body_writer final : public body_writer {
 public:
  explicit text_body_writer(std::string& text) noexcept : text_{&text} {}
  task<> write(std::string_view bytes) override {
    *text_ += bytes;
    co_return;
  }
  void trailer(std::string_view /*name*/, std::string_view /*value*/) override {}

 private:
  std::string* text_;
};

// A body up to this size goes out together with the head.
constexpr std::size_t most_at_once = std::size_t{64} << 10;

}  // namespace

// ---- sending --------------------------------------------------------------------------------------------------------

exchange::~exchange() {
  client_->give_buffer(std::move(wire_));
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
  if (!spec_.has_body) spec_.expects_continue = false;
  for (;;) {
    tell(request_stage::start);
    if (client_->answer) {
      co_await mock();
    } else {
      co_await send();
    }
    status_ = head().status;
    if (status_ == 101 && !spec_.headers.contains("upgrade")) {
      throw request_error{name(), "the server switches protocols, which nobody has asked for"};
    }
    keep_cookies();
    tell(request_stage::first_byte);
    begin_decoding();
    const bool again = status_ == 417 && std::exchange(spec_.expects_continue, false);  // RFC 9110, section 10.1.1
    const bool sent_elsewhere = !again && follow();
    if (!again && !sent_elsewhere) co_return;
    co_await pass_over_body();
  }
}

/// So that the connection can be used again, unless there is much of it, or it takes long.
task<> exchange::pass_over_body() {
  co_await in_time(read_a_little(), std::chrono::seconds{1});
  lease_.reset();
  ended_ = false;
  status_ = 0;
}

task<> exchange::read_a_little() {
  constexpr std::size_t most = std::size_t{64} << 10;
  try {
    for (std::size_t passed = 0; !ended_ && passed < most;) {
      const std::string_view piece = co_await read();
      passed += piece.size();
    }
  } catch (const error&) {  // NOLINT(bugprone-empty-catch): then without the connection
  }
}

task<> exchange::mock() {
  mock_request request{spec_.method, spec_.url, {}, spec_.body};
  add_own_headers(request.headers);
  if (spec_.source) {
    text_body_writer body{request.body};
    co_await spec_.source->send(body);
  }
  const mock_response answer = co_await client_->answer(request);
  mocked_.emplace();
  mocked_->head.status = answer.status();
  mocked_->head.headers = answer.headers();
  mocked_->body = answer.body();
}

task<> exchange::send() {
  proxy_ = client_->proxy_for(spec_.url);
  std::optional<std::uint64_t> length = spec_.body.size();
  if (spec_.source) length = co_await spec_.source->length();
  write_head(length);
  bool fresh = false;
  for (;;) {
    lease_.reset();
    connection_pool::lease got = co_await connection_pool::acquire(client_->pool, route());
    lease_.emplace(std::move(got));
    if (fresh) lease_->close();
    const bool reused = lease_->connection() != nullptr;
    try {
      co_await send_once(length);
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

/// What connections must share for one to do for the other. Valid until it is asked for again by anybody.
std::string_view exchange::route() const {
  std::string& name = client_->route_scratch;
  name.clear();
  if (proxy_) name.append("via ").append(proxy_->url.scheme()).append("://").append(proxy_->url.host_header());
  if (proxy_ && !tunnels()) return name;
  if (proxy_) name += " to ";
  return name.append(spec_.url.scheme()).append("://").append(spec_.url.host_header());
}

bool exchange::tunnels() const noexcept { return proxy_ && spec_.url.scheme() == "https"; }

bool exchange::may_repeat() const noexcept {
  const client_connection* const used = lease_->connection();
  return used != nullptr && !used->answered() && is_idempotent(spec_.method);
}

task<> exchange::send_once(std::optional<std::uint64_t> length) {
  complete_ = false;
  if (lease_->connection() == nullptr) {
    const auto say = [this](request_stage stage) { tell(stage); };
    connector opening{*client_, spec_.url, proxy_, say};
    byte_stream stream = co_await opening.open();
    lease_->open(client_connection{std::move(stream)});
  }
  const client_options& options = client_->options;
  if (spec_.source || spec_.expects_continue || spec_.body.size() > most_at_once) {
    upload sending{connection(), spec_, wire_, length, {.write = options.write_timeout, .read = options.read_timeout}};
    co_await sending.run();
    complete_ = sending.complete();
    if (complete_) tell(request_stage::sent);
    co_return;
  }
  const std::chrono::nanoseconds limit = options.read_timeout;
  const bool answered = co_await in_time(write_and_wait(), limit);
  if (!answered) throw timeout_error{"no answer came in " + seconds_text(limit)};
}

task<> exchange::write_and_wait() {
  std::exception_ptr not_sent;
  try {
    co_await connection().write(spec_.method, wire_);
  } catch (const std::system_error&) {
    not_sent = std::current_exception();
  }
  if (!not_sent) {
    complete_ = true;
    tell(request_stage::sent);
    co_await connection().read_head();
    co_return;
  }
  try {  // a server that has closed its end may have said why
    co_await connection().read_head();
    co_return;
  } catch (const error&) {              // NOLINT(bugprone-empty-catch): it has not
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch)
  }
  std::rethrow_exception(not_sent);
}

/// The header fields as they are sent to a server, behind those that are there.
void exchange::add_own_headers(headers& own) const {
  for (const auto [field, value] : client_->defaults) {
    if (!spec_.headers.contains(field)) own.add(field, value);
  }
  for (const auto [field, value] : spec_.headers) own.add(field, value);
  add_trace(own);
  if (!client_->options.keep_cookies || client_->cookies.empty() || spec_.headers.contains("cookie")) return;
  const std::string cookies = client_->cookies.header_for(spec_.url, std::chrono::system_clock::now());
  if (!cookies.empty() && !own.contains("cookie")) own.add("cookie", cookies);
}

void exchange::keep_cookies() {
  if (!client_->options.keep_cookies) return;
  for (const auto [field, value] : head().headers) {
    if (equal_ignoring_case(field, "set-cookie")) {
      client_->cookies.store(value, spec_.url, std::chrono::system_clock::now());
    }
  }
}

void exchange::write_head(std::optional<std::uint64_t> length) {
  request_head& head = client_->head_scratch;
  head.headers.clear();
  head.method = spec_.method;
  const bool to_proxy = proxy_ && !tunnels();
  if (to_proxy) {  // RFC 9112, section 3.2.2
    head.target = std::string_view{spec_.url.str()}.substr(0, spec_.url.str().find('#'));
  } else {
    head.target = spec_.url.target();
  }
  const std::optional<std::string_view> own_host = spec_.headers.get("host");
  if (!own_host) head.headers.add("host", spec_.url.host_header());
  add_own_headers(head.headers);
  if (to_proxy && !proxy_->authorization.empty()) {
    head.headers.set("proxy-authorization", proxy_->authorization);
  }
  const bool body_is_usual = spec_.method == "POST" || spec_.method == "PUT" || spec_.method == "PATCH";
  if (spec_.expects_continue) head.headers.set("expect", "100-continue");
  if (spec_.has_body && !length) {
    head.headers.set("transfer-encoding", "chunked");
  } else if (spec_.has_body || body_is_usual) {
    head.headers.set("content-length", std::to_string(*length));
  }
  wire_.clear();
  write_request_head(wire_, head);
  const bool goes_along = !spec_.source && !spec_.expects_continue && spec_.body.size() <= most_at_once;
  if (goes_along) wire_ += spec_.body;
}

// ---- redirects ------------------------------------------------------------------------------------------------------

/// RFC 9110, section 15.4, and what browsers make of it: https://fetch.spec.whatwg.org, "HTTP-redirect fetch".
bool exchange::follow() {
  const response_head& answer = head();
  if (spec_.redirects == 0 || !is_redirect(answer.status)) return false;
  const std::optional<std::string_view> location = answer.headers.get("location");
  if (!location) return false;
  if (redirects_ == spec_.redirects) throw too_many_redirects{name(), spec_.redirects};

  std::string credentials;
  http::url next = [&] {
    try {
      http::url to{*location, spec_.url};
      credentials = take_credentials(to);
      return to;
    } catch (const std::invalid_argument& e) {  // url_error, for one
      throw request_error{name() + ": sent on to " + quoted(*location), e, std::current_exception()};
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
  if (!credentials.empty()) spec_.headers.set("authorization", credentials);
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
    content_limits limits;
    if (spec_.in_pieces) limits.bytes = 0;  // a bomb still swells too fast
    decoder_.emplace(*coding, limits);
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
      if (ended_) co_return std::string_view{};
    }
  } catch (const content_error& e) {
    drop_connection();
    throw request_error{name(), e, std::current_exception()};
  } catch (const limit_error& e) {
    drop_connection();
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

/// Others may use the connection. Throws content_error if the body is not complete.
void exchange::end() {
  if (decoder_) decoder_->finish();
  if (lease_ && !complete_) lease_->close();  // the server still waits for the rest of the request
  lease_.reset();
  ended_ = true;
  tell(request_stage::end);
}

/// Who sends what is wrong is not asked again there.
void exchange::drop_connection() noexcept {
  if (lease_) lease_->close();
  lease_.reset();
}

task<> exchange::read_into(std::string& body, std::size_t limit) {
  constexpr std::size_t most_ahead = std::size_t{1} << 20;
  if (!mocked_ && !decoder_ && !ended_) {
    body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>({connection().announced(), limit, most_ahead})));
  }
  while (!ended_) {
    const std::string_view piece = co_await read();
    if (piece.size() > limit - body.size()) throw limit_error{"the body of " + name(), limit};
    body += piece;
  }
}

}  // namespace weft::http::detail
