#include "http/client_state.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <weft/core/detail/event_loop.hpp>
#include <weft/http/content_decoder.hpp>
#include <weft/version.hpp>

#include "http/characters.hpp"
#include "http/credentials.hpp"

namespace weft::http::detail {

namespace {

proxy_server with_credentials(http::url where) {
  std::string authorization = take_credentials(where);
  return {std::move(where), std::move(authorization)};
}

proxy_server parse_proxy(std::string_view text) {
  const bool has_scheme = text.find("://") != std::string_view::npos;
  return with_credentials(checked_url(http::url{has_scheme ? std::string{text} : "http://" + std::string{text}}));
}

std::size_t or_all(std::size_t limit, std::size_t all) noexcept { return limit == 0 ? all : std::min(limit, all); }

}  // namespace

http::url checked_url(http::url given) {
  if (given.scheme() != "http" && given.scheme() != "https") {
    throw url_error{"not an http or https URL: " + given.str()};
  }
  return given;
}

void refuse_framing_field(std::string_view name) {
  if (equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "transfer-encoding")) {
    throw std::invalid_argument{"the client writes " + std::string{name} +
                                " itself, as the body wants it; see body_options::length"};
  }
}

client_state::client_state(const client_options& how) : options{how} {
  constexpr std::size_t many = std::numeric_limits<std::uint32_t>::max();
  weft::detail::require_loop("http::client");
  if (!how.base_url.empty()) base = checked_url(http::url{how.base_url});
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

}  // namespace weft::http::detail
