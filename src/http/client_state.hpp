#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/http/client.hpp>
#include <weft/http/headers.hpp>
#include <weft/http/message.hpp>
#include <weft/http/netrc.hpp>
#include <weft/http/proxy_settings.hpp>
#include <weft/http/url.hpp>
#include <weft/net/tls_context.hpp>

#include "http/connection_pool.hpp"

namespace weft::http::detail {

/// A proxy, and what to say to it.
struct proxy_server {
  http::url url;              ///< without credentials
  std::string authorization;  ///< the value of Proxy-Authorization; empty for none
};

/// Throws url_error unless it is one for http or https.
http::url checked_url(http::url given);

/// Throws std::invalid_argument for the fields that say where a body ends: the client writes them itself.
void refuse_framing_field(std::string_view name);

/// What a client and its requests share.
class client_state {
 public:
  explicit client_state(const client_options& how);

  std::optional<http::url> base;
  client_options options;  ///< without its views: see base, defaults and tls
  headers defaults;
  std::optional<tls_context> tls;
  /// Through what to go to a server; nothing for no proxy. Throws request_error if the environment wants one of a kind
  /// that is not known.
  std::optional<proxy_server> proxy_for(const http::url& server) const;

  std::optional<proxy_server> proxy;  ///< for all
  proxy_settings environment;
  netrc logins;
  std::function<task<byte_stream>(const http::url&)> connect;
  std::function<void(const request_event&)> hook;
  std::function<task<mock_response>(const mock_request&)> answer;
  std::uint64_t requests = 0;
  cookie_jar cookies;
  std::shared_ptr<connection_pool> pool;
  /// Memory for the text of a request, which is given back afterwards.
  std::string take_buffer() noexcept;
  void give_buffer(std::string used) noexcept;

  std::vector<std::string> buffers;
  std::string route_scratch;  ///< these two keep their memory from one request to the next
  request_head head_scratch;
};

}  // namespace weft::http::detail
