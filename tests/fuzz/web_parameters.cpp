// Everything that a handler can take, out of whatever a client sends: a request of any bytes to an app, without a
// socket. The app answers with one of the statuses that it may, and calls the handler with what its types allow only.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/describe.hpp>
#include <weft/http.hpp>
#include <weft/testing.hpp>
#include <weft/web.hpp>

namespace {

namespace web = weft::web;
using weft::task;
using weft::constraints::ge;
using weft::constraints::le;

enum class colour { red, green };
WEFT_DESCRIBE_ENUM(colour, red, green)

struct entry {
  std::string name;
  int count = 1;
  std::vector<double> numbers;
  std::optional<colour> hue;
};
WEFT_DESCRIBE(entry, (name, min_length(1), max_length(8)), (count, defaulted, ge(1), le(9)), (numbers, defaulted), hue)

struct form_entry {
  std::string name;
  std::optional<int> count;
  std::vector<bool> flags;
};
WEFT_DESCRIBE(form_entry, (name, min_length(1)), (count, ge(1)), flags)

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_utf8(const std::string& text) { return weft::from_json<std::string>(weft::to_json(text)) == text; }

void check(const entry& made) {
  require(!made.name.empty() && made.name.size() <= 32 && is_utf8(made.name));
  require(made.count >= 1 && made.count <= 9);
  require(!made.hue || *made.hue == colour::red || *made.hue == colour::green);
  require(weft::from_json<entry>(weft::to_json(made)).numbers == made.numbers);
}

void add_routes(web::app& app) {
  app.get("/a/{id}", [](web::path<"id", int, ge(-5), le(5)> id, web::query<"q", std::string> q,
                        web::query<"n", std::vector<std::uint8_t>>, web::query<"hue", std::optional<colour>>,
                        web::cookie<"c", std::optional<std::string>> c, web::header<"x-real", std::optional<double>>) {
    require(*id >= -5 && *id <= 5 && is_utf8(*q) && is_utf8(c->value_or("")));
  });
  app.get("/b/{rest:path}", [](web::path<"rest", std::string> rest, web::query_fields<form_entry> all) {
    require(is_utf8(*rest) && !all->name.empty() && all->count.value_or(1) >= 1);
  });
  app.post("/json", [](web::body<entry> made) { check(*made); });
  app.post("/form", [](web::form<form_entry> made, web::form_file<"file", std::optional<web::upload>> file) {
    require(!made->name.empty() && is_utf8(made->name) && made->count.value_or(1) >= 1);
    require(!file->has_value() || (*file)->is_in_memory());
  });
  app.post("/files", [](web::form_file<"a", std::vector<web::upload>> all, web::form_field<"b", int> b) -> task<int> {
    std::size_t size = 0;
    for (const web::upload& each : *all) size += (co_await each.read()).size();
    co_return static_cast<int>(size) + (*b > 0 ? 1 : 0);
  });
  app.get("/token", [](web::basic_credentials who) { require(who.user.find(':') == std::string::npos); });
}

/// Requests, and the first answer.
task<> ask(web::server& server, std::string request) {
  weft::testing::stream_pair pair;
  server.engine().serve(std::move(pair.peer));
  co_await pair.stream.write(std::string_view{request});
  pair.stream.shutdown_write();
  const std::string answer = co_await pair.stream.read_all(std::size_t{1} << 24);
  if (answer.empty()) co_return;
  require(answer.starts_with("HTTP/1.1 "));
  const int status = std::atoi(answer.c_str() + 9);
  require(status == 100 || (status >= 200 && status < 300) || (status >= 400 && status < 500) || status == 501 ||
          status == 505);
}

// Not a lambda in LLVMFuzzerTestOneInput: g++ 12 would define the coroutine's symbols twice.
task<> serve_and_ask(web::app& app, const std::string& request) {
  const auto asking = [&](web::server& server) { return ask(server, request); };
  co_await weft::with(app.server({.listen = false, .end_means_gone = false}), asking);
}

}  // namespace

/// The first byte says how the request begins; the rest is target, or body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto length = "Content-Length: " + std::to_string(rest.size()) + "\r\n\r\n";
  std::string request;
  switch (data[0] % 6) {
    case 0:
      request = "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + length + std::string{rest};
      break;
    case 1:
      request = "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n" + length +
                std::string{rest};
      break;
    case 2:
      request = "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n" + length +
                std::string{rest};
      break;
    case 3:
      request = "POST /files HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n" + length +
                std::string{rest};
      break;
    case 4:
      request = "GET /" + std::string{rest} + " HTTP/1.1\r\nHost: a\r\n\r\n";
      break;
    default:
      request = rest;
  }
  web::app app{{.docs_path = ""}};
  add_routes(app);
  weft::testing::run([&] { return serve_and_ask(app, request); }, {.may_report = true});
  return 0;
}
