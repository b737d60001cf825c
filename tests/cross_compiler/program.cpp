// What crosses the line between a program and a library that different compilers built: frames that call each other in
// both directions, values, exceptions, and a stop that unwinds the frames of both.

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <weft/version.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

struct say_on_exit {
  char const* text;
  ~say_on_exit() { std::printf("%s\n", text); }
};

weft::task<std::string> greet(std::string name) {
  say_on_exit const note{"greet: left"};
  co_await weft::sleep(10ms);
  co_return "hello " + name;
}

weft::task<> fail() {
  co_await weft::sleep(5ms);
  throw std::runtime_error{"failed"};
}

weft::task<> wait_long() {
  say_on_exit const note{"wait_long: unwound"};
  co_await weft::sleep(1h);
  std::printf("never printed\n");
}

weft::task<> produce(weft::queue<int>& numbers) {
  for (int i = 1; i <= 3; ++i) {
    co_await numbers.put(i);
    co_await weft::sleep(1ms);
  }
}

weft::task<int> amain() {
  std::string const greeting = co_await greet("weft");
  std::printf("%s\n", greeting.c_str());

  try {
    co_await weft::with(weft::task_group{}, [](weft::task_group& tg) -> weft::task<> {
      tg.create_task(wait_long());
      tg.create_task(fail());
      co_return;
    });
  } catch (weft::exception_group const& group) {
    for (auto const& e : group.exceptions()) std::printf("error: %s\n", weft::what(e).c_str());
  }

  try {
    co_await weft::wait_for(wait_long(), 20ms);
  } catch (weft::timeout_error const&) {
    std::printf("timed out\n");
  }

  weft::queue<int> numbers{1};
  int sum = 0;
  co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
    tg.create_task(produce(numbers));
    for (int i = 0; i < 3; ++i) {
      int const number = co_await numbers.get();
      sum += number;
    }
  });
  co_return sum;
}

}  // namespace

int main() {
  int const sum = weft::run(amain(), {.clock = weft::clock_mode::simulated});
  std::printf("sum %d\n", sum);
}
