#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <utility>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/thread_pool.hpp>
#include <weft/core/timeout.hpp>
#include <weft/files/file.hpp>
#include <weft/http/client.hpp>
#include <weft/http/content_decoder.hpp>
#include <weft/version.hpp>

#include "http/characters.hpp"
#include "http/client_state.hpp"
#include "http/credentials.hpp"
#include "http/exchange.hpp"
#include "http/retry_after.hpp"
#include "http/upload_source.hpp"

namespace weft::http {

namespace detail {

namespace {

http::url checked(http::url given) {
  if (given.scheme() != "http" && given.scheme() != "https") {
    throw url_error{"not an http or https URL: " + given.str()};
  }
  return given;
}

proxy_server with_credentials(http::url where) {
  std::string authorization = take_credentials(where);
  return {std::move(where), std::move(authorization)};
}

proxy_server parse_proxy(std::string_view text) {
  const bool has_scheme = text.find("://") != std::string_view::npos;
  return with_credentials(checked(http::url{has_scheme ? std::string{text} : "http://" + std::string{text}}));
}

std::size_t or_all(std::size_t limit, std::size_t all) noexcept { return limit == 0 ? all : std::min(limit, all); }

}  // namespace

client_state::client_state(const client_options& how) : options{how} {
  constexpr std::size_t many = std::numeric_limits<std::uint32_t>::max();
  weft::detail::require_loop("http::client");
  if (!how.base_url.empty()) base = checked(http::url{how.base_url});
  if (how.tls != nullptr) tls = *how.tls;
  if (!how.proxy.empty()) proxy = parse_proxy(how.proxy);
  if (how.use_environment) {
    environment = proxy_settings::from_environment();
    logins = netrc::from_environment();
  }
  defaults.add("user-agent", how.user_agent.empty() ? "weft/" WEFT_VERSION_STRING : how.user_agent);
  defaults.add("accept", "*/*");
  if (how.decompress) defaults.add("accept-encoding", content_decoder::accepted);
  buffers.reserve(64);
  const std::size_t most = or_all(how.max_connections, many);
  pool = std::make_shared<connection_pool>(most, or_all(how.max_connections_per_host, most), how.idle_timeout);
}

std::string client_state::take_buffer() noexcept {
  std::string buffer;
  if (!buffers.empty()) {
    buffer = std::move(buffers.back());
    buffers.pop_back();
  }
  return buffer;
}

void client_state::give_buffer(std::string used) noexcept {
  constexpr std::size_t most_bytes = 4096;
  if (used.capacity() > most_bytes || buffers.size() == buffers.capacity()) return;
  used.clear();
  buffers.push_back(std::move(used));
}

std::optional<proxy_server> client_state::proxy_for(const http::url& server) const {
  if (proxy) return proxy;
  const http::url* const wanted = environment.proxy_for(server);
  if (wanted == nullptr) return std::nullopt;
  if (wanted->scheme() != "http" && wanted->scheme() != "https") {
    throw request_error{server.str(),
                        "the environment wants a proxy of another kind than http: " + std::string{wanted->scheme()}};
  }
  return with_credentials(*wanted);
}

namespace {

task<> fetch(exchange& request, std::optional<response>& answer) {
  co_await request.begin();
  response_head head = request.take_head();
  std::string body;
  co_await request.read_into(body, request.spec().body_limit);
  if (request.spec().wants_ok && head.status >= 400) {
    throw status_error{request.name(), head.status, std::move(head.headers), std::move(body)};
  }
  answer.emplace(std::move(head), std::move(body), request.take_url(), request.redirects());
}

/// Runs a part of a request within its time.
task<> in_time(exchange& request, task<> work) {
  const std::chrono::nanoseconds limit = request.spec().timeout;
  if (limit <= std::chrono::nanoseconds{0}) {
    co_await std::move(work);
    co_return;
  }
  const bool done = co_await move_on_after(limit, std::move(work));
  if (!done) throw timeout_error{request.name() + ": not complete in time"};
}

}  // namespace

task<response> send(std::shared_ptr<client_state> client, request_spec spec) {
  exchange request{std::move(client), std::move(spec)};
  std::optional<response> answer;
  co_await in_time(request, fetch(request, answer));
  co_return std::move(*answer);
}

task<std::string> send_for_text(std::shared_ptr<client_state> client, request_spec spec) {
  spec.wants_ok = true;
  response answer = co_await send(std::move(client), std::move(spec));
  co_return std::move(answer).text();
}

namespace {

/// The file that a download goes to until it is complete; goes with this unless it was moved to its place.
class partial_file {
 public:
  explicit partial_file(const std::filesystem::path& target) : target_{target}, path_{target} { path_ += ".part"; }
  partial_file(const partial_file&) = delete;
  partial_file& operator=(const partial_file&) = delete;
  ~partial_file() {
    std::error_code gone;
    if (!path_.empty()) std::filesystem::remove(path_, gone);
  }
  const std::filesystem::path& path() const noexcept { return path_; }
  /// Blocks.
  void complete() {
    std::filesystem::rename(path_, target_);
    path_.clear();
  }

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
};

task<> fetch_to_file(exchange& request, const std::filesystem::path& target, std::optional<response>& answer) {
  co_await request.begin();
  response_head head = request.take_head();
  if (head.status >= 400) {
    std::string body;
    co_await request.read_into(body, request.spec().body_limit);
    throw status_error{request.name(), head.status, std::move(head.headers), std::move(body)};
  }
  partial_file part{target};
  using enum open_mode;
  file out = co_await open_file(part.path(), write | create | truncate);
  for (;;) {
    const std::string_view piece = co_await request.read();
    if (piece.empty()) break;
    co_await out.write(std::string{piece});
  }
  co_await out.close();
  co_await to_thread([&] { part.complete(); });
  answer.emplace(std::move(head), std::string{}, request.take_url(), request.redirects());
}

}  // namespace

task<response> save(std::shared_ptr<client_state> client, request_spec spec, std::filesystem::path file) {
  exchange request{std::move(client), std::move(spec)};
  std::optional<response> answer;
  co_await in_time(request, fetch_to_file(request, file, answer));
  co_return std::move(*answer);
}

task<streaming_response> send_for_stream(std::shared_ptr<client_state> client, request_spec spec) {
  auto request = std::make_unique<exchange>(std::move(client), std::move(spec));
  co_await in_time(*request, request->begin());
  response_head head = request->take_head();
  if (request->spec().wants_ok && head.status >= 400) {
    std::string body;
    co_await request->read_into(body, request->spec().body_limit);
    throw status_error{request->name(), head.status, std::move(head.headers), std::move(body)};
  }
  http::url from = request->url();
  co_return streaming_response{std::move(head), std::move(from), std::move(request)};
}

}  // namespace detail

// ---- the client -----------------------------------------------------------------------------------------------------

client::client(client_options options) : state_{std::make_shared<detail::client_state>(options)} {}

request client::make(std::string_view method, std::string_view url) const {
  if (!detail::is_token(method) || method == "CONNECT") {
    throw std::invalid_argument{"not a method for a request: \"" + std::string{method} + "\""};
  }
  http::url to = detail::checked(state_->base ? http::url{url, *state_->base} : http::url{url});
  std::string authorization = detail::take_credentials(to);
  if (authorization.empty()) {
    const netrc::entry* const login = state_->logins.find(to.host_without_brackets());
    if (login != nullptr) authorization = detail::basic_credentials(login->login, login->password);
  }
  const client_options& options = state_->options;
  request made{state_, detail::request_spec{.method = std::string{method},
                                            .url = std::move(to),
                                            .headers = {},
                                            .body = {},
                                            .timeout = options.timeout,
                                            .redirects = options.follow_redirects,
                                            .body_limit = options.body_limit}};
  if (!authorization.empty()) made.header("authorization", authorization);
  return made;
}

cookie_jar& client::cookies() const noexcept { return state_->cookies; }

client& client::on_event(std::function<void(const request_event&)> hook) {
  state_->hook = std::move(hook);
  return *this;
}

client& client::answer_with(std::function<task<mock_response>(const mock_request&)> answer) {
  state_->answer = std::move(answer);
  return *this;
}

client& client::connect_with(std::function<task<byte_stream>(const http::url&)> connect) {
  state_->connect = std::move(connect);
  return *this;
}

client& client::default_header(std::string_view name, std::string_view value) {
  state_->defaults.set(name, value);
  return *this;
}

std::size_t client::active_connections() const noexcept { return state_->pool->active(); }
std::size_t client::idle_connections() const noexcept { return state_->pool->idle(); }
void client::close_idle() noexcept { state_->pool->close_idle(); }

// ---- a request ------------------------------------------------------------------------------------------------------

std::shared_ptr<detail::client_state> request::take_client() {
  if (!client_) throw std::logic_error{"an HTTP request can be awaited only once"};
  return std::move(client_);
}

request& request::header(std::string_view name, std::string_view value) {
  spec_.headers.add(name, value);
  return *this;
}

request& request::query(std::string_view name, std::string_view value) {
  url_query query{spec_.url.query()};
  query.add(name, value);
  spec_.url.set_query(query.str());
  return *this;
}

request& request::body(std::string bytes, std::string_view content_type) {
  spec_.headers.set("content-type", content_type);
  spec_.body = std::move(bytes);
  spec_.source.reset();
  spec_.has_body = true;
  return *this;
}

request& request::form(std::string_view name, std::string_view value) {
  url_query fields{spec_.body};
  fields.add(name, value);
  return body(std::string{fields.str()}, "application/x-www-form-urlencoded");
}

request& request::body_file(std::filesystem::path file, std::string_view content_type) {
  set_source(detail::file_body(std::move(file)), content_type);
  return *this;
}

request& request::multipart(multipart_form form) {
  const std::string content_type = form.content_type();
  set_source(detail::multipart_body(std::move(form)), content_type);
  return *this;
}

request& request::body_from(std::function<task<>(body_writer&)> make, const body_options& how) {
  if (!make) throw std::invalid_argument{"a body that is made by nothing"};
  set_source(detail::made_body(std::move(make), how.length), how.content_type);
  return *this;
}

void request::set_source(std::shared_ptr<const detail::upload_source> source, std::string_view content_type) {
  spec_.headers.set("content-type", content_type);
  spec_.source = std::move(source);
  spec_.body.clear();
  spec_.has_body = true;
}

request& request::expect_continue() {
  spec_.expects_continue = true;
  return *this;
}

request& request::basic_auth(std::string_view user, std::string_view password) {
  spec_.headers.set("authorization", detail::basic_credentials(user, password));
  return *this;
}

request& request::bearer_auth(std::string_view token) {
  spec_.headers.set("authorization", "Bearer " + std::string{token});
  return *this;
}

request& request::timeout(std::chrono::nanoseconds limit) {
  spec_.timeout = limit;
  return *this;
}

request& request::follow_redirects(int most) {
  spec_.redirects = most;
  return *this;
}

request& request::expect_status() {
  spec_.wants_ok = true;
  return *this;
}

request& request::body_limit(std::size_t bytes) {
  spec_.body_limit = bytes;
  return *this;
}

// ---- a response -----------------------------------------------------------------------------------------------------

std::optional<std::chrono::nanoseconds> response::retry_after() const { return detail::retry_after(head_.headers); }

boost::json::value response::json() const { return boost::json::parse(body_); }

streaming_response::streaming_response(response_head head, http::url from,
                                       std::unique_ptr<detail::exchange> rest) noexcept
    : head_{std::move(head)}, url_{std::move(from)}, rest_{std::move(rest)} {}
streaming_response::streaming_response(streaming_response&& other) noexcept = default;
streaming_response& streaming_response::operator=(streaming_response&& other) noexcept = default;
streaming_response::~streaming_response() = default;

namespace {

task<std::optional<std::string>> next_piece(detail::exchange* rest) {
  std::optional<std::string> piece;
  if (rest == nullptr || rest->at_end()) co_return piece;
  const std::string_view came = co_await rest->read();
  if (!came.empty()) piece.emplace(came);
  co_return piece;
}

task<std::string> read_rest(detail::exchange* rest, std::size_t limit) {
  std::string body;
  if (rest != nullptr) co_await rest->read_into(body, limit);
  co_return body;
}

}  // namespace

task<std::optional<std::string>> streaming_response::next() { return next_piece(rest_.get()); }
task<std::string> streaming_response::read_all(std::size_t limit) { return read_rest(rest_.get(), limit); }

}  // namespace weft::http
