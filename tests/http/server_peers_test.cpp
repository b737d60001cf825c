// The server and clients of others: curl, Python's http.client and aiohttp (server_peer.py), and nginx as a proxy
// in front of it.

#include <filesystem>
#include <set>
#include <string>
#include <support/child_program.hpp>
#include <support/nginx.hpp>
#include <support/scratch.hpp>
#include <vector>
#include <weft/http.hpp>

#include "net/tls_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::server;
using weft::http::server_options;
using weft::http::server_request;
using weft::http::server_response;
using weft::testing::child_program;
using weft::testing::nginx;
using weft::testing::output_of;
using weft::testing::read_file;
using weft::testing::run_sockets;
using weft::testing::world;

constexpr std::size_t body_limit = 10'000'000;

std::string numbered_lines(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

task<> echo(weft::http::websocket& ws) {
  while (const auto message = co_await ws.receive()) co_await ws.send(*message);
}

/// What the peers ask for.
class site {
 public:
  task<server_response> operator()(server_request& request) {
    const std::string_view path = request.path();
    clients.insert(request.peer().to_string());
    if (path.starts_with("/files/")) co_return co_await files_.serve(request, path.substr(7));
    if (path == "/text") co_return server_response::text("text");
    if (path == "/echo") co_return server_response::bytes(co_await request.text(body_limit));
    if (path == "/back")
      co_return server_response::stream([&request](weft::http::response_writer& to) -> task<> {
        while (const auto piece = co_await request.next()) co_await to.write(*piece);
        to.trailer("x-end", "reached");
      });
    if (path == "/seen") {
      const std::optional<std::uint64_t> length = request.content_length();
      const std::string framing = length ? std::to_string(*length) : "chunked";
      const std::string body = co_await request.text(body_limit);
      co_return server_response::text(std::string{request.method()} + " " + std::string{request.query()} + " " +
                                      framing + " " + std::to_string(body.size()));
    }
    if (path == "/peer") co_return server_response::text(request.peer().to_string());
    if (path == "/refused") co_return server_response::text("too large").status(413);
    if (path == "/lines")
      co_return server_response::stream(
          [this](weft::http::response_writer& to) -> task<> {
            for (std::size_t at = 0; at < lines.size(); at += 9999) co_await to.write(lines.substr(at, 9999));
          },
          "text/plain");
    if (path == "/socket") co_return weft::http::accept_websocket(request, echo);
    co_return server_response::text("not here").status(404);
  }

  std::string put(std::string_view name, std::string_view content) const { return tree_.write(name, content); }
  /// A path for a file that is not served.
  std::string aside(const std::string& name) const { return aside_.file(name); }

  const std::string lines = numbered_lines(1'000'000);
  std::set<std::string> clients;  ///< the addresses of the connections that requests came over

 private:
  weft::testing::scratch tree_;
  weft::testing::scratch aside_;
  weft::http::static_files files_{tree_.file("")};
};

/// Runs `body(server, site)`, a task.
template <class F>
void with_site(F body, server_options options = {}) {
  run_sockets([&]() -> task<> {
    site here;
    co_await weft::with(server{std::ref(here), options}, [&](server& s) -> task<> { co_await body(s, here); });
  });
}

// ---- curl ----------------------------------------------------------------------------------------------------------

class NetHttpServerCurl : public ::testing::Test {
 protected:
  /// What curl says when it is called with these arguments.
  template <class... A>
  static task<std::string> curl(const A&... arguments) {
    return output_of({"curl", "-q", "-sS", "--noproxy", "*", "--max-time", "40", arguments...});
  }
};

TEST_F(NetHttpServerCurl, SpeaksBothVersions) {
  with_site([](server& s, site&) -> task<> {
    const std::string url = s.url();
    const std::string old = co_await curl("-0", "-i", url + "/text");
    EXPECT_TRUE(old.starts_with("HTTP/1.1 200 OK\r\n")) << old;
    EXPECT_NE(old.find("\r\nconnection: close\r\n"), old.npos) << old;
    EXPECT_TRUE(old.ends_with("\r\n\r\ntext")) << old;
    const std::string present = co_await curl("--http1.1", "-i", url + "/text");
    EXPECT_TRUE(present.starts_with("HTTP/1.1 200 OK\r\n")) << present;
    EXPECT_EQ(present.find("\r\nconnection:"), present.npos) << present;
    const std::string absent = co_await curl("-o", "/dev/null", "-w", "%{http_code}", url + "/absent");
    EXPECT_EQ(absent, "404");
  });
}

TEST_F(NetHttpServerCurl, KeepsItsConnection) {
  with_site([](server& s, site& here) -> task<> {
    const std::string url = s.url();
    const std::string four =
        co_await curl("-w", " %{num_connects}\n", url + "/text", url + "/peer", url + "/absent", url + "/text");
    EXPECT_EQ(four, "text 1\n" + *here.clients.begin() + " 0\nnot here 0\ntext 0\n");
    EXPECT_EQ(here.clients.size(), 1U);
    const std::string old = co_await curl("-0", "-w", " %{num_connects}\n", url + "/text", url + "/text");
    EXPECT_EQ(old, "text 1\ntext 1\n");
    const std::string kept =
        co_await curl("-0", "-H", "Connection: keep-alive", "-w", " %{num_connects}\n", url + "/text", url + "/text");
    EXPECT_EQ(kept, "text 1\ntext 0\n");
  });
}

TEST_F(NetHttpServerCurl, ReadsStreamsOfBothVersions) {
  with_site([](server& s, site& here) -> task<> {
    for (const char* const version : {"-0", "--http1.1"}) {
      const std::string lines = co_await curl(version, s.url() + "/lines");
      EXPECT_TRUE(lines == here.lines) << version;
    }
  });
}

TEST_F(NetHttpServerCurl, AsksForHeads) {
  with_site([](server& s, site& here) -> task<> {
    here.put("f.txt", "0123456789");
    const std::string url = s.url();
    const std::string file = co_await curl("-I", url + "/files/f.txt");
    EXPECT_NE(file.find("\r\ncontent-length: 10\r\n"), file.npos) << file;
    const std::string stream = co_await curl("-I", url + "/lines");
    EXPECT_TRUE(stream.ends_with("\r\n\r\n")) << stream;
    // The connection is good for more after a head.
    const std::string both =
        co_await curl("-I", "-o", "/dev/null", url + "/lines", "--next", "-w", " %{num_connects}", url + "/text");
    EXPECT_EQ(both, "text 0");
  });
}

TEST_F(NetHttpServerCurl, Uploads) {
  with_site([](server& s, site& here) -> task<> {
    const std::string url = s.url();
    const std::string large = numbered_lines(3'000'000);
    const std::string file = here.put("large", large);
    const std::string back = here.aside("back");
    const std::string head = here.aside("head");
    const std::string size = std::to_string(large.size());
    const std::string posted = co_await curl("--data-binary", "@" + file, url + "/seen?a");
    EXPECT_EQ(posted, "POST a " + size + " " + size);
    const std::string put = co_await curl("-T", file, "-H", "Expect:", url + "/seen?b");
    EXPECT_EQ(put, "PUT b " + size + " " + size);
    const std::string chunked = co_await curl("-T", file, "-H", "Transfer-Encoding: chunked", url + "/seen?c");
    EXPECT_EQ(chunked, "PUT c chunked " + size);
    const std::string form =
        co_await curl("-F", "a=b", "-F", "f=@" + file, "-o", back, "-w", "%{http_code}", url + "/echo");
    EXPECT_EQ(form, "200");
    EXPECT_NE(read_file(back).find(large), std::string::npos);
    for (const char* const path : {"/echo", "/back"}) {
      for (const char* const header : {"Expect: 100-continue", "Expect:"}) {
        for (const char* const framing : {"X-Nothing: 1", "Transfer-Encoding: chunked"}) {
          co_await curl("-T", file, "-H", header, "-H", framing, "-D", head, "-o", back, url + path);
          EXPECT_TRUE(read_file(back) == large) << path << " " << header << " " << framing;
          const bool asked = read_file(head).starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
          EXPECT_EQ(asked, std::string_view{header} != "Expect:") << read_file(head);
        }
      }
    }
    // A refusal comes before the body is sent.
    const std::string refused = co_await curl("-T", file, "-H", "Expect: 100-continue", "--expect100-timeout", "30",
                                              "-w", " %{http_code} %{size_upload}", url + "/refused");
    EXPECT_EQ(refused, "too large 413 0");
  });
}

TEST_F(NetHttpServerCurl, GetsPartsOfFiles) {
  with_site([](server& s, site& here) -> task<> {
    const std::string large = numbered_lines(1'000'000);
    here.put("f.txt", "0123456789");
    here.put("large.txt", large);
    const std::string url = s.url() + "/files/";
    const std::string middle = co_await curl("-r", "2-4", "-w", " %{http_code}", url + "f.txt");
    EXPECT_EQ(middle, "234 206");
    const std::string end = co_await curl("-r", "-3", url + "f.txt");
    EXPECT_EQ(end, "789");
    const std::string two = co_await curl("-r", "0-1,5-6", url + "f.txt");
    EXPECT_NE(two.find("Content-Range: bytes 5-6/10\r\n\r\n56\r\n"), two.npos) << two;
    const std::string none = co_await curl("-r", "10-", "-o", "/dev/null", "-w", "%{http_code}", url + "f.txt");
    EXPECT_EQ(none, "416");
    const std::string file = here.aside("resumed");
    co_await curl("-r", "0-299999", "-o", file, url + "large.txt");
    co_await curl("-C", "-", "-o", file, url + "large.txt");
    EXPECT_TRUE(read_file(file) == large);
  });
}

TEST_F(NetHttpServerCurl, AsksWhetherFilesHaveChanged) {
  with_site([](server& s, site& here) -> task<> {
    here.put("f.txt", "0123456789");
    const std::string url = s.url() + "/files/f.txt";
    const std::string tag = here.aside("tag");
    const std::string first = co_await curl("--etag-save", tag, "-w", " %{http_code}", url);
    EXPECT_EQ(first, "0123456789 200");
    const std::string again = co_await curl("--etag-compare", tag, "-w", " %{http_code}", url);
    EXPECT_EQ(again, " 304");
    const std::string kept = here.aside("kept");
    co_await curl("-R", "-o", kept, url);
    const std::string dated = co_await curl("-z", kept, "-w", " %{http_code}", url);
    EXPECT_EQ(dated, " 304");
  });
}

TEST_F(NetHttpServerCurl, SpeaksTls) {
  const weft::testing::temporary_text ca{world().ca.certificate()};
  const weft::tls_context context = world().server_context().alpn({"http/1.1"});
  with_site(
      [&](server& s, site& here) -> task<> {
        const std::string url = s.url();
        const std::string lines = co_await curl("--cacert", ca.path(), "-w", "%{http_version} %{num_connects}\n",
                                                url + "/lines", url + "/text");
        EXPECT_TRUE(lines == here.lines + "1.1 1\ntext1.1 0\n") << lines.substr(lines.size() - 100);
      },
      {.tls = &context});
}

TEST_F(NetHttpServerCurl, ComesOverUnixSockets) {
  const weft::testing::scratch place;
  const std::string path = place.file("socket");
  with_site(
      [&](server&, site&) -> task<> {
        const std::string text = co_await curl("--unix-socket", path, "http://anything/text");
        EXPECT_EQ(text, "text");
      },
      {.unix_path = path});
}

TEST_F(NetHttpServerCurl, SendsTheProxyProtocol) {
  with_site(
      [](server& s, site&) -> task<> {
        const std::string peer =
            co_await curl("--haproxy-protocol", "-w", " %{local_ip}:%{local_port}", s.url() + "/peer");
        EXPECT_EQ(peer.substr(0, peer.find(' ')), peer.substr(peer.find(' ') + 1));
      },
      {.proxy_protocol = true});
}

// ---- Python --------------------------------------------------------------------------------------------------------

class NetHttpServerPython : public ::testing::TestWithParam<const char*> {};

// Debian's Python, for which its aiohttp is installed; another one may come first in the path.
TEST_P(NetHttpServerPython, IsServed) {
  with_site([](server& s, site& here) -> task<> {
    here.put("f.txt", "0123456789");
    const std::vector<std::string> command{"/usr/bin/python3", "http/server_peer.py", GetParam(), s.url()};
    child_program program{command};
    const std::string ended = co_await program.says("ended:");
    EXPECT_EQ(ended, "well");
  });
}

INSTANTIATE_TEST_SUITE_P(By, NetHttpServerPython, ::testing::Values("http_client", "aiohttp", "socket"),
                         [](const auto& about) { return std::string{about.param}; });

// ---- nginx ---------------------------------------------------------------------------------------------------------

/// Runs `body(client, site, proxy)`, a task, with a client of nginx, which asks the server.
template <class F>
void behind_nginx(F body) {
  with_site([&](server& s, site& here) -> task<> {
    const nginx proxy{R"(
      upstream weft { server 127.0.0.1:)" +
                      std::to_string(s.port()) + R"(; keepalive 4; }
      proxy_buffering off;
      proxy_request_buffering off;
      client_max_body_size 10m;
      server {
        listen 127.0.0.1:@0;
        location / { proxy_pass http://weft; proxy_http_version 1.1; proxy_set_header Connection ""; }
        location /old/ { proxy_pass http://weft/; }
        location /socket {
          proxy_pass http://weft;
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection upgrade;
        }
      })"};
    const std::string url = proxy.url("");
    weft::http::client c{{.base_url = url}};
    co_await body(c, here, proxy);
  });
}

TEST(NetHttpServerNginx, KeepsItsConnection) {
  behind_nginx([](weft::http::client& c, site& here, const nginx&) -> task<> {
    here.put("f.txt", "0123456789");
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(co_await c.get("/text").text(), "text");
      EXPECT_EQ((co_await c.get("/absent")).status(), 404);
      EXPECT_EQ((co_await c.head("/lines")).status(), 200);
      EXPECT_TRUE(co_await c.get("/lines").text() == here.lines);
      const weft::http::response part = co_await c.get("/files/f.txt").header("range", "bytes=2-4");
      EXPECT_EQ(part.status(), 206);
      EXPECT_EQ(part.text(), "234");
      EXPECT_EQ(co_await c.post("/seen?x").body("body").text(), "POST x 4 4");
    }
    EXPECT_EQ(here.clients.size(), 1U);
  });
}

TEST(NetHttpServerNginx, PassesBodiesInBothDirections) {
  behind_nginx([](weft::http::client& c, site& here, const nginx&) -> task<> {
    const auto chunks = [&](weft::http::body_writer& to) -> task<> {
      for (std::size_t at = 0; at < here.lines.size(); at += 9999) co_await to.write(here.lines.substr(at, 9999));
    };
    const std::string size = std::to_string(here.lines.size());
    const std::string whole = "POST  " + size + " " + size;
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(co_await c.post("/seen").body_from(chunks).text(), "POST  chunked " + size);
      EXPECT_EQ(co_await c.post("/seen").body(here.lines).text(), whole);
      for (const char* const path : {"/back", "/echo"}) {
        EXPECT_TRUE(co_await c.post(path).body_from(chunks).text() == here.lines) << path;
        EXPECT_TRUE(co_await c.post(path).body(here.lines).text() == here.lines) << path;
      }
    }
  });
}

TEST(NetHttpServerNginx, MayAskInTheOldVersion) {
  behind_nginx([](weft::http::client& c, site& here, const nginx&) -> task<> {
    EXPECT_EQ(co_await c.get("/old/text").text(), "text");
    EXPECT_TRUE(co_await c.get("/old/lines").text() == here.lines);
    EXPECT_TRUE(co_await c.post("/old/back").body(here.lines).text() == here.lines);
  });
}

TEST(NetHttpServerNginx, ServesManyAtOnce) {
  behind_nginx([](weft::http::client& c, site& here, const nginx&) -> task<> {
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      for (int i = 0; i < 20; ++i) {
        tg.create_task([&]() -> task<> {
          for (int k = 0; k < 10; ++k) {
            EXPECT_EQ(co_await c.get("/text").text(), "text");
            EXPECT_TRUE(co_await c.post("/back").body(here.lines).text() == here.lines);
          }
        });
      }
      co_return;
    });
  });
}

TEST(NetHttpServerNginx, PassesWebSockets) {
  behind_nginx([](weft::http::client&, site&, const nginx& proxy) -> task<> {
    const std::string url = "ws://127.0.0.1:" + std::to_string(proxy.port()) + "/socket";
    co_await weft::with(weft::http::websocket_connection{url}, [](weft::http::websocket& ws) -> task<> {
      for (const std::size_t size : {1U, 1000U, 1'000'000U}) {
        co_await ws.send(std::string(size, 'x'));
        const auto back = co_await ws.receive();
        EXPECT_TRUE(back && back->text() == std::string(size, 'x')) << size;
      }
    });
  });
}

}  // namespace
