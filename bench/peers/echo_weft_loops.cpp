// TCP echo with weft on as many loops as the argument says: one of them accepts, all of them serve.

#include <cstdio>
#include <string>

#include "weft_echo.hpp"

int main(int argc, char** argv) {
  const std::size_t loops = argc > 1 ? std::stoul(argv[1]) : 1;
  const weft::channel<weft::tcp_handover> accepted{1000};
  try {
    weft::run_workers(loops,
                      [&](weft::worker& self) -> weft::task<> {
                        if (self.index() != 0) {
                          co_await weft::serve_handed_over(accepted, echo);
                          co_return;
                        }
                        weft::tcp_server server{"127.0.0.1", 0, weft::hand_over_to(accepted)};
                        co_await weft::with(server, [&](weft::tcp_server& listening) -> weft::task<> {
                          std::printf("listening %d\n", listening.port());
                          std::fflush(stdout);
                          co_await weft::serve_handed_over(accepted, echo);
                        });
                      },
                      {.pin = true});
  } catch (const weft::interrupted&) {
    return 0;
  }
}
