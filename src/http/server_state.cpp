#include "http/server_state.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <weft/http/http_date.hpp>

#include "http/server_connection.hpp"
#include "net/socket_address.hpp"

namespace weft::http::detail {

namespace {

constexpr std::size_t most_spares = 256;
constexpr std::size_t most_large = 16;  ///< of these, those that keep much memory
constexpr std::size_t much_memory = std::size_t{64} << 10;
constexpr std::size_t some_memory = std::size_t{4} << 10;

std::int64_t shortest_of(const server_options& options) noexcept {
  std::int64_t shortest = std::chrono::nanoseconds{std::chrono::seconds{5}}.count();
  for (const auto limit : {options.header_timeout, options.body_timeout, options.idle_timeout, options.send_timeout})
    if (limit.count() > 0) shortest = std::min(shortest, std::int64_t{limit.count()});
  return shortest;
}

std::optional<tls_context> copy_of(const tls_context* context) {
  if (context == nullptr) return std::nullopt;
  return *context;
}

}  // namespace

server_state::server_state(std::unique_ptr<request_handler> handles, const server_options& how)
    : options{how},
      host{how.host},
      unix_path{how.unix_path},
      tls{copy_of(how.tls)},
      server_field{how.server_name.empty() ? "" : "server: " + std::string{how.server_name} + "\r\n"},
      shortest_timeout{shortest_of(how)},
      handler{std::move(handles)} {}

server_state::~server_state() {
  while (spare_ != nullptr) delete std::exchange(spare_, spare_->next);
}

workspace* server_state::take_workspace() {
  if (spare_ == nullptr) return new workspace{options.limits};
  --spares_;
  return std::exchange(spare_, spare_->next);
}

void server_state::give_back(workspace* used) noexcept {
  if (spares_ == most_spares) {
    delete used;
    return;
  }
  used->parser.reset();
  const std::size_t most_kept = spares_ < most_large ? much_memory : some_memory;
  for (pooled_bytes* const text : {&used->out, &used->sending}) {
    text->cut(0);
    if (text->room().size() > most_kept) text->clear();
  }
  used->next = spare_;
  spare_ = used;
  ++spares_;
}

void server_state::write_common_fields(std::int64_t loop_time) {
  const auto now = std::chrono::system_clock::now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  ok_line_ = std::string{ok_line_begin} + "date: " + format_http_date(second) + "\r\n" + server_field;
  typed_heads_.forget();
  common_fields_until_ = loop_time + std::chrono::nanoseconds{second + std::chrono::seconds{1} - now}.count();
}

bool server_state::opened(server_connection& connection) {
  open_.push_back(connection);
  ++connections;
  return options.max_connections != 0 && connections > options.max_connections;
}

bool server_state::count_address(const endpoint& of) {
  return ++per_address_[endpoint_access::owner_of(of)] > options.max_connections_per_address;
}

void server_state::uncount_address(const endpoint& of) noexcept {
  const auto at = per_address_.find(endpoint_access::owner_of(of));
  if (at != per_address_.end() && --at->second == 0) per_address_.erase(at);
}

void server_state::closed(server_connection& connection) noexcept {
  open_.remove(connection);
  --connections;
  if (connections == 0) ended.set();
}

void server_state::stop_accepting() {
  if (tcp) tcp->stop_accepting_more();
  if (at_path) at_path->stop_accepting_more();
}

void server_state::begin_to_drain() {
  stop_accepting();
  if (draining.is_set()) return;
  draining.set();
  for (server_connection* each = open_.front(); each != nullptr;) {
    server_connection* const next = weft::detail::list<server_connection>::after(*each);
    each->begin_to_drain();
    each = next;
  }
}

}  // namespace weft::http::detail
