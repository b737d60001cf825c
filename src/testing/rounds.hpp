#pragma once

#include <cstdint>
#include <vector>
#include <weft/testing/clock.hpp>
#include <weft/testing/options.hpp>

#include "core/loop.hpp"
#include "testing/random.hpp"

namespace weft::testing::detail {

/// Decides, in a test, what comes first in a round of the loop, when somebody is stopped, and when time passes.
class rounds final : public weft::detail::round_hook {
 public:
  rounds(weft::detail::loop& loop, const options& how) noexcept;
  rounds(const rounds&) = delete;
  rounds& operator=(const rounds&) = delete;
  ~rounds() { loop_.hook = nullptr; }

  weft::detail::node* arrange(weft::detail::node* first) noexcept override;
  void before_turn() noexcept override;
  bool idle(std::int64_t deadline) noexcept override;

  void add(idle_leaf& waiter) noexcept;
  void remove(idle_leaf& waiter) noexcept { waiters_.remove(waiter); }

  std::uint64_t places() const noexcept { return places_; }
  /// Somebody was stopped at the place.
  bool stopped() const noexcept { return stopped_; }
  /// It took so many turns that it was stopped.
  bool endless() const noexcept { return turns_ > how_.max_turns; }

 private:
  /// A step of the round: where it stands, and where it shall.
  struct step {
    weft::detail::node* turn;
    std::size_t slot;  // how many others stay before it
    std::uint64_t key;
  };

  void take_place() noexcept;
  weft::detail::running_task* choose_victim() noexcept;
  void shuffle(std::size_t others) noexcept;
  void keep_lines() noexcept;

  weft::detail::loop& loop_;
  options how_;
  random_source random_;
  std::vector<step> steps_;
  std::vector<weft::detail::node*> others_;
  std::vector<weft::detail::node*> in_order_;
  weft::detail::list<idle_leaf> waiters_;  // by their time
  std::uint64_t places_ = 0;
  std::uint64_t turns_ = 0;
  bool stopped_ = false;
};

}  // namespace weft::testing::detail
