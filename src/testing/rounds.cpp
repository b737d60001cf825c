#include "testing/rounds.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace weft::testing::detail {

using weft::detail::list;
using weft::detail::node;
using weft::detail::running_task;
using weft::detail::task_owner;

rounds::rounds(weft::detail::loop& loop, const options& how) noexcept : loop_{loop}, how_{how}, random_{how.seed} {
  loop_.hook = this;
}

// ---- the order ------------------------------------------------------------------------------------------------------

node* rounds::arrange(node* first) noexcept {
  if (how_.seed == 0 || first == nullptr || first->next == nullptr) return first;
  steps_.clear();
  others_.clear();
  in_order_.clear();
  for (node* n = first; n != nullptr; n = n->next) {
    if (n->is_step()) {
      steps_.push_back({.turn = n, .slot = others_.size(), .key = 0});
      in_order_.push_back(n);
    } else {
      others_.push_back(n);
    }
  }
  shuffle(others_.size());
  keep_lines();

  node* arranged = nullptr;
  node** tail = &arranged;
  const auto append = [&](node* n) {
    *tail = n;
    tail = &n->next;
  };
  auto next_step = steps_.begin();
  for (std::size_t slot = 0; slot <= others_.size(); ++slot) {
    for (; next_step != steps_.end() && next_step->slot == slot; ++next_step) append(next_step->turn);
    if (slot != others_.size()) append(others_[slot]);
  }
  *tail = nullptr;
  return arranged;
}

/// A step may go behind what is no step, but never before it: who awaits a task runs after its owner has heard of its
/// end.
void rounds::shuffle(std::size_t others) noexcept {
  for (step& s : steps_) {
    s.slot += random_.below(others - s.slot + 1);
    s.key = random_.next();
  }
  std::sort(steps_.begin(), steps_.end(),
            [](const step& a, const step& b) { return std::pair{a.slot, a.key} < std::pair{b.slot, b.key}; });
}

/// Those who are served in one line stand in their old order on the places that they have got together. (None of them
/// comes before what it must stay behind: the later ones have the most to stay behind.)
void rounds::keep_lines() noexcept {
  for (auto s = steps_.begin(); s != steps_.end(); ++s) {
    const void* const line = s->turn->served_in();
    if (line == nullptr) continue;
    const auto earlier = [&](const step& other) { return other.turn->served_in() == line; };
    if (std::any_of(steps_.begin(), s, earlier)) continue;  // done with the first of them
    auto place = s;
    for (node* n : in_order_) {
      if (n->served_in() != line) continue;
      place = std::find_if(place, steps_.end(), earlier);
      (place++)->turn = n;
    }
  }
}

// ---- stops ----------------------------------------------------------------------------------------------------------

void rounds::before_turn() noexcept {
  ++turns_;
  if (running_task* const main = loop_.roots.awaited; turns_ > how_.max_turns && main != nullptr) main->cancel();
  if (turns_ > 2 * how_.max_turns) {
    std::fprintf(stderr, "weft: a program under test goes on for ever, though it was stopped (seed %llu, place %llu)\n",
                 static_cast<unsigned long long>(how_.seed), static_cast<unsigned long long>(how_.stop_at));
    std::abort();
  }
  take_place();
}

void rounds::take_place() noexcept {
  if (loop_.roots.awaited == nullptr || loop_.roots.awaited->done()) return;
  if (++places_ != how_.stop_at) return;
  running_task* const victim = choose_victim();
  stopped_ = victim != nullptr && victim->cancel();
}

running_task* rounds::choose_victim() noexcept {
  if (how_.stop != stops::any_task) return loop_.roots.awaited;
  std::vector<running_task*> tasks;
  for (task_owner* owner = loop_.owners.front(); owner != nullptr; owner = list<task_owner>::after(*owner)) {
    if (owner->internal()) continue;
    for (running_task* task = owner->children().front(); task != nullptr; task = list<running_task>::after(*task)) {
      if (!task->done()) tasks.push_back(task);
    }
  }
  random_source by_place{how_.seed ^ (how_.stop_at << 32)};
  return tasks.empty() ? nullptr : tasks[by_place.below(tasks.size())];
}

// ---- time -----------------------------------------------------------------------------------------------------------

bool rounds::idle(std::int64_t deadline) noexcept {
  take_place();
  if (loop_.has_ready()) return false;
  idle_leaf* const first = waiters_.front();
  if (first == nullptr) return !how_.clock_by_hand;
  if (deadline <= first->until()) return true;
  loop_.advance(std::max<std::int64_t>(first->until() - loop_.now(), 0));
  waiters_.pop_front().wake();
  return false;
}

void rounds::add(idle_leaf& waiter) noexcept {
  list<idle_leaf> later;
  while (!waiters_.empty() && waiters_.back()->until() > waiter.until()) {
    idle_leaf& last = *waiters_.back();
    waiters_.remove(last);
    later.push_front(last);
  }
  waiters_.push_back(waiter);
  while (!later.empty()) waiters_.push_back(later.pop_front());
}

}  // namespace weft::testing::detail
