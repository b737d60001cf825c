#include <utility>
#include <weft/postgres/pool.hpp>

#include "postgres/opening.hpp"
#include "postgres/pool_state.hpp"

namespace weft::postgres {

namespace {

task<connection> acquire_from(std::shared_ptr<detail::pool_state> of) {
  std::shared_ptr<detail::session> lent = co_await of->lend(of->options().reset);
  co_return connection{std::move(lent)};
}

task<> close_pool(std::shared_ptr<detail::pool_state> of) {
  of->shut();
  co_await of->all_gone();
}

}  // namespace

pool::pool(const char* where, pool_options how)
    : queries{std::make_shared<detail::pool_state>(detail::checked_uri(where), how)} {}

pool::~pool() {
  if (on_) state()->shut();
}

std::shared_ptr<detail::pool_state> pool::state() const {
  return std::static_pointer_cast<detail::pool_state>(where());
}

task<connection> pool::acquire() const { return acquire_from(state()); }

task<listener> pool::listen(std::string channel) const {
  std::vector<std::string> channels;
  channels.push_back(std::move(channel));
  return postgres::listen(state()->where(), std::move(channels), state()->options().connect);
}

class advisory_lock pool::advisory_lock(std::int64_t key, lock_options how) const { return {where(), key, how}; }

pool_statistics pool::statistics() const noexcept { return state()->statistics(); }

task<> pool::close() { return close_pool(state()); }

}  // namespace weft::postgres
