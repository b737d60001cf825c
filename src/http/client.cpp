#include <stdexcept>
#include <utility>
#include <weft/http/client.hpp>

#include "http/characters.hpp"
#include "http/client_state.hpp"
#include "http/credentials.hpp"

namespace weft::http {

client::client(client_options options) : state_{std::make_shared<detail::client_state>(options)} {}

request client::make(std::string_view method, std::string_view url) const {
  if (!detail::is_token(method) || method == "CONNECT") {
    throw std::invalid_argument{"not a method for a request: \"" + std::string{method} + "\""};
  }
  http::url to = detail::checked_url(state_->base ? http::url{url, *state_->base} : http::url{url});
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
  detail::refuse_framing_field(name);
  state_->defaults.set(name, value);
  return *this;
}

std::size_t client::active_connections() const noexcept { return state_->pool->active(); }
std::size_t client::idle_connections() const noexcept { return state_->pool->idle(); }
void client::close_idle() noexcept { state_->pool->close_idle(); }

}  // namespace weft::http
