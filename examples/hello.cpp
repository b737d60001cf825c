#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

weft::task<int> twice(int n) {
  co_await weft::sleep(n * 10ms);
  co_return n + n;
}

weft::task<> amain() {
  auto [a, b] = co_await weft::gather(twice(2), twice(3));  // at the same time
  std::printf("%d and %d\n", a, b);
  try {
    co_await weft::wait_for(twice(1000), 50ms);
  } catch (const weft::timeout_error&) {
    std::printf("that takes too long\n");
  }
}

int main() { weft::run(amain()); }
