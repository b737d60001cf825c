#include <forward_list>
#include <list>
#include <ranges>
#include <sstream>
#include <support/scenario.hpp>
#include <support/stop_injection.hpp>
#include <weft/patterns.hpp>

using namespace scenario;

namespace {

using weft::task;

weft::async_generator<int> numbers(int n) {
  for (int i = 1; i <= n; ++i) {
    co_await sleep(1);
    co_yield i;
  }
}

template <class C>
std::string shown(C chunks) {
  std::string text;
  for (auto chunk : chunks) {
    text += "[";
    for (const auto& item : chunk) text += std::to_string(item);
    text += "]" + std::to_string(chunk.size()) + " ";
  }
  return text;
}

}  // namespace

TEST(Chunks, OfARange) {
  std::vector<int> five{1, 2, 3, 4, 5};
  EXPECT_EQ(shown(weft::chunks(five, 2)), "[12]2 [34]2 [5]1 ");
  EXPECT_EQ(shown(weft::chunks(five, 5)), "[12345]5 ");
  EXPECT_EQ(shown(weft::chunks(five, 9)), "[12345]5 ");
  EXPECT_EQ(shown(weft::chunks(std::vector<int>{}, 3)), "");
  EXPECT_EQ(shown(weft::chunks(std::list<int>{1, 2, 3}, 2)), "[12]2 [3]1 ");
  EXPECT_EQ(shown(weft::chunks(std::forward_list<int>{1, 2, 3}, 1)), "[1]1 [2]1 [3]1 ");
  EXPECT_EQ(shown(weft::chunks(std::views::iota(1, 4), 2)), "[12]2 [3]1 ");
  const std::vector<int> constant{1};
  EXPECT_EQ(shown(weft::chunks(constant, 1)), "[1]1 ");
}

TEST(Chunks, AreViewsOfARange) {
  std::vector<int> values{1, 2, 3};
  for (std::span<int> chunk : weft::chunks(values, 2)) chunk[0] = 0;
  EXPECT_EQ(values, (std::vector<int>{0, 2, 0}));
}

TEST(Chunks, OfAGenerator) {
  expect_trace(R"(
2 [1, 2]
4 [3, 4]
5 [5]
)",
               []() -> task<> {
                 auto pieces = weft::chunks(numbers(5), 2);
                 while (std::optional<std::vector<int>> piece = co_await pieces.next()) log(*piece);
               });
}

TEST(Chunks, AnErrorComesBehindTheItemsBeforeIt) {
  expect_trace(R"(
0 [1]
0 ValueError
)",
               []() -> task<> {
                 auto source = []() -> weft::async_generator<int> {
                   co_yield 1;
                   throw value_error{};
                 };
                 auto pieces = weft::chunks(source(), 2);
                 std::string error;
                 try {
                   while (std::optional<std::vector<int>> piece = co_await pieces.next()) log(*piece);
                 } catch (...) {
                   error = show_current();
                 }
                 log(error);
               });
}

TEST(Chunks, RefuseASizeBelowOne) {
  std::vector<int> values;
  EXPECT_THROW((void)weft::chunks(values, 0), std::invalid_argument);
  EXPECT_THROW((void)weft::chunks(numbers(1), -1), std::invalid_argument);
}
