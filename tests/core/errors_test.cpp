#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>
#include <weft/core/errors.hpp>

namespace {

static_assert(std::is_base_of_v<std::runtime_error, weft::error>);
static_assert(std::is_base_of_v<weft::error, weft::cancelled_error>);
static_assert(std::is_base_of_v<weft::error, weft::timeout_error>);
static_assert(std::is_base_of_v<weft::error, weft::broken_promise_error>);
static_assert(std::is_base_of_v<weft::error, weft::deadlock_error>);
static_assert(std::is_base_of_v<weft::error, weft::exception_group>);

TEST(Errors, SayWhatHappened) {
  EXPECT_STREQ(weft::cancelled_error{}.what(), "what was awaited has been cancelled");
  EXPECT_STREQ(weft::cancelled_error{"main"}.what(), "main");
  EXPECT_STREQ(weft::timeout_error{}.what(), "timed out");
  EXPECT_STREQ(weft::timeout_error{"connect timed out"}.what(), "connect timed out");
  EXPECT_STREQ(weft::loop_closed_error{}.what(), "the event loop has ended");
  EXPECT_STREQ(weft::interrupted{SIGINT}.what(), "interrupted by SIGINT");
  EXPECT_STREQ(weft::interrupted{SIGTERM}.what(), "interrupted by SIGTERM");
  EXPECT_EQ(weft::interrupted{SIGTERM}.signal(), SIGTERM);
}

TEST(Errors, WhatGivesTheTextOfAnyException) {
  EXPECT_EQ(weft::what(nullptr), "no exception");
  EXPECT_EQ(weft::what(std::make_exception_ptr(std::runtime_error{"text"})), "text");
  EXPECT_EQ(weft::what(std::make_exception_ptr(3)), "unknown exception");
}

TEST(Errors, AGroupKeepsItsErrorsInOrder) {
  const auto one = std::make_exception_ptr(std::runtime_error{"one"});
  const auto two = std::make_exception_ptr(std::logic_error{"two"});
  const weft::exception_group both{{one, two}};
  EXPECT_STREQ(both.what(), "2 errors: one; two");
  ASSERT_EQ(both.exceptions().size(), 2u);
  EXPECT_EQ(both.exceptions()[0], one);
  EXPECT_EQ(both.exceptions()[1], two);
  const weft::exception_group nested{{std::make_exception_ptr(both)}};
  EXPECT_STREQ(nested.what(), "1 error: 2 errors: one; two");
}

}  // namespace
