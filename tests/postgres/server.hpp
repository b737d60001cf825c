#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <support/postgres_cluster.hpp>
#include <utility>
#include <weft/postgres.hpp>
#include <weft/weft.hpp>

namespace weft::testing {

/// The server of this program's tests.
class postgres_server final : public ::testing::Environment {
 public:
  void SetUp() override { running() = std::make_unique<postgres_cluster>(); }
  void TearDown() override { running().reset(); }
  static std::unique_ptr<postgres_cluster>& running() {
    static std::unique_ptr<postgres_cluster> cluster;
    return cluster;
  }
};

inline const postgres_cluster& server() { return *postgres_server::running(); }

/// What an operation throws; "" if nothing.
template <class T>
task<std::string> sqlstate_of(task<T> work) {
  std::string state;
  try {
    (void)co_await std::move(work);
  } catch (const postgres::error& e) {
    state = e.sqlstate().empty() ? e.what() : std::string{e.sqlstate()};
  }
  co_return state;
}
inline task<std::string> sqlstate_of(task<> work) {
  std::string state;
  try {
    co_await std::move(work);
  } catch (const postgres::error& e) {
    state = e.sqlstate().empty() ? e.what() : std::string{e.sqlstate()};
  }
  co_return state;
}

/// Waits until a query says true, asked on a connection of its own.
inline task<bool> becomes_true(std::string query) {
  postgres::connection asking = co_await postgres::connect(server().local());
  for (int i = 0; i < 500; ++i) {
    const bool yes = co_await asking.fetch_value<bool>(query);
    if (yes) co_return true;
    co_await sleep(std::chrono::milliseconds{10});
  }
  co_return false;
}

}  // namespace weft::testing
