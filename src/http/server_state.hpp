#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/core/background_group.hpp>
#include <weft/http/detail/pooled_bytes.hpp>
#include <weft/http/request_parser.hpp>
#include <weft/http/server.hpp>
#include <weft/net/tcp_listener.hpp>
#include <weft/net/unix_listener.hpp>
#include <weft/sync/event.hpp>

#include "http/typed_heads.hpp"
#include "net/connection_server.hpp"

namespace weft::http::detail {

class server_connection;

/// What a connection needs while it has a request; handed on from one to the next, so that idle ones hold nothing.
struct workspace {
  explicit workspace(const parser_limits& limits) : parser{limits} {}

  request_parser parser;
  pooled_bytes out;      ///< to be sent
  pooled_bytes sending;  ///< on its way, while the handler runs
  workspace* next = nullptr;
};

/// What a server and its connections share.
class server_state {
 public:
  server_state(std::unique_ptr<request_handler> handles, const server_options& how);
  server_state(const server_state&) = delete;
  server_state& operator=(const server_state&) = delete;
  ~server_state();

  // ---- what connections need ----

  workspace* take_workspace();
  void give_back(workspace* used) noexcept;

  /// "Date: ...\r\n" and the Server field, as of this second.
  std::string_view common_fields(std::int64_t loop_time) {
    if (loop_time >= common_fields_until_) write_common_fields(loop_time);
    return std::string_view{ok_line_}.substr(ok_line_begin.size());
  }
  /// The same behind the status line of a 200.
  std::string_view ok_line(std::int64_t loop_time) {
    if (loop_time >= common_fields_until_) write_common_fields(loop_time);
    return ok_line_;
  }
  /// The whole head of a 200 with a body of that type, but for the number of its bytes and what follows that.
  std::string_view ok_of_type(std::int64_t loop_time, std::string_view type) {
    return typed_heads_.get(ok_line(loop_time), type);
  }

  /// True if it is one too many.
  bool opened(server_connection& connection);
  /// True if it is one too many from its address.
  bool count_address(const endpoint& of);
  void uncount_address(const endpoint& of) noexcept;
  void closed(server_connection& connection) noexcept;
  /// So many that a further one is not even answered.
  bool overrun() const noexcept {
    return options.max_connections != 0 && connections >= options.max_connections + most_refused;
  }
  void stop_accepting();
  void begin_to_drain();

  const server_options options;
  const std::string host;
  const std::string unix_path;
  const std::optional<tls_context> tls;
  const std::string server_field;
  const std::int64_t shortest_timeout;
  const std::unique_ptr<request_handler> handler;
  event draining;
  background_group given_connections;  ///< that it has not accepted itself
  background_group helpers;            ///< of connections
  event ended;                         ///< the last connection has closed
  std::size_t connections = 0;

  std::vector<owned_descriptor> given;  ///< to be listened on
  std::optional<weft::detail::connection_server<tcp_listener>> tcp;
  std::optional<weft::detail::connection_server<unix_listener>> at_path;

 private:
  static constexpr std::string_view ok_line_begin = "HTTP/1.1 200 OK\r\n";
  static constexpr std::size_t most_refused = 256;  ///< connections that are being told so

  void write_common_fields(std::int64_t loop_time);

  weft::detail::list<server_connection> open_;
  std::map<endpoint, std::size_t> per_address_;
  workspace* spare_ = nullptr;
  std::size_t spares_ = 0;
  std::string ok_line_;
  typed_heads typed_heads_;
  std::int64_t common_fields_until_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace weft::http::detail
