// What Boost.Asio's coroutines, timers and channels cost.
//
//     peer_micro_asio TASK N

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <string>
#include <utility>

#include "micro.hpp"

namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using asio::awaitable;
using asio::use_awaitable;
using micro::measured;

awaitable<void> yield_once() { co_await asio::post(use_awaitable); }
// NOLINTBEGIN(readability-static-accessed-through-instance): they are coroutines
awaitable<void> nothing() { co_return; }
awaitable<int> one() { co_return 1; }
// NOLINTEND(readability-static-accessed-through-instance)

awaitable<void> sleep_long() {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
  co_await timer.async_wait(use_awaitable);
}

/// Counts coroutines that have ended; whoever waits is woken by the last.
class countdown {
 public:
  countdown(const asio::any_io_executor& executor, long n) : left_{n}, done_{executor, 24h} {}
  auto ended() {
    return [this](const std::exception_ptr&) {
      if (--left_ == 0) done_.cancel();
    };
  }
  awaitable<void> wait() {
    boost::system::error_code ignored;
    if (left_ != 0) co_await done_.async_wait(asio::redirect_error(use_awaitable, ignored));
  }

 private:
  long left_;
  asio::steady_timer done_;
};

awaitable<measured> spawn(long n) {
  const auto executor = co_await asio::this_coro::executor;
  const micro::stopwatch watch;
  countdown tasks{executor, n};
  for (long i = 0; i < n; ++i) asio::co_spawn(executor, yield_once(), tasks.ended());
  co_await tasks.wait();
  co_return watch.stop();
}

awaitable<measured> create_join(long n) {
  const auto executor = co_await asio::this_coro::executor;
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) co_await asio::co_spawn(executor, nothing(), use_awaitable);
  co_return watch.stop();
}

awaitable<void> yield_often(long n) {
  for (long i = 0; i < n; ++i) co_await asio::post(use_awaitable);
}

awaitable<measured> yield(long n) {
  const micro::stopwatch watch;
  co_await (yield_often(n / 2) && yield_often(n / 2));
  co_return watch.stop();
}

awaitable<measured> await(long n) {
  const micro::stopwatch watch;
  long sum = 0;
  for (long i = 0; i < n; ++i) sum += co_await one();
  micro::keep(sum);
  co_return watch.stop();
}

using channel = asio::experimental::channel<void(boost::system::error_code, long)>;

awaitable<void> consume(channel& items, long n) {
  long sum = 0;
  for (long i = 0; i < n; ++i) sum += co_await items.async_receive(use_awaitable);
  micro::keep(sum);
}

awaitable<void> produce(channel& items, long n) {
  for (long i = 0; i < n; ++i) co_await items.async_send(boost::system::error_code{}, i, use_awaitable);
}

awaitable<measured> queue(long n) {
  channel items{co_await asio::this_coro::executor, 64};
  const micro::stopwatch watch;
  co_await (produce(items, n) && consume(items, n));
  co_return watch.stop();
}

awaitable<measured> clock(long n) {
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) micro::keep(asio::steady_timer::clock_type::now());
  co_return watch.stop();
}

awaitable<measured> timer(long n) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) {
    timer.expires_after(1h);
    timer.async_wait([](const boost::system::error_code&) {});
    timer.cancel();
    if (i % 64 == 0) co_await asio::post(use_awaitable);  // lets the cancelled handlers run
  }
  co_await asio::post(use_awaitable);
  co_return watch.stop();
}

awaitable<measured> timers(long n) {
  const auto executor = co_await asio::this_coro::executor;
  std::deque<asio::steady_timer> armed;
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) {
    armed.emplace_back(executor, 1h).async_wait([](const boost::system::error_code&) {});
  }
  for (auto& timer : armed) timer.cancel();
  co_await asio::post(use_awaitable);
  co_return watch.stop();
}

awaitable<measured> armed_timers(long n) {
  const auto executor = co_await asio::this_coro::executor;
  auto* armed = new std::deque<asio::steady_timer>;  // left to the end of the process
  const double before = micro::memory();
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) armed->emplace_back(executor, 1h).async_wait([](const boost::system::error_code&) {});
  measured all = watch.stop();
  all.bytes = micro::memory() - before;
  co_return all;
}

template <class T>
awaitable<measured> under_timeout(long n, awaitable<T> (*operation)()) {
  asio::steady_timer limit{co_await asio::this_coro::executor};
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) {
    limit.expires_after(1s);
    const auto result = co_await (operation() || limit.async_wait(use_awaitable));
    micro::keep(result);
  }
  co_return watch.stop();
}

awaitable<measured> timeout(long n) { return under_timeout(n, yield_once); }

awaitable<measured> timeout_ready(long n) { return under_timeout(n, one); }

awaitable<measured> cancel(long n) {
  const auto executor = co_await asio::this_coro::executor;
  std::deque<asio::cancellation_signal> signals(static_cast<std::size_t>(n));
  countdown tasks{executor, n};
  for (auto& signal : signals)
    asio::co_spawn(executor, sleep_long(), asio::bind_cancellation_slot(signal.slot(), tasks.ended()));
  co_await yield_often(2);
  const micro::stopwatch watch;
  for (auto& signal : signals) signal.emit(asio::cancellation_type::terminal);
  co_await tasks.wait();
  co_return watch.stop();
}

awaitable<measured> sleeping(long n) {
  const auto executor = co_await asio::this_coro::executor;
  const double before = micro::memory();
  const micro::stopwatch watch;
  for (long i = 0; i < n; ++i) asio::co_spawn(executor, sleep_long(), asio::detached);
  co_await yield_often(2);
  measured all = watch.stop();
  all.bytes = micro::memory() - before;
  co_return all;
}

measured run(const std::string& task, long n) {
  const std::pair<const char*, awaitable<measured> (*)(long)> tasks[] = {{"spawn", spawn},
                                                                         {"create_join", create_join},
                                                                         {"yield", yield},
                                                                         {"await", await},
                                                                         {"queue", queue},
                                                                         {"clock", clock},
                                                                         {"timer", timer},
                                                                         {"timers", timers},
                                                                         {"armed_timers", armed_timers},
                                                                         {"timeout", timeout},
                                                                         {"timeout_ready", timeout_ready},
                                                                         {"cancel", cancel},
                                                                         {"sleeping", sleeping}};
  for (const auto& [name, function] : tasks) {
    if (task != name) continue;
    measured all;
    auto* context = new asio::io_context{1};  // what sleeps in it for an hour is left to the end of the process
    asio::co_spawn(*context, function(n), [&](const std::exception_ptr& error, measured m) {
      if (error) std::rethrow_exception(error);
      all = m;
      context->stop();
    });
    context->run();
    return all;
  }
  return {.nanoseconds = -1};
}

}  // namespace

int main(int argc, char** argv) { return micro::main(argc, argv, run); }
