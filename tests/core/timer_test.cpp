#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>
#include <weft/core/detail/timer.hpp>

namespace {

class idle_timer final : public weft::detail::timer {
 public:
  void fired() noexcept override {}
};

TEST(TimerHeap, PopsByDeadlineAndEqualOnesInTheOrderOfArming) {
  weft::detail::timer_heap heap;
  std::vector<idle_timer> timers(6);
  const std::int64_t deadlines[] = {30, 10, 20, 10, 30, 10};
  for (std::size_t i = 0; i < 6; ++i) heap.arm(timers[i], deadlines[i]);
  std::vector<std::size_t> order;
  while (!heap.empty())
    order.push_back(static_cast<std::size_t>(static_cast<idle_timer*>(&heap.pop()) - timers.data()));
  EXPECT_EQ(order, (std::vector<std::size_t>{1, 3, 5, 2, 0, 4}));
}

TEST(TimerHeap, KnowsWhatIsArmed) {
  weft::detail::timer_heap heap;
  idle_timer a;
  idle_timer b;
  EXPECT_FALSE(a.armed());
  heap.arm(a, 5);
  heap.arm(b, 3);
  EXPECT_TRUE(a.armed());
  EXPECT_EQ(heap.first_deadline(), 3);
  heap.disarm(b);
  EXPECT_FALSE(b.armed());
  EXPECT_EQ(heap.first_deadline(), 5);
  EXPECT_FALSE(heap.first_was_armed_before(0));
  EXPECT_TRUE(heap.first_was_armed_before(1));
  EXPECT_TRUE(heap.first_was_armed_before(2));
  EXPECT_EQ(heap.next_number(), 2u);
  EXPECT_EQ(&heap.pop(), &a);
  EXPECT_FALSE(a.armed());
  EXPECT_TRUE(heap.empty());
}

TEST(TimerHeap, AgreesWithASortedListUnderRandomUse) {
  std::mt19937 random{1};  // NOLINT(bugprone-random-generator-seed): the same run each time
  weft::detail::timer_heap heap;
  std::vector<idle_timer> timers(500);
  struct armed {
    std::int64_t deadline;
    std::uint64_t number;
    idle_timer* timer;
    auto key() const { return std::pair{deadline, number}; }
  };
  std::vector<armed> expected;
  const auto first = [&] {
    return std::min_element(expected.begin(), expected.end(), [](auto& a, auto& b) { return a.key() < b.key(); });
  };
  for (int step = 0; step < 20'000; ++step) {
    idle_timer& t = timers[random() % timers.size()];
    if (t.armed()) {
      heap.disarm(t);
      std::erase_if(expected, [&](const armed& a) { return a.timer == &t; });
    } else if (random() % 4 != 0 || expected.empty()) {
      const auto deadline = static_cast<std::int64_t>(random() % 50);
      expected.push_back({deadline, heap.next_number(), &t});
      heap.arm(t, deadline);
    } else {
      const auto least = first();
      ASSERT_EQ(&heap.pop(), least->timer);
      expected.erase(least);
    }
    ASSERT_EQ(heap.empty(), expected.empty());
    if (!expected.empty()) {
      ASSERT_EQ(heap.first_deadline(), first()->deadline);
      const std::uint64_t number = first()->number;
      ASSERT_TRUE(heap.first_was_armed_before(number + 1));
      ASSERT_FALSE(heap.first_was_armed_before(number));
    }
  }
}

}  // namespace
