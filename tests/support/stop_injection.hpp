#pragma once

// Stops a program wherever it can be stopped, until it ends before the stop comes. Nothing may leak, hang, or be left
// half done.
//
//   TEST(StopInjection, Gather) {
//     stop_injection::stop_everywhere([](ledger& kept) -> weft::task<> { ... });
//   }

#include <gtest/gtest.h>

#include <chrono>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace stop_injection {

/// What a program owes: objects that live, and managers that were entered and not left.
class ledger {
 public:
  /// A variable whose destructor must run.
  class item {
   public:
    explicit item(ledger& owner) noexcept : owner_{&owner} { ++owner_->alive_; }
    item(const item& other) noexcept : item{*other.owner_} {}
    item& operator=(const item&) = delete;
    ~item() { --owner_->alive_; }

   private:
    ledger* owner_;
  };

  /// A manager whose enter and exit both wait.
  class manager {
   public:
    explicit manager(ledger& owner) noexcept : owner_{&owner} {}
    weft::task<> enter() {
      co_await weft::sleep(std::chrono::milliseconds{1});
      ++owner_->entered_;
    }
    weft::task<> exit() {
      co_await weft::checkpoint();
      co_await weft::sleep(std::chrono::milliseconds{1});
      --owner_->entered_;
    }

   private:
    ledger* owner_;
  };

  int alive() const noexcept { return alive_; }
  /// All has been given back.
  bool balanced() const noexcept { return alive_ == 0 && entered_ == 0; }

 private:
  int alive_ = 0;
  int entered_ = 0;
};

/// Stops `program(ledger&)`, a task, at each place, in several orders. It may fail, by itself too.
template <class Program>
weft::testing::stop_counts stop_everywhere(Program program) {
  weft::testing::stop_counts sum;
  for (std::uint64_t seed = 0; seed != 3; ++seed) {
    ledger kept;
    const auto failed = [&] { return ::testing::Test::HasFailure() || !kept.balanced(); };
    const auto run = [&]() -> weft::task<> {
      try {
        co_await program(kept);
      } catch (...) {
        ++sum.failed;
      }
    };
    const auto counts = weft::testing::for_each_stop(run, {.seed = seed, .failed = failed});
    EXPECT_GT(counts.stopped, 0U);
    sum.stopped += counts.stopped;
    sum.returned += counts.returned;
  }
  return sum;
}

}  // namespace stop_injection
