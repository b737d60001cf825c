#include <string>
#include <utility>
#include <weft/postgres/advisory_lock.hpp>
#include <weft/postgres/connection.hpp>
#include <weft/postgres/transaction.hpp>

#include "postgres/link_session.hpp"

namespace weft::postgres {

namespace {

std::string call_of(const char* function, std::int64_t key, lock_options how) {
  return "select " + std::string{function} + (how.shared ? "_shared(" : "(") + std::to_string(key) + ")";
}

}  // namespace

advisory_lock::advisory_lock(std::shared_ptr<detail::session> on, std::int64_t key, lock_options how) noexcept
    : on_{std::move(on)}, key_{key}, how_{how} {}
advisory_lock::advisory_lock(advisory_lock&&) noexcept = default;
advisory_lock::~advisory_lock() = default;

task<connection&> advisory_lock::enter() {
  std::shared_ptr<detail::session> alone = co_await on_->alone();
  // Whether the server has granted it is not known as long as it has not said so.
  struct giving_back {
    detail::session* on;
    std::string text;
    ~giving_back() {
      if (on != nullptr) on->run_detached(std::move(text));
    }
  } unless_done{alone.get(), call_of("pg_advisory_unlock", key_, how_)};
  const detail::command what{call_of("pg_advisory_lock", key_, how_)};
  (void)co_await alone->run(what);
  unless_done.on = nullptr;
  // A session beside the one that is on loan, or is the user's own: it closes neither.
  held_ = std::make_unique<connection>(
      std::make_shared<detail::link_session>(static_cast<const detail::link_session&>(*alone).where()));
  alone_ = std::move(alone);
  co_return *held_;
}

task<> advisory_lock::exit(exit_reason how) {
  const std::shared_ptr<detail::session> alone = std::move(alone_);
  held_.reset();
  const auto& link = static_cast<const detail::link_session&>(*alone).where();
  try {
    if (link->is_open() && link->transaction_status() != PQTRANS_IDLE) {
      const detail::command rollback{"rollback"};
      (void)co_await alone->run(rollback);
    }
    const detail::command what{call_of("pg_advisory_unlock", key_, how_)};
    (void)co_await alone->run(what);
  } catch (const connection_error&) {
    if (how.ok()) throw;
  }
}

task<> transaction::lock(std::int64_t key, lock_options how) const {
  return detail::script_in(where(), call_of("pg_advisory_xact_lock", key, how));
}

}  // namespace weft::postgres
