#pragma once

#include <cstdint>
#include <type_traits>

namespace weft {

/// How many retries a retry_budget allows.
struct retry_budget_options {
  /// Retries that each call earns: 0.2 is one retry for five calls; not negative.
  double per_call = 0.2;
  /// Retries that each second earns, so that those who call seldom may retry too; not negative.
  double per_second = 1;
  /// The most retries that can be saved up, and how many there are at first; at least 1.
  double reserve = 10;
};
static_assert(std::is_trivially_destructible_v<retry_budget_options>);

/// Retries that many calls share, so that a server in trouble does not get a multiple of its usual load: once the
/// budget is spent, errors come out without a further attempt. Give it to the calls as `retry_options::budget`.
/// Belongs to one loop; must outlive the calls.
class retry_budget {
 public:
  /// Throws std::invalid_argument for negative numbers, what is not a number, and a reserve below 1.
  explicit retry_budget(const retry_budget_options& options = {});
  retry_budget(const retry_budget&) = delete;
  retry_budget& operator=(const retry_budget&) = delete;

  /// How many retries are allowed now; less than 1 is none.
  double available() const noexcept;
  /// How many retries were not made for want of budget.
  std::uint64_t refused() const noexcept { return refused_; }

  /// A call begins. retry() does this.
  void earn() noexcept;
  /// Takes one retry if there is one. retry() does this.
  bool spend() noexcept;

 private:
  retry_budget_options options_;
  double saved_;
  std::int64_t saved_at_;  // nanoseconds
  std::uint64_t refused_ = 0;
};

}  // namespace weft
