#pragma once

/// Testing coroutines: on a clock that only simulates, in all the orders in which things may happen, with stops where
/// they hurt, against peers that are not there.
///
///     #include <weft/testing.hpp>
///     #include <weft/weft.hpp>
///
///     // Gives up after three failures, a second apart.
///     weft::task<int> patiently(auto& source) {
///       for (int tries = 1;; ++tries) {
///         try {
///           co_return co_await source.read();
///         } catch (const std::runtime_error&) {
///           if (tries == 3) throw;
///         }
///         co_await weft::sleep(1s);
///       }
///     }
///
///     TEST(Patiently, TriesThreeTimes) {
///       weft::testing::run([]() -> weft::task<> {             // takes no time at all
///         broken_source source;
///         try {
///           co_await patiently(source);
///           ADD_FAILURE() << "no error";
///         } catch (const std::runtime_error&) {
///         }
///         EXPECT_EQ(weft::now().time_since_epoch(), 2s);
///       });
///     }
///
///     TEST(Store, KeepsItsBooks) {
///       const auto program = []() -> weft::task<> {
///         store shop;
///         co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
///           for (int i = 0; i != 5; ++i) tg.create_task([&]() -> weft::task<> { co_await shop.sell_one(); });
///           co_return;
///         });
///         EXPECT_EQ(shop.sold() + shop.in_stock(), 5);
///       };
///       weft::testing::for_each_seed(1000, program);         // in a thousand orders
///       weft::testing::for_each_stop(program);               // stopped wherever it can be
///     }
///
/// Uses no test framework: what is wrong is thrown. Exceptions that checks of yours throw come out with the seed or the
/// place; for checks that only take notes there is options::failed.

#include <weft/testing/clock.hpp>
#include <weft/testing/failure.hpp>
#include <weft/testing/fake_peer.hpp>
#include <weft/testing/for_each_seed.hpp>
#include <weft/testing/for_each_stop.hpp>
#include <weft/testing/options.hpp>
#include <weft/testing/run.hpp>
