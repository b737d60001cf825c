// Clients that mean harm: each is told so and cut off, and everybody else is served meanwhile.

#include <malloc.h>
#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <weft/files.hpp>
#include <weft/http.hpp>

#include "http/malformed_requests.hpp"
#include "http/server_talk.hpp"
#include "net/sockets.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::tcp_stream;
using weft::http::server;
using weft::http::server_options;
using weft::http::server_request;
using weft::http::server_response;
using weft::http::testing::malformed_request;
using weft::http::testing::malformed_requests;
using weft::testing::says;
using weft::testing::with_http_server;

/// How much memory is in use; 0 where that is not known.
std::size_t memory_in_use() {
  const struct mallinfo2 about = ::mallinfo2();  // the sanitizers give nothing
  return about.uordblks + about.hblkhd;
}

task<server_response> read_and_agree(server_request& request) {
  co_await request.text();
  co_return server_response::text("yes");
}

// ---- what is no request --------------------------------------------------------------------------------------------

TEST(HttpServerHostile, RefusesWhatIsMalformedAtOnceAndCloses) {
  with_http_server(read_and_agree, [](server& s) -> task<> {
    for (const malformed_request& each : malformed_requests()) {
      const weft::time_point begin = weft::now();
      const std::string answer = co_await says(s, each.bytes);
      EXPECT_LT(weft::now() - begin, 1s) << each.bytes;
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(each.status) + " ")) << each.bytes << answer;
      EXPECT_NE(answer.find("\r\nconnection: close\r\n"), answer.npos) << each.bytes << answer;
      EXPECT_NE(answer.find("\r\n\r\n" + each.why), answer.npos) << each.bytes << answer;
      while (s.connections() != 0) co_await weft::sleep(1ms);
    }
    EXPECT_TRUE((co_await says(s, "GET / HTTP/1.0\r\n\r\n")).ends_with("yes"));
  });
}

TEST(HttpServerHostile, ClosesThoughTheClientDoesNot) {
  with_http_server(read_and_agree, [](server& s) -> task<> {
    tcp_stream stream = co_await weft::open_connection("127.0.0.1", s.port());
    const weft::time_point begin = weft::now();
    co_await stream.write("no HTTP\r\n");
    const std::string answer = co_await stream.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_EQ(s.connections(), 1u) << "it may still be sending";
    while (s.connections() != 0) co_await weft::sleep(10ms);
    EXPECT_LE(weft::now() - begin, 3s);
  });
}

/// The statuses that these bytes deserve, with the stream's end behind them, in the parser's opinion.
std::vector<int> deserved_by(std::string_view bytes) {
  std::vector<int> statuses;
  weft::http::request_parser parser;
  try {
    while (!bytes.empty()) {
      parser.reset();
      while (parser.next(bytes)) {
      }
      if (!parser.done()) break;
      statuses.push_back(200);
      if (!parser.keep_alive()) return statuses;
    }
    if (!parser.done()) parser.finish();
  } catch (const weft::http::protocol_error& error) {
    statuses.push_back(error.status());
  }
  return statuses;
}

/// The final statuses in what the server said.
std::vector<int> statuses_in(std::string_view answer) {
  std::vector<int> statuses;
  while (answer.starts_with("HTTP/1.1 ")) {
    const int status = std::stoi(std::string{answer.substr(9, 3)});
    if (status != 100) statuses.push_back(status);
    const std::string_view head = answer.substr(0, answer.find("\r\n\r\n"));
    const std::size_t length = head.find("content-length: ");
    const std::size_t body = length == head.npos ? 0 : std::stoul(std::string{head.substr(length + 16, 20)});
    answer.remove_prefix(std::min(answer.size(), head.size() + 4 + body));
  }
  EXPECT_EQ(answer, "");
  return statuses;
}

TEST(HttpServerHostile, AgreesWithTheParserAboutItsWholeCorpus) {
  const auto agree = [](server_request& request) -> task<server_response> {
    co_await request.text();
    co_return server_response::bytes({});
  };
  with_http_server(agree, [](server& s) -> task<> {
    std::size_t tried = 0;
    for (const std::string directory : {"http_request", "http_chunked"}) {
      for (const auto& file : std::filesystem::directory_iterator{"fuzz/corpus/" + directory}) {
        std::ifstream in{file.path(), std::ios::binary};
        std::string bytes{std::istreambuf_iterator<char>{in}, {}};
        bytes = directory == "http_request"
                    ? bytes.substr(2)
                    : "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + bytes.substr(1);
        tcp_stream stream = co_await weft::open_connection("127.0.0.1", s.port());
        co_await stream.write(std::string_view{bytes});
        stream.shutdown_write();
        const std::string answer = co_await stream.read_all();
        EXPECT_EQ(statuses_in(answer), deserved_by(bytes)) << file.path() << "\n" << answer;
        ++tried;
      }
    }
    EXPECT_GE(tried, 30u);
  });
}

// ---- a slow server -------------------------------------------------------------------------------------------------

TEST(NetHttpServerHostile, ARequestThatHasComeInTimeIsAnsweredHoweverLateItIsSeen) {
  weft::testing::run_sockets([]() -> task<> {
    co_await weft::with(server{read_and_agree, server_options{.idle_timeout = 20ms}}, [](server& s) -> task<> {
      const std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
      tcp_stream stream = co_await weft::open_connection("127.0.0.1", s.port());
      co_await stream.write(request);
      for (int i = 0; i < 3; ++i) {
        co_await stream.read_until("yes");
        co_await stream.write(request);
        std::this_thread::sleep_for(50ms);  // something keeps the loop busy
      }
      const std::string answer = co_await stream.read_until("yes");
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    });
  });
}

// ---- paths that lead elsewhere -------------------------------------------------------------------------------------

TEST(HttpServerHostile, NoPathLeadsOutOfADirectory) {
  weft::testing::run_sockets([]() -> task<> {
    const weft::temporary_directory room = co_await weft::make_temporary_directory();
    const std::filesystem::path root = room.path() / "site";
    std::filesystem::create_directories(root / "sub");
    std::ofstream{root / "sub" / "file"} << "public";
    std::ofstream{room.path() / "secret"} << "secret";
    co_await weft::with(server{weft::http::static_files{root}}, [&](server& s) -> task<> {
      const std::string ends = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      const std::string found = co_await says(s, "GET /sub/file" + ends);
      EXPECT_TRUE(found.ends_with("\r\n\r\npublic")) << found;

      std::vector<std::string> targets{"/../secret",
                                       "/sub/../../secret",
                                       "//../secret",
                                       "/./../secret",
                                       "/sub/../../site/../secret",
                                       "http://a/../secret",
                                       "http://a/%2e%2e/secret",
                                       "/..;/secret",
                                       "/..%00/secret",
                                       "/%00/../../secret",
                                       "/sub/file/../../../secret",
                                       "/nothing/../../secret",
                                       "/" + (room.path() / "secret").string(),
                                       "/%2f" + (room.path() / "secret").string(),
                                       "/..?/../secret",
                                       "/.%2e/secret#",
                                       "/%",
                                       "/%2",
                                       "/%zz/../secret",
                                       "\\..\\secret"};
      for (const char* const dots : {"..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "%c0%ae%c0%ae", "..%00",
                                     "%uff0e%uff0e", "...", "%e0%80%ae%e0%80%ae"}) {
        for (const char* const slash : {"/", "%2f", "%2F", "\\", "%5c", "%252f", "%c0%af", "//", "/./"}) {
          const std::string up = dots + std::string{slash};
          std::string target = "/";
          for (int depth = 1; depth <= 6; ++depth) {
            target += up;
            targets.push_back(target + "secret");
            targets.push_back(target + "etc/passwd");
          }
          targets.push_back("/sub/" + up);
          targets.back().append(up).append("secret");
        }
      }
      for (const std::string& target : targets) {
        std::string request = "GET ";
        request.append(target).append(ends);
        const std::string answer = co_await says(s, std::move(request));
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 4")) << target << "\n" << answer;
        EXPECT_FALSE(answer.ends_with("\r\n\r\nsecret")) << target;
        EXPECT_EQ(answer.find("root:"), answer.npos) << target;
      }
    });
  });
}

// ---- floods --------------------------------------------------------------------------------------------------------

TEST(HttpServerHostile, AnswersNoMoreThanIsTaken) {
  constexpr std::size_t all = 20'000;
  const std::string large(2'000, 'x');
  std::size_t handled = 0;
  with_http_server(
      [&](server_request& request) -> task<server_response> {
        ++handled;
        co_return server_response::text(std::string{request.path()} + " " + large + "\n");
      },
      [&](server& s) -> task<> {
        tcp_stream stream = co_await weft::open_connection("127.0.0.1", s.port());
        const std::size_t before = memory_in_use();
        co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
          tg.create_task([](tcp_stream& to) -> task<> {
            std::string requests;
            for (std::size_t i = 0; i < all; ++i) {
              requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
              if (i % 100 != 99) continue;
              co_await to.write(std::string_view{requests});
              requests.clear();
            }
          }(stream));
          co_await weft::sleep(1s);  // when nothing more can happen
          EXPECT_LT(handled, all / 2);
          EXPECT_LE(memory_in_use(), before + 1'000'000);
          for (std::size_t i = 0; i < all; ++i) {
            co_await stream.read_until("\r\n\r\n");
            const std::string body = co_await stream.read_until("\n");
            if (body != "/" + std::to_string(i) + " " + large + "\n") {
              ADD_FAILURE() << i << body;
              break;
            }
          }
        });
        EXPECT_EQ(handled, all);
        EXPECT_LE(memory_in_use(), before + 1'000'000);
      });
}

TEST(NetHttpServerHostile, TurnsAFloodOfConnectionsAwayWhileThoseThatAreInAreServed) {
  weft::testing::run_sockets([]() -> task<> {
    co_await weft::with(server{read_and_agree, server_options{.max_connections = 10}}, [](server& s) -> task<> {
      const std::string url = s.url();
      weft::http::client inside{{.base_url = url}};
      co_await inside.get("/").text();
      std::size_t refused = 0;
      std::size_t let_in = 0;
      co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
        const auto come = [&]() -> task<> {
          for (int i = 0; i < 10; ++i) {
            try {
              tcp_stream stream = co_await weft::open_connection("127.0.0.1", s.port());
              co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
              const std::string answer = co_await stream.read_all();
              const std::string status = answer.substr(0, 12);
              EXPECT_TRUE(status == "HTTP/1.1 200" || status == "HTTP/1.1 503") << answer;
              EXPECT_NE(answer.find("\r\nconnection: close\r\n"), answer.npos) << answer;
              ++(status == "HTTP/1.1 503" ? refused : let_in);
            } catch (const std::system_error&) {  // it was cut off before it could send its request
              ++refused;
            }
          }
        };
        for (int i = 0; i < 100; ++i) tg.create_task(come());
        for (int i = 0; i < 200; ++i) {
          const std::string said = co_await inside.get("/").text();
          EXPECT_EQ(said, "yes");
        }
      });
      EXPECT_EQ(refused + let_in, 1000u);
      EXPECT_GT(refused, 0u);
      EXPECT_GT(let_in, 0u);
    });
  });
}

// ---- a hundred at once ---------------------------------------------------------------------------------------------

class site {
 public:
  task<server_response> operator()(server_request& request) {
    if (request.path() == "/large") co_return server_response::static_bytes(large_);
    if (request.path() == "/stream") {
      co_return server_response::stream([this](weft::http::response_writer& to) -> task<> {
        for (int i = 0; i < 100; ++i) co_await to.write(std::string_view{large_}.substr(0, 100'000));
      });
    }
    co_return server_response::text(co_await request.text());
  }

 private:
  std::string large_ = std::string(10'000'000, 'l');
};

task<> take_all(tcp_stream& stream) {
  for (;;) {
    const std::string some = co_await stream.read_some();
    if (some.empty()) co_return;
  }
}

/// A byte now and then, for as long as that is heard.
task<> drip(tcp_stream& stream) {
  for (;;) {
    co_await stream.write("x");
    co_await weft::sleep(1s);
  }
}

task<> slow_head(tcp_stream& stream) {
  co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\nX-Long: ");
  co_await drip(stream);
}

task<> slow_body(tcp_stream& stream) {
  co_await stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  co_await drip(stream);
}

task<> endless_body(tcp_stream& stream) {
  co_await stream.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (;;) co_await stream.write(std::string_view{chunk});
}

task<> half_request(tcp_stream& stream) {
  co_await stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  stream.shutdown_write();
  co_await take_all(stream);
}

task<> garbage(tcp_stream& stream) {
  std::string bytes;
  for (unsigned i = 0; i < 50'000; ++i) bytes += static_cast<char>(i * 2654435761U >> 13);
  co_await stream.write(std::string_view{bytes});
  co_await take_all(stream);
}

task<> endless_head(tcp_stream& stream) {
  co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\n");
  for (int i = 0;; ++i) co_await stream.write("X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n");
}

/// Takes a byte now and then, until the connection is reset: of what has come it would have for hours.
task<> slow_reader(tcp_stream& stream, std::string_view path) {
  co_await stream.write("GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\n\r\n");
  pollfd state{.fd = stream.native_handle(), .events = 0, .revents = 0};
  while (::poll(&state, 1, 0) == 0) {
    const std::string byte = co_await stream.read_some(1);
    if (byte.empty()) co_return;
    co_await weft::sleep(1s);
  }
}

/// Requests for much, of which nothing is taken.
task<> flood(tcp_stream& stream) {
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
  for (;;) co_await stream.write(std::string_view{requests});
}

task<> reset(tcp_stream& stream) {
  co_await stream.write("GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET ");
  co_await stream.read_some();
  stream.set_reset_on_close(true);
}

constexpr int ways = 10;

task<> do_harm(tcp_stream& stream, int way) {
  switch (way % ways) {
    case 0:
      return slow_head(stream);
    case 1:
      return slow_body(stream);
    case 2:
      return endless_body(stream);
    case 3:
      return half_request(stream);
    case 4:
      return garbage(stream);
    case 5:
      return endless_head(stream);
    case 6:
      return slow_reader(stream, "/large");
    case 7:
      return slow_reader(stream, "/stream");
    case 8:
      return flood(stream);
    default:
      return reset(stream);
  }
}

/// Does harm in one way over connection after connection, each until it is cut off; counts those.
task<> hostile(std::uint16_t port, int way, std::vector<std::size_t>& ended) {
  for (;;) {
    try {
      tcp_stream stream = co_await weft::open_connection("127.0.0.1", port);
      co_await do_harm(stream, way);
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): it was cut off
    }
    ++ended[static_cast<std::size_t>(way % ways)];
    co_await weft::sleep(10s);
  }
}

task<> normal_client(std::string url, std::size_t& answered, const bool& enough) {
  weft::http::client c{{.base_url = url}};
  while (!enough) {
    const std::string body(answered % 2000, 'b');
    const weft::http::response r = co_await c.post("/").body(body).timeout(60s);
    EXPECT_EQ(r.status(), 200);
    EXPECT_TRUE(r.text() == body);
    ++answered;
    co_await weft::sleep(50ms);
  }
}

TEST(NetHttpServerHostile, AHundredHarmNobody) {
  site here;
  with_http_server(std::ref(here), [](server& s) -> task<> {
    std::vector<std::size_t> ended(ways);
    std::size_t answered = 0;
    bool enough = false;
    std::size_t before = 0;
    std::size_t most = 0;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& all) -> task<> {
      const std::string url = s.url();
      for (int i = 0; i < 8; ++i) all.create_task(normal_client(url, answered, enough));
      while (answered < 100) co_await weft::sleep(10ms);
      before = memory_in_use();
      std::vector<weft::task_handle<void>> enemies;
      for (int i = 0; i < 100; ++i) enemies.push_back(all.create_task(hostile(s.port(), i, ended)));
      // Until all have been cut off, in each way, and many answers have come meanwhile.
      while (*std::ranges::min_element(ended) < 10 || answered < 600) {
        most = std::max(most, memory_in_use());
        co_await weft::sleep(100ms);
      }
      for (auto& each : enemies) each.cancel();
      enough = true;
    });
    // What a connection may hold is limited, by what waits to be sent and by what has been read ahead.
    EXPECT_LE(most, before + 100UL * 512 * 1024) << before;
    while (s.connections() > 0) co_await weft::sleep(100ms);
    EXPECT_LE(memory_in_use(), before + 4'000'000) << before;
  });
}

}  // namespace
