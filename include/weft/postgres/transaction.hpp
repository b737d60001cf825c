#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <weft/core/with.hpp>
#include <weft/postgres/lock_options.hpp>
#include <weft/postgres/queries.hpp>

namespace weft::postgres {

namespace detail {
class transaction_scope;
}

/// A transaction that is open, or a savepoint in it: what transaction() hands to its body. Its statements run one after
/// the other on one connection; several that are issued at once share a round trip.
class transaction : public queries {
 public:
  /// How many transactions it is in: 0, or more for a savepoint.
  int depth() const noexcept { return depth_; }

  /// Runs `body(transaction&)` under a savepoint: what it has done is undone, and nothing else, when it throws or is
  /// stopped. Gives what the body gives.
  template <class F>
  auto savepoint(F&& body) const {
    return queries::transaction(std::forward<F>(body));
  }

  /// Waits for a lock that the server keeps for whoever agrees on its number, and that is held until the outermost
  /// transaction ends, or the savepoint is undone. pg_advisory_xact_lock.
  task<> lock(std::int64_t key, lock_options how = {}) const;

  /// For the library's own use.
  transaction(std::shared_ptr<detail::session> on, int depth) noexcept : queries{std::move(on)}, depth_{depth} {}

 private:
  friend class detail::transaction_scope;
  int depth_;
};

// ---- implementation -------------------------------------------------------------------------------------------------

namespace detail {

/// A session whose transactions are savepoints.
class open_transaction;

/// The manager of a transaction's block.
class transaction_scope {
 public:
  transaction_scope(std::shared_ptr<session> alone, transaction_options how);
  task<transaction*> enter();
  task<> exit(exit_reason how);

 private:
  std::shared_ptr<session> alone_;
  transaction_options how_;
  int depth_;
  std::optional<transaction> open_;
};

/// The current exception is one that a transaction may be tried again for.
bool worth_retrying() noexcept;
bool is_savepoint(const session& on) noexcept;

template <class F>
auto transaction_in(std::shared_ptr<session> on, F body, transaction_options how)
    -> task<weft::await_result_t<std::invoke_result_t<F&, transaction&>>> {
  using value = weft::await_result_t<std::invoke_result_t<F&, transaction&>>;
  const std::shared_ptr<session> alone = co_await on->alone();
  std::size_t retries = is_savepoint(*alone) ? 0 : how.retries;
  for (;; --retries) {
    transaction_scope scope{alone, how};
    auto block = [&body](transaction* open) { return body(*open); };
    try {
      if constexpr (std::is_void_v<value>) {
        co_await with(scope, block);
        co_return;
      } else {
        co_return co_await with(scope, block);
      }
    } catch (...) {
      if (retries == 0 || !worth_retrying()) throw;
    }
  }
}

}  // namespace detail
}  // namespace weft::postgres
