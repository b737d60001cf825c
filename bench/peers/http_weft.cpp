// GET /plaintext and GET /json with weft.

#include <string>
#include <weft/http.hpp>

#include "weft_server.hpp"

namespace {

struct greeting {
  std::string message;
};
WEFT_DESCRIBE(greeting, message)

weft::task<weft::http::server_response> answer(weft::http::server_request& request) {
  if (request.path() == "/json") co_return weft::http::server_response::json(greeting{"Hello, World!"});
  co_return weft::http::server_response::text("Hello, World!");
}

}  // namespace

int main() {
  return run_server([] { return weft::http::server{answer}; });
}
