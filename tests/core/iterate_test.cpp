#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

constexpr weft::run_options simulated{.clock = weft::clock_mode::simulated};

weft::async_generator<int> numbers(int n) {
  for (int i = 1; i <= n; ++i) {
    co_await weft::sleep(1ms);
    co_yield i;
  }
}

weft::async_generator<int> closable(int n, std::string& trace) {
  co_await weft::on_close([&trace]() -> weft::task<> {
    co_await weft::sleep(1ms);
    trace += "closed ";
  });
  for (int i = 1; i <= n; ++i) {
    co_await weft::sleep(1ms);
    co_yield i;
  }
}

class countdown {
 public:
  explicit countdown(int from) : left_{from} {}
  weft::task<std::optional<int>> next() {
    if (left_ == 0) co_return std::nullopt;
    co_await weft::sleep(1ms);
    co_return left_--;
  }

 private:
  int left_;
};

static_assert(weft::async_iterable<countdown>);
static_assert(weft::async_iterable<countdown&>);
static_assert(weft::async_iterable<weft::async_generator<int>>);
static_assert(!weft::async_iterable<int>);
static_assert(std::is_same_v<weft::item_of_t<weft::async_generator<int&>>, int&>);

TEST(Collect, GivesAllItemsOfAGeneratorAndOfOnesOwnType) {
  weft::run(
      []() -> weft::task<> {
        std::vector<int> all = co_await weft::collect(numbers(3));
        EXPECT_EQ(all, (std::vector<int>{1, 2, 3}));
        all = co_await weft::collect(countdown{3});
        EXPECT_EQ(all, (std::vector<int>{3, 2, 1}));
        std::vector<int> none = co_await weft::collect(numbers(0));
        EXPECT_TRUE(none.empty());
        for (int n : co_await weft::collect(numbers(2))) EXPECT_LT(n, 3);
      },
      simulated);
}

TEST(Collect, RefersToAnLvalueAndGoesOnWhereItStands) {
  weft::run(
      []() -> weft::task<> {
        auto source = numbers(3);
        (void)co_await source.next();
        std::vector<int> rest = co_await weft::collect(source);
        EXPECT_EQ(rest, (std::vector<int>{2, 3}));
      },
      simulated);
}

TEST(Collect, TakesMoveOnlyItemsAndCopiesReferences) {
  weft::run(
      []() -> weft::task<> {
        auto make = []() -> weft::async_generator<std::unique_ptr<int>> {
          for (int i = 0; i < 3; ++i) co_yield std::make_unique<int>(i);
        };
        std::vector<std::unique_ptr<int>> boxes = co_await weft::collect(make());
        EXPECT_EQ(*boxes.at(2), 2);

        std::vector<std::string> texts{"a", "b"};
        auto refer = [&]() -> weft::async_generator<std::string&> {
          for (std::string& text : texts) co_yield text;
        };
        std::vector<std::string> copies = co_await weft::collect(refer());
        EXPECT_EQ(copies, texts);
      },
      simulated);
}

TEST(Collect, ThrowsTheSourcesError) {
  auto broken = []() -> weft::async_generator<int> {
    co_yield 1;
    throw std::runtime_error{"broken"};
  };
  EXPECT_THROW(weft::run([&]() -> weft::task<> { (void)co_await weft::collect(broken()); }, simulated),
               std::runtime_error);
}

TEST(Collect, StoppedClosesASourceThatItOwns) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto items = co_await weft::move_on_after(5ms, weft::collect(closable(100, trace)));
        EXPECT_FALSE(items.has_value());
        EXPECT_EQ(trace, "closed ");

        trace.clear();
        auto source = closable(100, trace);
        items = co_await weft::move_on_after(5ms, weft::collect(source));
        EXPECT_EQ(trace, "");
      },
      simulated);
}

TEST(ForEach, CallsPlainAndAsynchronousFunctionsOneByOne) {
  weft::run(
      []() -> weft::task<> {
        int sum = 0;
        co_await weft::for_each(numbers(4), [&](int n) { sum += n; });
        EXPECT_EQ(sum, 10);
        co_await weft::for_each(countdown{4}, [&](int n) -> weft::task<> {
          co_await weft::sleep(1ms);
          sum -= n;
        });
        EXPECT_EQ(sum, 0);
        EXPECT_EQ(weft::now().time_since_epoch(), 12ms);
      },
      simulated);
}

TEST(ForEach, ClosesItsSourceWhenTheFunctionThrows) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        try {
          co_await weft::for_each(closable(9, trace), [](int n) {
            if (n == 2) throw std::runtime_error{"two"};
          });
        } catch (const std::runtime_error& e) {
          trace += e.what();
        }
        EXPECT_EQ(trace, "closed two");
      },
      simulated);
}

TEST(ForEach, GivesReferencesOfAGeneratorOfReferences) {
  weft::run(
      []() -> weft::task<> {
        std::vector<int> items{1, 2};
        auto refer = [&]() -> weft::async_generator<int&> {
          for (int& item : items) co_yield item;
        };
        co_await weft::for_each(refer(), [](int& n) { n = -n; });
        EXPECT_EQ(items, (std::vector<int>{-1, -2}));
      },
      simulated);
}

TEST(FilterAndTransform, MakePipelines) {
  weft::run(
      []() -> weft::task<> {
        auto even = weft::filter(numbers(10), [](int n) { return n % 2 == 0; });
        auto squares = weft::transform(std::move(even), [](int n) { return n * n; });
        auto all = co_await weft::collect(std::move(squares));
        EXPECT_EQ(all, (std::vector<int>{4, 16, 36, 64, 100}));
      },
      simulated);
}

TEST(FilterAndTransform, TakeAsynchronousFunctionsAndMembers) {
  weft::run(
      []() -> weft::task<> {
        auto odd = weft::filter(numbers(5), [](int n) -> weft::task<bool> {
          co_await weft::sleep(1ms);
          co_return n % 2 == 1;
        });
        auto texts = weft::transform(std::move(odd), [](int n) -> weft::task<std::string> {
          co_await weft::sleep(1ms);
          co_return std::string(static_cast<std::size_t>(n), '*');
        });
        auto sizes = weft::transform(std::move(texts), &std::string::size);
        auto all = co_await weft::collect(std::move(sizes));
        EXPECT_EQ(all, (std::vector<std::size_t>{1, 3, 5}));
      },
      simulated);
}

TEST(FilterAndTransform, OfReferencesGiveReferences) {
  weft::run(
      []() -> weft::task<> {
        std::vector<int> items{1, 2, 3};
        auto refer = [&]() -> weft::async_generator<int&> {
          for (int& item : items) co_yield item;
        };
        auto large = weft::filter(refer(), [](int n) { return n > 1; });
        while (int* item = co_await large.next()) *item = 0;
        EXPECT_EQ(items, (std::vector<int>{1, 0, 0}));
      },
      simulated);
}

TEST(FilterAndTransform, CloseASourceThatTheyOwn) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto pipeline = weft::transform(weft::filter(closable(9, trace), [](int) { return true; }), std::negate<>{});
        std::optional<int> first = co_await pipeline.next();
        EXPECT_EQ(first, -1);
        co_await pipeline.close();
        EXPECT_EQ(trace, "closed ");

        trace.clear();
        auto source = closable(9, trace);
        auto refers = weft::filter(source, [](int n) { return n == 2; });
        (void)co_await refers.next();
        co_await refers.close();
        EXPECT_EQ(trace, "");
        std::optional<int> third = co_await source.next();
        EXPECT_EQ(third, 3);
      },
      simulated);
}

TEST(FilterAndTransform, StoppedInTheMiddleOfAChainCloseAllOfIt) {
  weft::run(
      []() -> weft::task<> {
        std::string trace;
        auto late = co_await weft::move_on_after(
            5ms, weft::collect(weft::transform(weft::filter(closable(1000, trace), [](int) { return true; }),
                                               [](int n) { return n; })));
        EXPECT_FALSE(late.has_value());
        EXPECT_EQ(trace, "closed ");
      },
      simulated);
}

}  // namespace
