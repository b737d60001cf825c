// GET /plaintext and GET /json with weft.

#include <chrono>
#include <cstdio>
#include <string>
#include <weft/http.hpp>
#include <weft/weft.hpp>

namespace {

struct greeting {
  std::string message;
};
WEFT_DESCRIBE(greeting, message)

weft::task<weft::http::server_response> answer(weft::http::server_request& request) {
  if (request.path() == "/json") co_return weft::http::server_response::json(greeting{"Hello, World!"});
  co_return weft::http::server_response::text("Hello, World!");
}

weft::task<> serve() {
  co_await weft::with(weft::http::server{answer}, [](weft::http::server& server) -> weft::task<> {
    std::printf("listening %d\n", server.port());
    std::fflush(stdout);
    co_await weft::sleep(std::chrono::hours{24 * 365});
  });
}

}  // namespace

int main() {
  try {
    weft::run(serve);
  } catch (const weft::interrupted&) {
    return 0;
  }
}
