#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <weft/core/result.hpp>

namespace {

std::exception_ptr failure() { return std::make_exception_ptr(std::runtime_error{"failed"}); }

TEST(Result, HoldsAValue) {
  weft::result<std::string> r = std::string{"text"};
  EXPECT_TRUE(r);
  EXPECT_TRUE(r.has_value());
  EXPECT_EQ(r.error(), nullptr);
  EXPECT_EQ(r.value(), "text");
  EXPECT_EQ(*r, "text");
  EXPECT_EQ(r->size(), 4u);
  r.value() += "!";
  EXPECT_EQ(std::as_const(r).value(), "text!");
  EXPECT_EQ(*std::as_const(r), "text!");
  EXPECT_EQ(std::as_const(r)->size(), 5u);
}

TEST(Result, HoldsAnError) {
  const auto error = failure();
  weft::result<int> r = error;
  EXPECT_FALSE(r);
  EXPECT_EQ(r.error(), error);
  EXPECT_THROW((void)r.value(), std::runtime_error);
  EXPECT_THROW((void)std::as_const(r).value(), std::runtime_error);
  EXPECT_THROW((void)std::move(r).value(), std::runtime_error);
}

TEST(Result, GivesUpAMoveOnlyValue) {
  weft::result<std::unique_ptr<int>> r = std::make_unique<int>(3);
  std::unique_ptr<int> taken = std::move(r).value();
  EXPECT_EQ(*taken, 3);
}

TEST(Result, RefersToWhatItWasGiven) {
  int variable = 1;
  weft::result<int&> r = variable;
  r.value() = 2;
  EXPECT_EQ(variable, 2);
  EXPECT_EQ(&*r, &variable);
  int& moved = std::move(r).value();
  EXPECT_EQ(&moved, &variable);
  const weft::result<int&> none = failure();
  EXPECT_THROW((void)none.value(), std::runtime_error);
}

TEST(Result, OfNothingIsDoneOrFailed) {
  const weft::result<void> fine;
  EXPECT_TRUE(fine);
  EXPECT_EQ(fine.error(), nullptr);
  fine.value();
  *fine;
  const weft::result<void> failed = failure();
  EXPECT_FALSE(failed.has_value());
  EXPECT_NE(failed.error(), nullptr);
  EXPECT_THROW(failed.value(), std::runtime_error);
}

}  // namespace
