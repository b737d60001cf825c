#pragma once

// Stops a program at each place where it can be stopped: once in every turn of the loop in which anything happens, and
// in between, until it ends before the stop comes. Nothing may leak, hang, or be left half done.
//
//   TEST(StopInjection, Gather) {
//     stop_injection::stop_everywhere([](ledger& kept) -> weft::task<> { ... });
//   }

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "core/loop.hpp"

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
  int entered() const noexcept { return entered_; }

 private:
  int alive_ = 0;
  int entered_ = 0;
};

/// How often a program ended in which way.
struct tally {
  int cancelled = 0;
  int failed = 0;
  int returned = 0;
};

/// Cancels a task at the n-th chance. Programs use whole milliseconds, so that it is awake whenever they are.
class injector final : public weft::detail::node, public weft::detail::timer {
 public:
  explicit injector(int chance) noexcept : chances_left_{chance}, loop_{weft::detail::require_loop("injector")} {
    loop_.push(*this);
  }
  ~injector() {
    if (armed()) loop_.disarm(*this);
  }
  void aim_at(weft::any_task_handle task) noexcept { victim_ = std::move(task); }
  /// The task had not ended when it was cancelled.
  bool hit() const noexcept { return hit_; }
  /// Still in the ready queue.
  bool queued() const noexcept { return queued_; }

  void* run() noexcept override {
    loop_.current = nullptr;
    queued_ = false;
    const bool alone = next == nullptr && !peek::anything_ready(loop_);
    if (take_chance()) return nullptr;
    if (alone) {
      loop_.arm(*this, loop_.now() + 1'000'000);
    } else {
      queued_ = true;
      loop_.push(*this);
    }
    return nullptr;
  }
  void fired() noexcept override {
    if (take_chance()) return;
    queued_ = true;
    loop_.push(*this);
  }

 private:
  struct peek : weft::detail::event_loop {
    static bool anything_ready(const weft::detail::event_loop& loop) { return (loop.*&peek::has_ready)(); }
  };

  bool take_chance() noexcept {
    if (victim_.done()) return true;
    if (chances_left_-- > 0) return false;
    hit_ = victim_.cancel();
    return true;
  }

  int chances_left_;
  bool hit_ = false;
  bool queued_ = true;
  weft::detail::event_loop& loop_;
  weft::any_task_handle victim_;
};

/// Runs the program once and stops it at the `chance`-th chance; false if it ended before that.
template <class Program>
bool stop_once(Program& program, int chance, bool before_the_others, tally& ends) {
  ledger kept;
  bool hit = false;
  std::vector<std::string> reports;
  try {
    weft::runner runner{{.clock = weft::clock_mode::simulated}};
    runner.get_loop().set_exception_handler([&](const weft::exception_context& context) {
      reports.push_back(std::string{context.message} + ": " + weft::what(context.exception));
    });
    runner.run([&]() -> weft::task<> {
      std::optional<injector> stop;
      if (before_the_others) stop.emplace(chance);
      auto victim = weft::create_task([&]() -> weft::task<> { co_await program(kept); }, {.name = "victim"});
      if (!before_the_others) stop.emplace(chance);
      stop->aim_at(victim);
      co_await weft::wait(std::vector(1, victim));
      while (stop->queued()) co_await weft::checkpoint();
      hit = stop->hit();
      EXPECT_EQ(weft::all_tasks().size(), 1U) << "tasks were left behind";
      if (victim.cancelled()) {
        ++ends.cancelled;
      } else {
        ++(victim.exception() ? ends.failed : ends.returned);
      }
    });
    runner.close();
  } catch (const weft::deadlock_error& e) {
    ADD_FAILURE() << e.what();
  }
  EXPECT_EQ(kept.alive(), 0) << "destructors have not run";
  EXPECT_EQ(kept.entered(), 0) << "managers were not left";
  EXPECT_EQ(reports, std::vector<std::string>{});
  return hit;
}

/// Stops `program(ledger&)`, a task, at each chance. It must end by itself within some milliseconds.
template <class Program>
tally stop_everywhere(Program program) {
  tally ends;
  for (const bool before_the_others : {true, false}) {
    bool hit = true;
    for (int chance = 0; hit && !::testing::Test::HasFailure(); ++chance) {
      SCOPED_TRACE("chance " + std::to_string(chance) + (before_the_others ? " before" : " behind") + " the others");
      hit = stop_once(program, chance, before_the_others, ends);
      EXPECT_LT(chance, 1000) << "the program does not end";
    }
  }
  EXPECT_GT(ends.cancelled, 0);
  return ends;
}

}  // namespace stop_injection
