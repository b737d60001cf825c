// Responses that come from files.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <weft/files.hpp>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "server_talk.hpp"

namespace {

using namespace std::chrono_literals;
using weft::owned_descriptor;
using weft::task;
using weft::http::client;
using weft::http::response_writer;
using weft::http::server;
using weft::http::server_options;
using weft::http::server_request;
using weft::http::server_response;
using weft::testing::fate;
using weft::testing::witness;

/// Bytes of which no piece looks like another.
std::string numbers(std::size_t size) {
  std::string text(size, '.');
  std::uint32_t number = 0;
  for (std::size_t at = 0; at + sizeof number <= size; at += sizeof number, ++number) {
    std::memcpy(text.data() + at, &number, sizeof number);
  }
  return text;
}

owned_descriptor opened(const std::filesystem::path& path) {
  return owned_descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
}

/// A file with this text, and a server with a handler that is given its path.
template <class H, class F>
void with_file(const std::string& text, H handler, F body, server_options options = {}) {
  weft::testing::run([&]() -> task<> {
    const weft::temporary_directory room = co_await weft::make_temporary_directory();
    const std::filesystem::path path = room.path() / "file";
    std::ofstream{path, std::ios::binary} << text;
    const auto answer = [&](server_request& request) { return handler(request, path); };
    co_await weft::with(server{answer, options}, [&](server& site) -> task<> { co_await body(site, path); });
  });
}

task<server_response> whole(server_request&, const std::filesystem::path& path) {
  co_return server_response::file(opened(path), "text/plain");
}

TEST(HttpServerFile, IsSentWhole) {
  for (const std::size_t size : {0UL, 1UL, 40'000UL, 3'000'000UL}) {
    const std::string text = numbers(size);
    with_file(text, whole, [&](server& site, const std::filesystem::path&) -> task<> {
      client c{{.base_url = site.url()}};
      for (int i = 0; i < 2; ++i) {
        const weft::http::response r = co_await c.get("/");
        EXPECT_EQ(r.header("content-length"), std::to_string(size));
        EXPECT_EQ(r.header("content-type"), "text/plain");
        EXPECT_TRUE(r.text() == text) << size;
      }
      const weft::http::response head = co_await c.head("/");
      EXPECT_EQ(head.header("content-length"), std::to_string(size));
      EXPECT_EQ(c.idle_connections(), 1U);
    });
  }
}

TEST(HttpServerFile, IsSentOverUnixSockets) {
  const std::string text = numbers(1'000'000);
  weft::testing::run([&]() -> task<> {
    const weft::temporary_directory room = co_await weft::make_temporary_directory();
    const std::filesystem::path path = room.path() / "file";
    const std::string socket = room.path() / "socket";
    std::ofstream{path} << text;
    const auto answer = [&](server_request& request) { return whole(request, path); };
    co_await weft::with(server{answer, {.unix_path = socket}}, [&](server&) -> task<> {
      weft::unix_stream stream = co_await weft::open_unix_connection(socket);
      co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      const std::string answered = co_await stream.read_all();
      EXPECT_TRUE(answered.ends_with("\r\n\r\n" + text));
    });
  });
}

TEST(HttpServerFile, IsSentOverTls) {
  const std::string text = numbers(1'000'000);
  const auto made_up = weft::make_up_certificate({"127.0.0.1"});
  weft::tls_context context = weft::tls_context::server();
  context.add_certificate_pem(made_up.certificate, made_up.key);
  with_file(text, whole,
            [&](server& site, const std::filesystem::path&) -> task<> {
              client c{{.base_url = site.url(), .verify = false}};
              EXPECT_TRUE(co_await c.get("/").text() == text);
            },
            {.tls = &context});
}

TEST(HttpServerFile, PiecesStandBetweenOtherPartsOfABody) {
  const std::string text = numbers(300'000);
  const auto pieces = [](server_request& request, const std::filesystem::path& path) -> task<server_response> {
    std::optional<std::uint64_t> length;
    if (request.path() == "/sized") length = 6 + 5 + 200'000;
    co_return server_response::stream(
        [file = std::make_shared<owned_descriptor>(opened(path)),
         sized = length.has_value()](response_writer& to) -> task<> {
          co_await to.write("before");
          co_await to.write_file(file->get(), 7, 200'000);
          co_await to.write("after");
          if (!sized) to.trailer("checked", "yes");
        },
        "text/plain", length);
  };
  const std::string expected = "before" + text.substr(7, 200'000) + "after";
  with_file(text, pieces, [&](server& site, const std::filesystem::path&) -> task<> {
    client c{{.base_url = site.url()}};
    EXPECT_TRUE(co_await c.get("/sized").text() == expected);
    EXPECT_TRUE(co_await c.get("/chunked").text() == expected);
    EXPECT_EQ(c.idle_connections(), 1U);
    const std::string old = co_await weft::testing::says(site, "GET /chunked HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.ends_with("\r\n\r\n" + expected));
  });
}

TEST(HttpServerFile, KeepsItsPlaceAmongPipelinedRequests) {
  const std::string text = numbers(200'000);
  const auto either = [](server_request& request, const std::filesystem::path& path) -> task<server_response> {
    if (request.path() == "/text") co_return server_response::text("text");
    co_return server_response::file(std::make_shared<owned_descriptor>(opened(path)), 10, 100'000);
  };
  with_file(text, either, [&](server& site, const std::filesystem::path&) -> task<> {
    const std::string end = " HTTP/1.1\r\nHost: a\r\n";
    const std::string answer =
        co_await weft::testing::says(site, "GET /text" + end + "\r\nGET /file" + end + "\r\nGET /file" + end +
                                               "\r\nGET /text" + end + "Connection: close\r\n\r\n");
    const std::string head = "HTTP/1.1 200 OK\r\ncontent-type: ";
    const std::string said = head + "text/plain; charset=utf-8\r\ncontent-length: 4\r\n";
    const std::string file =
        head + "application/octet-stream\r\ncontent-length: 100000\r\n\r\n" + text.substr(10, 100'000);
    EXPECT_TRUE(answer == said + "\r\ntext" + file + file + said + "connection: close\r\n\r\ntext");
  });
}

TEST(HttpServerFile, ASlowClientGetsAllOfIt) {
  const std::string text = numbers(6'000'000);
  with_file(text, whole, [&](server& site, const std::filesystem::path&) -> task<> {
    weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", site.port());
    co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    std::string answer;
    while (!stream.at_end()) {
      const std::size_t enough = answer.size() + 500'000;
      while (answer.size() < enough && !stream.at_end()) answer += co_await stream.read_some(500'000);
      co_await weft::sleep(1s);
    }
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + text));
  });
}

TEST(HttpServerFile, OneThatBecomesShorterIsNotTakenForWhole) {
  const auto cut = [](server_request&, const std::filesystem::path& path) -> task<server_response> {
    owned_descriptor file = opened(path);
    server_response response = server_response::file(std::move(file));
    std::filesystem::resize_file(path, 100'000);
    co_return response;
  };
  std::vector<std::string> reported;
  with_file(numbers(3'000'000), cut, [&](server& site, const std::filesystem::path&) -> task<> {
    weft::this_loop().set_exception_handler(
        [&](const weft::exception_context& of) { reported.emplace_back(of.message); });
    client c{{.base_url = site.url()}};
    bool failed = false;
    try {
      co_await c.get("/").text();
    } catch (const weft::error&) {
      failed = true;
    } catch (const std::system_error&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
    weft::this_loop().set_exception_handler(nullptr);
  });
  EXPECT_EQ(reported, std::vector<std::string>{"An HTTP response broke off"});
}

TEST(HttpServerFile, NobodySendsADirectory) {
  const auto wrong = [](server_request&, const std::filesystem::path& path) -> task<server_response> {
    try {
      co_return server_response::file(opened(path.parent_path()));
    } catch (const std::system_error& e) {
      co_return server_response::text(e.code() == std::errc::invalid_argument ? "refused" : "?");
    }
  };
  with_file("text", wrong, [](server& site, const std::filesystem::path&) -> task<> {
    client c{{.base_url = site.url()}};
    EXPECT_EQ(co_await c.get("/").text(), "refused");
  });
}

TEST(HttpServerFile, IsLetGoWhenTheClientGoes) {
  fate seen;
  const auto endless = [&](server_request&, const std::filesystem::path& path) -> task<server_response> {
    co_return server_response::stream(
        [&seen, file = std::make_shared<owned_descriptor>(opened(path))](response_writer& to) -> task<> {
          const witness here{seen};
          for (;;) co_await to.write_file(file->get(), 0, 4'000'000);
        });
  };
  with_file(numbers(4'000'000), endless, [&](server& site, const std::filesystem::path&) -> task<> {
    for (const bool resets : {true, false}) {
      seen = {};
      weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", site.port());
      co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      while (!seen.begun) co_await weft::sleep(1ms);
      co_await weft::sleep(100ms);
      if (resets) stream.set_reset_on_close(true);
      stream.close();
      while (!seen.stopped) co_await weft::sleep(1s);
      while (site.connections() != 0) co_await weft::sleep(1s);
    }
  });
}

TEST(HttpServerFile, AClientThatTakesNothingIsCutOff) {
  fate seen;
  const auto large = [&](server_request&, const std::filesystem::path& path) -> task<server_response> {
    co_return server_response::stream(
        [&seen, file = std::make_shared<owned_descriptor>(opened(path))](response_writer& to) -> task<> {
          const witness here{seen};
          for (;;) co_await to.write_file(file->get(), 0, 4'000'000);
        });
  };
  with_file(numbers(4'000'000), large, [&](server& site, const std::filesystem::path&) -> task<> {
    weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", site.port());
    co_await stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const weft::time_point begin = weft::now();
    while (site.connections() != 0 || !seen.begun) co_await weft::sleep(1s);
    EXPECT_LE(weft::now() - begin, 40s);
    EXPECT_TRUE(seen.stopped);
  });
}

}  // namespace
