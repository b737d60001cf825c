#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/core/detail/timer.hpp>
#include <weft/postgres/detail/session.hpp>
#include <weft/postgres/pool.hpp>
#include <weft/sync/event.hpp>

#include "postgres/link.hpp"
#include "postgres/link_session.hpp"

namespace weft::postgres::detail {

/// What a pool, its leases and the tasks that work with it share.
class pool_state final : public session,
                         public link_observer,
                         public std::enable_shared_from_this<pool_state>,
                         private weft::detail::timer {
 public:
  pool_state(std::string where, const pool_options& how);
  pool_state(const pool_state&) = delete;
  pool_state& operator=(const pool_state&) = delete;
  ~pool_state() override;

  task<answer> run(const command& what) override;
  task<std::vector<answer>> run_all(const std::vector<command>& what) override;
  void run_detached(std::string) override {}  // there is no connection that it could be meant for
  task<> run_script(const std::string& text) override;
  task<std::unique_ptr<row_source>> stream(const command& what) override;
  task<std::unique_ptr<copy_sink>> copy_in(const std::string& statement) override;
  task<std::unique_ptr<copy_source>> copy_out(const std::string& statement) override;
  task<std::shared_ptr<session>> alone() override;
  task<std::shared_ptr<session>> lend(bool with_reset);

  const std::string& where() const noexcept { return where_; }
  const pool_options& options() const noexcept { return how_; }
  pool_statistics statistics() const noexcept;
  /// Gives out nothing more.
  void shut() noexcept;
  auto all_gone() { return gone_.wait(); }

  void quiet(link& which) noexcept override;
  void broken(link& which) noexcept override;
  void notified(link&, const PGnotify&) override {}

 private:
  friend class lease;

  /// A connection that exists.
  struct place {
    std::shared_ptr<link> on;
    bool leased = false;
    bool returning = false;  // it is being put in order
    bool with_reset = false;
    bool asked = false;  // whether it still answers, and it has not yet
    int promised = 0;    // to tasks that have not run since
    std::int64_t made_at = 0;
    std::int64_t idle_since = 0;
    std::int64_t looked_at = 0;  // when it was asked, or had answered

    bool idle() const noexcept { return !leased && !asked && promised == 0 && on->quiet(); }
  };
  using place_ptr = std::shared_ptr<place>;

  class waiter;
  class claim;

  std::int64_t time() const noexcept;
  bool may_open() const noexcept;
  bool too_old(const place& one) const noexcept;
  /// A place that may be used now; null if there is none.
  place_ptr find(bool alone);
  place_ptr find_idle();
  task<claim> acquire(bool alone);
  task<claim> wait_in_line(bool alone);
  void keep_minimum();
  void open_another();
  static task<> open_one(std::shared_ptr<pool_state> self);
  void serve();
  void fail_waiters(const std::exception_ptr& error) noexcept;
  void give_back(const place_ptr& used) noexcept;
  void put_in_order(const place_ptr& used);
  void remove(const place_ptr& gone) noexcept;
  place_ptr place_of(const link& which) noexcept;
  void watch() noexcept;
  static std::int64_t last_sign(const place& one) noexcept;
  void look_at(const place_ptr& one) noexcept;
  void fired() noexcept override;

  std::string where_;
  pool_options how_;
  weft::detail::event_loop* loop_ = nullptr;
  std::vector<place_ptr> places_;
  weft::detail::list<waiter> line_;
  std::size_t waiting_ = 0;
  std::size_t opening_ = 0;
  std::int64_t no_opening_before_ = 0;
  std::int64_t patient_until_ = 0;
  std::int64_t due_ = weft::detail::never;  // what the timer is armed for
  std::uint64_t opened_ = 0;
  std::uint64_t lost_ = 0;
  bool shut_ = false;
  weft::event gone_;
};

}  // namespace weft::postgres::detail
