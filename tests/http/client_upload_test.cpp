#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>
#include <weft/files.hpp>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

#include "http/scripted_server.hpp"

namespace {

using namespace std::chrono_literals;
using weft::byte_stream;
using weft::task;
using weft::http::body_writer;
using weft::http::client;
using weft::http::message_part;
using weft::http::request_head;
using weft::http::request_parser;
using weft::testing::ok;
using weft::testing::text_of;

/// A request as it was read by the server's parser.
struct received {
  request_head head;
  std::string body;
  weft::http::headers trailers;
  std::size_t pieces = 0;
};

/// Reads requests whole, so far as it is told to.
class upload_server {
 public:
  std::vector<received> requests;
  int connections = 0;

  /// What is said once the head is there; a final response ends the connection.
  std::function<std::string(const request_head&)> on_head = [](const request_head&) { return std::string{}; };
  std::function<std::string(const received&)> on_end = [](const received& all) { return ok(all.body.substr(0, 100)); };
  weft::event go_on;  // the body is not read before

  task<> serve(byte_stream connection) {
    ++connections;
    try {
      for (bool more = true; more;) more = co_await answer_one(connection);
    } catch (const std::system_error&) {  // the client has gone
    } catch (const weft::http::protocol_error&) {
    }
  }

 private:
  task<bool> answer_one(byte_stream& connection) {
    request_parser parser;
    received all;
    while (!parser.done()) {
      const std::string_view buffered = connection.buffered();
      std::string_view input = buffered;
      while (auto event = parser.next(input)) {
        if (event->part == message_part::head) {
          all.head = parser.head();
          const std::string said = on_head(all.head);
          if (!said.empty()) co_await connection.write(said);
          if (said.starts_with("HTTP/1.1 4")) {
            requests.push_back(all);
            co_return false;
          }
          co_await go_on.wait();
        }
        if (event->part == message_part::body) {
          all.body += event->bytes;
          ++all.pieces;
        }
      }
      connection.consume(buffered.size() - input.size());
      if (parser.done()) break;
      const std::string_view more = co_await connection.fill();
      if (more.empty()) co_return false;
    }
    all.trailers = parser.trailers();
    requests.push_back(all);
    co_await connection.write(on_end(requests.back()));
    co_return true;
  }
};

/// Runs `body(url, server)` beside it.
template <class F>
void with_upload_server(F body) {
  weft::run([&]() -> task<> {
    upload_server server;
    server.go_on.set();
    co_await with(weft::tcp_server{"127.0.0.1", 0,
                                   [&](weft::tcp_stream connection) { return server.serve(std::move(connection)); }},
                  [&](weft::tcp_server& listening) -> task<> {
                    co_await body("http://127.0.0.1:" + std::to_string(listening.port()), server);
                  });
  });
}

task<> write_lines(body_writer& to) {
  co_await to.write("one\n");
  co_await to.write("");
  co_await to.write("two\n");
}

task<> write_with_trailer(body_writer& to) {
  co_await to.write("data");
  to.trailer("x-sum", "4");
}

task<> fail_in_the_middle(body_writer& to) {
  co_await to.write("some");
  throw std::runtime_error{"no more to be had"};
}

TEST(NetHttpUpload, ABodyThatIsMadeGoesInChunks) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    client c;
    auto r = co_await c.post(url + "/a").body_from(write_lines, {.content_type = "text/plain"});
    EXPECT_EQ(r.text(), "one\ntwo\n");
    EXPECT_EQ(server.requests[0].head.headers.get("transfer-encoding"), "chunked");
    EXPECT_EQ(server.requests[0].head.headers.get("content-type"), "text/plain");
    EXPECT_FALSE(server.requests[0].head.headers.contains("content-length"));
    co_await c.put(url + "/b").body_from(write_with_trailer);
    EXPECT_EQ(server.requests[1].trailers.get("x-sum"), "4");
    EXPECT_EQ(server.connections, 1);
  });
}

TEST(NetHttpUpload, AnAnnouncedLengthIsKept) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    client c;
    co_await c.post(url).body_from(write_lines, {.length = 8});
    EXPECT_EQ(server.requests[0].head.headers.get("content-length"), "8");
    EXPECT_EQ(server.requests[0].body, "one\ntwo\n");
    EXPECT_EQ(co_await text_of<std::logic_error>(c.post(url).body_from(write_lines, {.length = 9})),
              "a body of fewer bytes than were announced: 1 are missing");
    EXPECT_EQ(co_await text_of<std::logic_error>(c.post(url).body_from(write_lines, {.length = 7})),
              "a body of more bytes than were announced: 1 too many");
    EXPECT_EQ(co_await text_of<std::logic_error>(c.post(url).body_from(write_with_trailer, {.length = 5})),
              "a body of an announced length has no trailers");
    EXPECT_EQ(server.requests.size(), 1U);
    EXPECT_EQ(c.idle_connections(), 0U);
    co_await c.post(url).body_from(write_lines);
    EXPECT_EQ(server.requests.size(), 2U);
  });
}

TEST(NetHttpUpload, NobodyElseSaysHowLongABodyIs) {
  weft::run([]() -> task<> {
    client c;
    EXPECT_THROW(c.post("http://a.test/").header("Content-Length", "3"), std::invalid_argument);
    EXPECT_THROW(c.post("http://a.test/").header("transfer-encoding", "chunked"), std::invalid_argument);
    EXPECT_THROW(c.default_header("content-length", "3"), std::invalid_argument);
    co_return;
  });
}

TEST(NetHttpUpload, WhatTheBodyThrowsComesOut) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    client c;
    EXPECT_EQ(co_await text_of<std::runtime_error>(c.post(url).body_from(fail_in_the_middle)), "no more to be had");
    EXPECT_EQ(c.idle_connections() + c.active_connections(), 0U);
    EXPECT_TRUE(server.requests.empty());
  });
}

TEST(NetHttpUpload, FilesAndFormsWithFiles) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    const weft::temporary_directory room = co_await weft::make_temporary_directory();
    const std::filesystem::path file = room.path() / "b.bin";
    const std::string content(300'000, 'b');
    co_await weft::write_file(file, content);
    client c;
    co_await c.put(url).body_file(file);
    EXPECT_EQ(server.requests[0].body, content);
    EXPECT_EQ(server.requests[0].head.headers.get("content-length"), "300000");

    weft::http::multipart_form form{"XX"};
    form.field("name", "Zoë").file("upload", file).bytes("small", "s.txt", "tiny", "text/plain");
    co_await c.post(url).multipart(form);
    const received& got = server.requests[1];
    EXPECT_EQ(got.head.headers.get("content-type"), "multipart/form-data; boundary=XX");
    EXPECT_EQ(got.head.headers.get("content-length"), std::to_string(got.body.size()));
    EXPECT_TRUE(got.body.starts_with("--XX\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nZoë\r\n--XX\r\n"));
    EXPECT_NE(got.body.find("\r\n\r\n" + content + "\r\n--XX\r\n"), std::string::npos);
    EXPECT_TRUE(got.body.ends_with("\r\n\r\ntiny\r\n--XX--\r\n"));
    EXPECT_EQ(server.connections, 1);

    const std::string missing = co_await text_of<std::system_error>(c.put(url).body_file(room.path() / "none"));
    EXPECT_NE(missing.find("none"), std::string::npos) << missing;
    EXPECT_EQ(server.requests.size(), 2U);
  });
}

TEST(NetHttpUpload, ALargeTextIsSentWhileTheServerIsHeard) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    client c;
    const std::string body(3'000'000, 'x');
    co_await c.post(url).body(body);
    EXPECT_EQ(server.requests[0].body, body);
    EXPECT_EQ(c.idle_connections(), 1U);
  });
}

TEST(NetHttpUpload, AServerThatRefusesIsHeardAndGetsNoMore) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    server.on_head = [](const request_head&) { return "HTTP/1.1 413 Too Large\r\nContent-Length: 6\r\n\r\nno way"; };
    client c;
    bool whole = false;
    const auto endless = [&whole](body_writer& to) -> task<> {
      const std::string piece(100'000, 'x');
      for (int i = 0; i < 100'000; ++i) co_await to.write(piece);
      whole = true;
    };
    auto r = co_await c.post(url).body_from(endless);
    EXPECT_EQ(r.status(), 413);
    EXPECT_EQ(r.text(), "no way");
    EXPECT_FALSE(whole);
    EXPECT_EQ(c.idle_connections(), 0U);
  });
}

TEST(NetHttpUpload, ExpectWaitsForTheServersWord) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    server.on_head = [](const request_head& head) {
      EXPECT_EQ(head.headers.get("expect"), "100-continue");
      return "HTTP/1.1 100 Continue\r\n\r\n";
    };
    client c;
    auto r = co_await c.post(url).body("hello").expect_continue();
    EXPECT_EQ(r.text(), "hello");

    server.on_head = [](const request_head&) { return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"; };
    int made = 0;
    const auto make = [&made](body_writer& to) -> task<> {
      ++made;
      co_await to.write("x");
    };
    r = co_await c.post(url).body_from(make).expect_continue();
    EXPECT_EQ(r.status(), 401);
    EXPECT_EQ(made, 0);
    EXPECT_EQ(c.idle_connections(), 0U);

    server.on_head = [](const request_head& head) {
      return head.headers.contains("expect") ? "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n" : "";
    };
    r = co_await c.post(url).body_from(make).expect_continue();
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(made, 1);
    co_await c.get(url + "/no-body").expect_continue();
    EXPECT_FALSE(server.requests.back().head.headers.contains("expect"));
  });
}

TEST(NetHttpUpload, AServerThatDoesNotKnowExpectGetsTheBodyAfterAWhile) {
  with_upload_server([](std::string url, upload_server&) -> task<> {
    client c;
    const weft::time_point before = weft::now();
    auto r = co_await c.post(url).body("hello").expect_continue();
    EXPECT_EQ(r.text(), "hello");
    EXPECT_GE(weft::now() - before, 1s);
  });
}

TEST(NetHttpUpload, ASlowServerMakesTheWriterWait) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    server.go_on.clear();
    client c;
    std::size_t written = 0;
    const auto make = [&](body_writer& to) -> task<> {
      const std::string piece(100'000, 'x');
      for (int i = 0; i < 300; ++i) {
        co_await to.write(piece);
        written += piece.size();
      }
    };
    co_await with(weft::task_group{}, [&](weft::task_group& group) -> task<> {
      auto sent = group.create_task([&]() -> task<int> {
        auto r = co_await c.post(url).body_from(make);
        co_return r.status();
      });
      std::size_t before = 1;
      while (written != before) {  // until it stands still
        before = written;
        co_await weft::sleep(50ms);
      }
      EXPECT_LT(written, 30'000'000U);
      server.go_on.set();
      EXPECT_EQ(co_await sent, 200);
    });
    EXPECT_EQ(written, 30'000'000U);
    EXPECT_EQ(server.requests[0].body.size(), 30'000'000U);
  });
}

TEST(NetHttpUpload, AServerThatTakesNothingIsGivenUp) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    server.go_on.clear();
    client c{{.write_timeout = 100ms}};
    const std::string text = co_await text_of<weft::timeout_error>(c.post(url).body(std::string(50'000'000, 'x')));
    EXPECT_EQ(text, "POST " + url + "/: nothing more was taken in 100 ms");
    EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
    server.go_on.set();
  });
}

TEST(NetHttpUpload, ARedirectSendsTheBodyAgain) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    server.on_end = [&](const received& all) {
      return all.head.target == "/from" ? weft::testing::redirect(307, "/to") : ok("done");
    };
    client c;
    auto r = co_await c.post(url + "/from").body_from(write_lines);
    EXPECT_EQ(r.text(), "done");
    EXPECT_EQ(server.requests.back().body, "one\ntwo\n");
  });
}

TEST(NetHttpUpload, AStopEndsTheBodyToo) {
  with_upload_server([](std::string url, upload_server& server) -> task<> {
    server.go_on.clear();
    client c;
    bool stopped = false;
    const auto make = [&](body_writer& to) -> task<> {
      co_await with(weft::finally([&]() -> task<> {
                      stopped = true;
                      co_return;
                    }),
                    [&]() -> task<> {
                      const std::string piece(100'000, 'x');
                      while (!stopped) co_await to.write(piece);
                    });
    };
    const bool done = co_await weft::move_on_after(100ms, [&]() -> task<> { co_await c.post(url).body_from(make); }());
    EXPECT_FALSE(done);
    EXPECT_TRUE(stopped);
    EXPECT_EQ(c.active_connections() + c.idle_connections(), 0U);
    server.go_on.set();
  });
}

TEST(NetHttpUpload, AMockGetsTheWholeBody) {
  weft::run([]() -> task<> {
    client c;
    c.answer_with([](const weft::http::mock_request& request) -> task<weft::http::mock_response> {
      co_return weft::http::mock_response{200, request.body};
    });
    EXPECT_EQ(co_await c.post("http://example.org/").body_from(write_lines).text(), "one\ntwo\n");
  });
}

}  // namespace
