#pragma once

#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

/// The main program of a weft peer: says on which port the server listens that `make()` gives, and lets it run.
template <class Make>
int run_server(Make make) {
  const auto serve = [&]() -> weft::task<> {
    co_await weft::with(make(), [](auto& server) -> weft::task<> {
      std::printf("listening %d\n", server.port());
      std::fflush(stdout);
      co_await weft::sleep(std::chrono::hours{24 * 365});
    });
  };
  try {
    weft::run(serve);
  } catch (const weft::interrupted&) {  // NOLINT(bugprone-empty-catch): that is how it ends
  }
  return 0;
}
