#include "http/connection_pool.hpp"

#include <algorithm>
#include <limits>

namespace weft::http::detail {

class connection_pool::visit {
 public:
  visit(connection_pool& pool, origins::value_type& entry) noexcept : pool_{&pool}, entry_{&entry} {
    ++entry.second.users;
  }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() {
    if (entry_ == nullptr) return;
    --entry_->second.users;
    pool_->forget_if_unused(*entry_);
  }
  void becomes_lease() noexcept { entry_ = nullptr; }

 private:
  connection_pool* pool_;
  origins::value_type* entry_;
};

connection_pool::connection_pool(std::size_t most, std::size_t per_origin, std::chrono::nanoseconds idle_limit)
    : loop_{&weft::detail::require_loop("http::client")},
      most_{most},
      per_origin_{per_origin},
      idle_limit_{idle_limit},
      free_{most} {}

connection_pool::~connection_pool() {
  if (armed()) loop_->disarm(*this);
}

connection_pool::lease::~lease() {
  if (!pool_) return;
  permits_ = {};  // before the origin they belong to may go
  pool_->give_back(place_);
}

task<connection_pool::lease> connection_pool::acquire(std::shared_ptr<connection_pool> pool, std::string_view name) {
  origins::iterator known = pool->origins_.find(name);
  if (known == pool->origins_.end()) known = pool->origins_.try_emplace(std::string{name}, pool->per_origin_).first;
  origins::value_type& entry = *known;
  visit here{*pool, entry};
  lease::permits held;
  if (pool->per_origin_ < pool->most_) {  // otherwise all wait in one line
    held.of_origin.emplace(co_await entry.second.free.acquire());
  }
  held.of_all.emplace(co_await pool->free_.acquire());

  pool->close_expired();
  std::optional<places::iterator> at = pool->take_idle(entry);
  if (!at) {
    if (pool->active_.size() + pool->idle_.size() >= pool->most_) pool->close_longest_idle();
    if (pool->spare_.empty()) pool->spare_.emplace_back();
    at = pool->spare_.begin();
    (*at)->of = &entry;
    pool->active_.splice(pool->active_.end(), pool->spare_, *at);
  }
  here.becomes_lease();
  co_return lease{std::move(pool), *at, std::move(held)};
}

/// The connection that was used last and still lives. The server may have closed those that it did not hear of.
std::optional<connection_pool::places::iterator> connection_pool::take_idle(origins::value_type& entry) {
  while (!entry.second.idle.empty()) {
    const places::iterator at = entry.second.idle.back();
    if (at->connection->quiet()) {
      entry.second.idle.pop_back();
      active_.splice(active_.end(), idle_, at);
      return at;
    }
    close(at);
  }
  return std::nullopt;
}

void connection_pool::give_back(places::iterator at) noexcept {
  origins::value_type& entry = *at->of;
  --entry.second.users;
  if (at->connection && at->connection->reusable()) {
    at->idle_since = now();
    idle_.splice(idle_.end(), active_, at);
    entry.second.idle.push_back(at);
    watch_expiry();
  } else {
    if (at->connection) at->connection->break_off();
    at->connection.reset();
    spare_.splice(spare_.end(), active_, at);
    forget_if_unused(entry);
  }
}

void connection_pool::close(places::iterator idle) noexcept {
  origins::value_type& entry = *idle->of;
  entry.second.idle.erase(std::find(entry.second.idle.begin(), entry.second.idle.end(), idle));
  idle->connection.reset();
  spare_.splice(spare_.end(), idle_, idle);
  forget_if_unused(entry);
}

void connection_pool::close_longest_idle() noexcept {
  if (!idle_.empty()) close(idle_.begin());
}

void connection_pool::close_expired() noexcept {
  if (idle_limit_ <= std::chrono::nanoseconds{0}) return;
  while (!idle_.empty() && now() - idle_.front().idle_since >= idle_limit_) close_longest_idle();
  watch_expiry();
}

/// One timer for all of them, armed again when it fires: connections come and go too often for one each.
void connection_pool::watch_expiry() noexcept {
  if (idle_.empty() || armed() || idle_limit_ <= std::chrono::nanoseconds{0}) return;
  const time_point due = idle_.front().idle_since + idle_limit_;
  loop_->arm(*this, due.time_since_epoch().count());
}

void connection_pool::close_idle() noexcept {
  while (!idle_.empty()) close_longest_idle();
}

void connection_pool::forget_if_unused(origins::value_type& entry) noexcept {
  if (entry.second.users == 0 && entry.second.idle.empty()) origins_.erase(origins_.find(entry.first));
}

}  // namespace weft::http::detail
