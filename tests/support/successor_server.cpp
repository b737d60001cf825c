// The new process of a server that is handed over: it serves at the sockets that it has inherited, says "serving", and
// ends when it is told to.

#include <csignal>
#include <cstdio>
#include <utility>
#include <vector>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/process.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

weft::task<weft::http::server_response> answer(weft::http::server_request&) {
  co_return weft::http::server_response::text("new");
}

weft::task<> serve() {
  weft::http::server server{answer};
  for (weft::inherited_descriptor& each : weft::inherited_descriptors()) server.listen_on(std::move(each.descriptor));
  co_await weft::with(std::move(server), [](weft::http::server&) -> weft::task<> {
    weft::signal_set signals{SIGTERM};
    std::puts("serving");
    std::fflush(stdout);
    co_await weft::move_on_after(5min, signals.next());
  });
}

}  // namespace

int main() {
  weft::run(serve());
  return 0;
}
