#include "connection_pool.hpp"

#include <algorithm>
#include <chrono>
#include <weft/net/resolve.hpp>

namespace weft::tool {

using namespace std::chrono_literals;

class connection_pool::visit {
 public:
  visit(connection_pool& pool, hosts::value_type& entry) noexcept : pool_{&pool}, entry_{&entry} {
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
  hosts::value_type* entry_;
};

task<connection_pool::lease> connection_pool::acquire(std::string_view host_and_port) {
  auto found = hosts_.find(host_and_port);
  if (found == hosts_.end()) found = hosts_.try_emplace(std::string{host_and_port}, per_host_).first;
  hosts::value_type& entry = *found;
  visit here{*this, entry};
  std::optional<semaphore::permit> permit;
  if (per_host_ > 0) permit.emplace(co_await entry.second.free.acquire());

  if (!entry.second.idle.empty()) {
    const places::iterator at = entry.second.idle.back();
    entry.second.idle.pop_back();
    active_.splice(active_.end(), idle_, at);
    here.becomes_lease();
    co_return lease{*this, at, std::move(permit)};
  }
  if (active_.size() + idle_.size() >= most_) close_longest_idle();
  if (spare_.empty()) spare_.emplace_back();
  const places::iterator at = spare_.begin();
  at->of = &entry;
  active_.splice(active_.end(), spare_, at);
  here.becomes_lease();
  co_return lease{*this, at, std::move(permit)};
}

task<std::vector<endpoint>> connection_pool::find(addresses& of, std::string name, std::uint16_t port) {
  constexpr auto good_for = 30s;
  const auto asking = co_await of.asking.acquire();
  if (of.known.empty() || now() - of.since > good_for) {
    std::vector<endpoint> fresh = co_await weft::resolve(std::move(name), port);
    of.known = std::move(fresh);
    of.since = now();
  }
  co_return of.known;
}

task<bool> connection_pool::wait_for_room() {
  while (!idle_.empty()) close_longest_idle();
  const bool alone = active_.size() <= 1;
  given_back_.clear();
  (void)co_await move_on_after(100ms, given_back_.wait());
  co_return !alone;
}

void connection_pool::give_back(places::iterator at) noexcept {
  hosts::value_type& entry = *at->of;
  --entry.second.users;
  if (at->connection && at->connection->reusable()) {
    idle_.splice(idle_.end(), active_, at);
    entry.second.idle.push_back(at);
  } else {
    at->connection.reset();
    spare_.splice(spare_.end(), active_, at);
    forget_if_unused(entry);
  }
  given_back_.set();
}

void connection_pool::close_longest_idle() noexcept {
  if (idle_.empty()) return;
  const places::iterator at = idle_.begin();
  hosts::value_type& entry = *at->of;
  entry.second.idle.erase(std::find(entry.second.idle.begin(), entry.second.idle.end(), at));
  at->connection.reset();
  spare_.splice(spare_.end(), idle_, at);
  forget_if_unused(entry);
}

void connection_pool::forget_if_unused(hosts::value_type& entry) noexcept {
  if (entry.second.users == 0 && entry.second.idle.empty()) hosts_.erase(hosts_.find(entry.first));
}

}  // namespace weft::tool
