#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

namespace {

using weft::detail::allocate_frame;
using weft::detail::free_frame;

TEST(FramePool, GivesAlignedBlocksThatDoNotOverlap) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (int round = 0; round < 5; ++round) {
    for (std::size_t size = 1; size <= 2000; size += 13) {
      auto* block = static_cast<unsigned char*>(allocate_frame(size));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 16, 0u);
      std::memset(block, static_cast<int>(size % 251), size);
      blocks.emplace_back(block, size);
    }
  }
  for (const auto& [block, size] : blocks) {
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(block[i], size % 251);
  }
  for (const auto& [block, size] : blocks) free_frame(block, size);
}

TEST(FramePool, HasNoDoubleUseWhenBlocksComeAndGo) {
  std::vector<void*> kept;
  std::set<void*> distinct;
  for (int i = 0; i < 50'000; ++i) {
    void* block = allocate_frame(100);
    if (i % 3 == 0) {
      kept.push_back(block);
      distinct.insert(block);
    } else {
      free_frame(block, 100);
    }
  }
  EXPECT_EQ(distinct.size(), kept.size());
  for (void* block : kept) free_frame(block, 100);
}

TEST(ThreadFramePool, TakesBackBlocksOnOtherThreads) {
  constexpr int rounds = 20;
  constexpr int blocks = 5'000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<void*> taken;
    std::jthread{[&] {
      for (int i = 0; i < blocks; ++i) taken.push_back(std::memset(allocate_frame(64), round, 64));
    }}.join();
    std::jthread{[&] {
      for (void* block : taken) free_frame(block, 64);
    }}.join();
  }
}

TEST(ThreadFramePool, PassesBlocksBothWaysBetweenRunningThreads) {
  std::mutex mutex;
  std::vector<void*> exchange;
  const auto work = [&](unsigned char mark) {
    for (int i = 0; i < 20'000; ++i) {
      void* mine = std::memset(allocate_frame(256), mark, 256);
      void* other = nullptr;
      {
        const std::lock_guard held{mutex};
        exchange.push_back(mine);
        if (exchange.size() > 100) {
          std::swap(exchange.front(), exchange.back());
          other = exchange.back();
          exchange.pop_back();
        }
      }
      if (other == nullptr) continue;
      const auto* bytes = static_cast<const unsigned char*>(other);
      ASSERT_EQ(bytes[0], bytes[255]);
      free_frame(other, 256);
    }
  };
  {
    std::jthread a{work, static_cast<unsigned char>(1)};
    std::jthread b{work, static_cast<unsigned char>(2)};
  }
  for (void* block : exchange) free_frame(block, 256);
}

weft::task<int> nested(int n) {
  if (n == 0) co_return 0;
  int below = co_await nested(n - 1);
  co_return below + 1;
}

TEST(ThreadFramePool, LetsTasksMadeHereRunThere) {
  for (int i = 0; i < 50; ++i) {
    auto made = nested(100);
    int got = 0;
    std::jthread{[&] { got = weft::run(std::move(made)); }}.join();
    EXPECT_EQ(got, 100);
  }
}

}  // namespace
