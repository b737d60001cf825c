// What bench/guard.py counts the instructions of. Run by valgrind's callgrind: each operation has a process of its own,
// is warmed up, and is then carried out `count` times and `3 * count` times; the difference is what it costs.
//
// usage: guard_operations            carries out all operations; a dump of callgrind's for each of the two runs
//        guard_operations NAME...    only these
//        guard_operations --list     says their names, after a line with the compiler

#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/http.hpp>
#include <weft/http/request_parser.hpp>
#include <weft/http/response_parser.hpp>
#include <weft/net.hpp>
#include <weft/patterns.hpp>
#include <weft/web.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
namespace http = weft::http;
namespace web = weft::web;

/// Keeps the compiler from doing without a value.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "guard_operations: %s\n", what);
  std::_Exit(1);
}

// ---- measuring ------------------------------------------------------------------------------------------------------

/// Carries an operation out so many times.
using repeated = std::function<weft::task<>(long)>;

/// Warms up, then counts, what `repeat` does `count` and `3 * count` times.
weft::task<> measure(std::string_view name, long count, repeated repeat) {
  co_await repeat(count);
  for (const long times : {count, 3 * count}) {
    const std::string what = std::string{name} + ": " + std::to_string(times);
    CALLGRIND_ZERO_STATS;
    co_await repeat(times);
    CALLGRIND_DUMP_STATS_AT(what.c_str());
  }
}

struct operation {
  const char* name;
  long count;
  /// Sets up what the operation needs, and gives it to measure().
  weft::task<> (*body)(std::string_view name, long count);
};

// ---- the core -------------------------------------------------------------------------------------------------------

weft::task<> nothing() { co_return; }
weft::task<int> one() { co_return 1; }
weft::task<> sleeper(int frames) {
  if (frames > 1) {
    co_await sleeper(frames - 1);
  } else {
    co_await weft::sleep(1h);
  }
}

weft::task<> create_and_join(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) co_await weft::create_task(nothing());
  });
}

weft::task<> group_of_a_hundred(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) {
      co_await weft::with(weft::task_group{}, [](weft::task_group& tg) -> weft::task<> {
        for (int child = 0; child < 100; ++child) tg.create_task(nothing());
        co_return;
      });
    }
  });
}

weft::task<> gather_two(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) keep(co_await weft::gather(one(), one()));
  });
}

weft::task<> yield(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    weft::task_handle<void> other = weft::create_task([](long times) -> weft::task<> {
      for (long i = 0; i < times; ++i) co_await weft::checkpoint();
    }(n));
    for (long i = 0; i < n; ++i) co_await weft::checkpoint();
    co_await other;
  });
}

weft::task<> await(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) keep(co_await one());
  });
}

weft::async_generator<long> numbers(long n) {
  for (long i = 0; i < n; ++i) co_yield i;
}

weft::task<> generator(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    weft::async_generator<long> source = numbers(n);
    while (std::optional<long> value = co_await source.next()) keep(*value);
  });
}

weft::task<> timer(std::string_view name, long count) {
  struct idle final : weft::detail::timer {
    void fired() noexcept override {}
  } timer;
  co_await measure(name, count, [&timer](long n) -> weft::task<> {
    auto& loop = weft::detail::require_loop("the timer");
    for (long i = 0; i < n; ++i) {
      loop.arm(timer, loop.now() + 1'000'000'000);
      loop.disarm(timer);
    }
    co_return;
  });
}

/// Among many others, in an order that makes the heap work.
weft::task<> timer_of_many(std::string_view name, long count) {
  struct idle final : weft::detail::timer {
    void fired() noexcept override {}
  };
  co_await measure(name, count, [](long n) -> weft::task<> {
    auto& loop = weft::detail::require_loop("the timers");
    constexpr std::int64_t hour = 3'600'000'000'000;
    std::vector<idle> timers(1024);
    for (long i = 0; i < n; ++i) {
      std::uint32_t random = 1;
      for (idle& t : timers) loop.arm(t, hour + (random = random * 1664525 + 1013904223) % 1024);
      for (idle& t : timers) loop.disarm(t);
    }
    co_return;
  });
}

weft::task<> timeout(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) keep(co_await weft::wait_for(one(), 1s));
  });
}

weft::task<> timeout_block(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i)
      co_await weft::with(weft::timeout(1s), [](weft::timeout_scope&) -> weft::task<> { co_return; });
  });
}

weft::task<> cancel(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    std::vector<weft::task_handle<void>> sleepers(100);
    for (long i = 0; i < n; ++i) {
      for (auto& t : sleepers) t = weft::create_task(sleeper(3));
      co_await weft::checkpoint();
      co_await weft::checkpoint();
      for (auto& t : sleepers) t.cancel();
      co_await weft::checkpoint();
      co_await weft::checkpoint();
    }
  });
}

// ---- primitives -----------------------------------------------------------------------------------------------------

weft::task<> lock(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    weft::lock mutex;
    for (long i = 0; i < n; ++i) {
      auto held = co_await mutex.acquire();
      keep(held);
    }
  });
}

weft::task<> hold(weft::lock& mutex, long times) {
  for (long i = 0; i < times; ++i) {
    auto held = co_await mutex.acquire();
    co_await weft::checkpoint();
  }
}

weft::task<> contended_lock(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    weft::lock mutex;
    co_await weft::gather(hold(mutex, n), hold(mutex, n), hold(mutex, n), hold(mutex, n));
  });
}

weft::task<> event(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    weft::event there, back;
    auto other = [&there, &back](long times) -> weft::task<> {
      for (long i = 0; i < times; ++i) {
        co_await there.wait();
        there.clear();
        back.set();
      }
    };
    weft::task_handle<void> echo = weft::create_task(other(n));
    for (long i = 0; i < n; ++i) {
      there.set();
      co_await back.wait();
      back.clear();
    }
    co_await echo;
  });
}

weft::task<> consume(weft::queue<long>& items) {
  while (std::optional<long> item = co_await items.next()) keep(*item);
}

weft::task<> queue(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    weft::queue<long> items{64};
    weft::task_handle<void> consumer = weft::create_task(consume(items));
    for (long i = 0; i < n; ++i) co_await items.put(i);
    items.shutdown();
    co_await consumer;
  });
}

weft::task<> receive_all(weft::channel<long> items) {
  while (std::optional<long> item = co_await items.receive()) keep(*item);
}

weft::task<> channel(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    weft::channel<long> items{64};
    weft::task_handle<void> receiver = weft::create_task(receive_all(items));
    for (long i = 0; i < n; ++i) co_await items.send(i);
    items.close();
    co_await receiver;
  });
}

// ---- input and output -----------------------------------------------------------------------------------------------

weft::task<> echo(weft::unix_stream connection) {
  for (;;) {
    const std::string_view text = co_await connection.fill();
    if (text.empty()) co_return;
    co_await connection.write(text);
    connection.consume(text.size());
  }
}

/// Sends `request` and takes an answer of so many bytes.
weft::task<> exchange(weft::unix_stream& stream, std::string_view request, std::size_t answer) {
  co_await stream.write(request);
  while (stream.buffered().size() < answer) co_await stream.fill();
  stream.consume(answer);
}

/// What is measured includes the client, which does as much as the server does for an echo.
weft::task<> echo_over_socketpair(std::string_view name, long count) {
  auto [client, server] = weft::unix_stream::pair();
  weft::task_handle<void> task = weft::create_task(echo(std::move(server)));
  const std::string message(64, 'x');
  co_await measure(name, count, [&client, &message](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) co_await exchange(client, message, message.size());
  });
  client = {};
  co_await task;
}

// ---- HTTP -----------------------------------------------------------------------------------------------------------

constexpr std::string_view plaintext_request =
    "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n";

constexpr std::string_view browser_request =
    "GET /docs/library/asyncio-task.html?highlight=taskgroup HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"126\", \"Not/A)Brand\";v=\"8\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=5f2b8c1e9d3a47b6; theme=dark; consent=2024-06-01\r\n"
    "\r\n";

constexpr std::string_view response_text =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Sat, 06 Jul 2024 09:41:27 GMT\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 12\r\n"
    "Connection: keep-alive\r\n"
    "ETag: \"634e62cf-80\"\r\n"
    "Accept-Ranges: bytes\r\n"
    "\r\n"
    "Hello, World";

/// The same request, with one byte of its first field changed: what a parser remembers of the one before does not help.
std::string changed(std::string_view request) {
  std::string other{request};
  other[request.find("\r\n") + 2] ^= 0x20;
  return other;
}

weft::task<> request_parser(std::string_view name, long count) {
  const std::string other = changed(browser_request);
  http::request_parser parser;
  co_await measure(name, count, [&parser, &other](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) {
      std::string_view input = i % 2 == 0 ? browser_request : std::string_view{other};
      parser.reset();
      while (const auto found = parser.next(input)) keep(*found);
      if (!parser.done()) fail("the request is not complete");
    }
    co_return;
  });
}

weft::task<> response_parser(std::string_view name, long count) {
  http::response_parser parser{"GET"};
  co_await measure(name, count, [&parser](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) {
      std::string_view input = response_text;
      parser.reset("GET");
      while (const auto found = parser.next(input)) keep(*found);
      if (!parser.done()) fail("the response is not complete");
    }
    co_return;
  });
}

/// Over one connection to `server`, `depth` requests at a time, whose answers end with `ending`. What is measured
/// includes the client's reading and writing.
weft::task<> ask(http::server& server, std::string_view request, std::size_t depth, std::string_view ending,
                 std::string_view name, long count) {
  auto [client, other] = weft::unix_stream::pair();
  server.serve(std::move(other));
  std::string answer;
  co_await client.write(request);
  while (!answer.ends_with(ending)) answer += co_await client.read_some();
  if (!answer.starts_with("HTTP/1.1 20")) fail(answer.c_str());
  std::string requests;
  for (std::size_t i = 0; i < depth; ++i) requests += request;
  const std::size_t size = depth * answer.size();
  co_await measure(name, count, [&client, &requests, size](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) co_await exchange(client, requests, size);
  });
}

weft::task<http::server_response> greet(http::server_request& request) {
  if (request.path() != "/plaintext") co_return http::server_response{404};
  co_return http::server_response::text("Hello, World!");
}

constexpr std::string_view greeting_end = "Hello, World!";

weft::task<> plaintext_of_depth(std::size_t depth, std::string_view name, long count) {
  const auto run = [=](http::server& server) -> weft::task<> {
    co_await ask(server, plaintext_request, depth, greeting_end, name, count);
  };
  co_await weft::with(http::server{greet, {.listen = false}}, run);
}

weft::task<> plaintext(std::string_view name, long count) { co_await plaintext_of_depth(1, name, count); }
weft::task<> pipelined(std::string_view name, long count) { co_await plaintext_of_depth(16, name, count); }

weft::task<> http_client(std::string_view name, long count) {
  const auto run = [=](http::server& server) -> weft::task<> {
    http::client client{{.base_url = "http://localhost", .use_environment = false}};
    client.connect_with([&server](const http::url&) -> weft::task<weft::byte_stream> {
      auto [here, there] = weft::unix_stream::pair();
      server.serve(std::move(there));
      co_return std::move(here);
    });
    co_await measure(name, count, [&client](long n) -> weft::task<> {
      for (long i = 0; i < n; ++i) {
        const http::response answer = co_await client.get("/plaintext");
        if (answer.status() != 200) fail("the client got no answer");
      }
    });
  };
  co_await weft::with(http::server{greet, {.listen = false}}, run);
}

/// A binary message of 64 bytes, as a client sends it.
std::string masked_frame() {
  const std::string_view key = "\x12\x34\x56\x78";
  std::string frame = "\x82\xc0";
  frame += key;
  for (std::size_t i = 0; i < 64; ++i) frame += static_cast<char>('x' ^ key[i % 4]);
  return frame;
}

weft::task<> send_back(http::websocket& ws) {
  for (;;) {
    const std::optional<http::message> m = co_await ws.receive();
    if (!m) co_return;
    co_await ws.send(*m);
  }
}

weft::task<http::server_response> accept(http::server_request& request) {
  co_return http::accept_websocket(request, send_back);
}

weft::task<> websocket(std::string_view name, long count) {
  const auto run = [=](http::server& server) -> weft::task<> {
    auto [client, other] = weft::unix_stream::pair();
    server.serve(std::move(other));
    co_await client.write(
        std::string_view{"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"});
    co_await client.read_until("\r\n\r\n");
    const std::string frame = masked_frame();
    co_await measure(name, count, [&client, &frame](long n) -> weft::task<> {
      for (long i = 0; i < n; ++i) co_await exchange(client, frame, 2 + 64);
    });
  };
  co_await weft::with(http::server{accept, {.listen = false, .drain_timeout = 1ns}}, run);
}

// ---- JSON, and the web framework ------------------------------------------------------------------------------------

struct item {
  std::string name;
  int count;
  double price;
  std::vector<std::string> tags;
  std::optional<std::string> note;
};
WEFT_DESCRIBE(item, (name, min_length(1), max_length(100)), (count, ge(1), le(1000)), (price, gt(0)),
              (tags, max_length(10)), note)

struct stored_item {
  int id;
  item what;
};
WEFT_DESCRIBE(stored_item, id, what)

constexpr std::string_view item_text =
    R"({"name":"Analytical engine","count":3,"price":999.99,"tags":["brass","steam","large"],"note":null})";

weft::task<> read_json(std::string_view name, long count) {
  co_await measure(name, count, [](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) keep(weft::from_json<item>(item_text));
    co_return;
  });
}

weft::task<> write_json(std::string_view name, long count) {
  const auto value = weft::from_json<item>(item_text);
  co_await measure(name, count, [&value](long n) -> weft::task<> {
    for (long i = 0; i < n; ++i) keep(weft::to_json(value));
    co_return;
  });
}

weft::task<> typed_route(std::string_view name, long count) {
  web::app app;
  app.post("/items/{id}",
           [](web::path<"id", int> id, web::body<item> what) { return stored_item{*id, std::move(*what)}; });
  const std::string request =
      "POST /items/7 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: load\r\nAccept: */*\r\n"
      "Content-Type: application/json\r\nContent-Length: " +
      std::to_string(item_text.size()) + "\r\n\r\n" + std::string{item_text};
  const auto run = [&](web::server& server) -> weft::task<> {
    co_await ask(server.engine(), request, 1, "}}", name, count);
  };
  co_await weft::with(app.server({.listen = false}), run);
}

// ---- all of them ----------------------------------------------------------------------------------------------------

constexpr operation operations[] = {
    {"create and join a task", 4000, create_and_join},
    {"a group of 100 tasks", 100, group_of_a_hundred},
    {"gather of two", 2000, gather_two},
    {"yield between two tasks", 4000, yield},
    {"await of a task that returns at once", 4000, await},
    {"next of a generator", 4000, generator},
    {"timer armed and cancelled", 4000, timer},
    {"1024 timers armed and cancelled", 10, timer_of_many},
    {"operation with a time limit", 4000, timeout},
    {"block with a time limit", 4000, timeout_block},
    {"100 sleeping tasks made and cancelled", 50, cancel},
    {"lock and unlock", 4000, lock},
    {"four tasks that want a lock", 1000, contended_lock},
    {"event there and back", 2000, event},
    {"queue, an item", 4000, queue},
    {"channel, an item", 4000, channel},
    {"echo over a socket pair", 1000, echo_over_socketpair},
    {"HTTP plaintext request", 500, plaintext},
    {"HTTP plaintext, 16 pipelined", 100, pipelined},
    {"HTTP client and server, a request", 300, http_client},
    {"HTTP request parsed", 500, request_parser},
    {"HTTP response parsed", 500, response_parser},
    {"WebSocket echo", 500, websocket},
    {"JSON into a struct", 500, read_json},
    {"JSON out of a struct", 500, write_json},
    {"typed route with a checked body", 300, typed_route},
};

/// In a process of its own, which has nothing of the operations before.
bool carry_out(const operation& wanted) {
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    weft::run([&]() -> weft::task<> { co_await wanted.body(wanted.name, wanted.count); },
              {.backend = weft::backend_kind::epoll});
    std::_Exit(0);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span names{argv + 1, static_cast<std::size_t>(argc - 1)};
  if (names.size() == 1 && std::string_view{names.front()} == "--list") {
#if defined(__clang__)
    std::printf("clang-%d\n", __clang_major__);
#else
    std::printf("gcc-%d\n", __GNUC__);
#endif
    for (const operation& each : operations) std::puts(each.name);
    return 0;
  }
  bool good = true;
  for (const operation& each : operations) {
    if (names.empty() || std::ranges::find(names, std::string_view{each.name}) != names.end())
      good = carry_out(each) && good;
  }
  return good ? 0 : 1;
}
