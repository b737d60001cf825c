// The example of weft/testing.hpp.

#include <gtest/gtest.h>

#include <stdexcept>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

struct broken_source {
  weft::task<int> read() {
    co_await weft::checkpoint();
    throw std::runtime_error{"broken"};
  }
};

class store {
 public:
  weft::task<> sell_one() {
    const auto held = co_await counter_.acquire();
    if (in_stock_ == 0) co_return;
    co_await weft::sleep(1ms);
    --in_stock_;
    ++sold_;
  }
  int sold() const noexcept { return sold_; }
  int in_stock() const noexcept { return in_stock_; }

 private:
  weft::lock counter_;
  int in_stock_ = 5;
  int sold_ = 0;
};

weft::task<int> patiently(auto& source) {
  for (int tries = 1;; ++tries) {
    try {
      co_return co_await source.read();
    } catch (const std::runtime_error&) {
      if (tries == 3) throw;
    }
    co_await weft::sleep(1s);
  }
}

TEST(Patiently, TriesThreeTimes) {
  weft::testing::run([]() -> weft::task<> {
    broken_source source;
    try {
      co_await patiently(source);
      ADD_FAILURE() << "no error";
    } catch (const std::runtime_error&) {
    }
    EXPECT_EQ(weft::now().time_since_epoch(), 2s);
  });
}

TEST(Store, KeepsItsBooks) {
  const auto program = []() -> weft::task<> {
    store shop;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      for (int i = 0; i != 5; ++i) tg.create_task([&]() -> weft::task<> { co_await shop.sell_one(); });
      co_return;
    });
    EXPECT_EQ(shop.sold() + shop.in_stock(), 5);
  };
  weft::testing::for_each_seed(1000, program);
  weft::testing::for_each_stop(program);
}

}  // namespace
