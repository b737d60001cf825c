// Both ends of WebSockets, from the opening handshake to the closing one.

#include <weft/http/websocket_connection.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/http.hpp>

#include "http/server_talk.hpp"
#include "http/websocket_handshake.hpp"
#include "net/tls_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::accept_websocket;
using weft::http::client;
using weft::http::message;
using weft::http::server_request;
using weft::http::server_response;
using weft::http::websocket;
using weft::http::websocket_code;
using weft::http::websocket_connection;
using weft::http::websocket_options;
using weft::http::websocket_refused;
using weft::testing::with_http_server;
using weft::testing::world;

std::string url_of(const weft::http::server& server, std::string_view path = "/", std::string_view scheme = "ws") {
  return std::string{scheme} + "://127.0.0.1:" + std::to_string(server.port()) + std::string{path};
}

task<> echo(websocket& ws) {
  for (;;) {
    const std::optional<message> m = co_await ws.receive();
    if (!m) co_return;
    co_await ws.send(*m);
  }
}

task<server_response> echo_all(server_request& request) { co_return accept_websocket(request, echo); }

task<std::string> receive_text(websocket& ws) {
  const std::optional<message> m = co_await ws.receive();
  co_return m ? std::string{m->text()} : "closed";
}

/// What is wrong with an opening handshake, as the client tells it.
struct refusal {
  int status = 0;
  std::string body;
  std::string what;
};
task<refusal> refused_by(websocket_connection connection) {
  refusal seen;
  try {
    co_await weft::with(std::move(connection), [](websocket&) -> task<> { co_return; });
  } catch (const websocket_refused& e) {
    seen = {e.status(), e.body(), e.what()};
  }
  co_return seen;
}

TEST(NetWebsocketConnection, TalksToAServer) {
  websocket_code seen = websocket_code::abnormal;
  const auto handle = [&](server_request& request) -> task<server_response> {
    co_return accept_websocket(request, [&](websocket& ws) -> task<> {
      co_await echo(ws);
      seen = ws.close_code();
    });
  };
  with_http_server(handle, [](weft::http::server& server) -> task<> {
    co_await weft::with(websocket_connection{url_of(server)}, [](websocket& ws) -> task<> {
      co_await ws.send("hello");
      std::string text = co_await receive_text(ws);
      EXPECT_EQ(text, "hello");
      co_await ws.send(std::string(1'000'000, 'x'));
      text = co_await receive_text(ws);
      EXPECT_EQ(text, std::string(1'000'000, 'x'));
    });
  });
  EXPECT_EQ(seen, websocket_code::normal);
}

TEST(NetWebsocketConnection, AgreesOnSubprotocolAndCompression) {
  const auto handle = [](server_request& request) -> task<server_response> {
    co_return accept_websocket(request, echo, {.compression = true, .subprotocols = "b, a"});
  };
  with_http_server(handle, [](weft::http::server& server) -> task<> {
    const websocket_options all{.compression = true, .subprotocols = "a, b, c"};
    co_await weft::with(websocket_connection{url_of(server), all}, [](websocket& ws) -> task<> {
      EXPECT_EQ(ws.subprotocol(), "b");
      EXPECT_TRUE(ws.compressed());
      std::string sentence;
      for (int i = 0; i < 10'000; ++i) sentence += "number " + std::to_string(i) + ", ";
      for (const std::string& text : {sentence, std::string{}, sentence, std::string{"short"}}) {
        co_await ws.send(text);
        const std::string back = co_await receive_text(ws);
        EXPECT_TRUE(back == text);
      }
    });
    const websocket_options small{.compression = true, .keep_compression_context = false, .compression_window_bits = 9};
    co_await weft::with(websocket_connection{url_of(server), small}, [](websocket& ws) -> task<> {
      EXPECT_EQ(ws.subprotocol(), "");
      EXPECT_TRUE(ws.compressed());
      for (int i = 0; i < 3; ++i) {
        co_await ws.send(std::string(100'000, 'y'));
        const std::string back = co_await receive_text(ws);
        EXPECT_TRUE(back == std::string(100'000, 'y'));
      }
    });
    co_await weft::with(websocket_connection{url_of(server)}, [](websocket& ws) -> task<> {
      EXPECT_FALSE(ws.compressed());
      co_return;
    });
  });
}

TEST(NetWebsocketConnection, ShowsItsHeaderFieldsAndCookies) {
  std::string seen;
  const auto handle = [&](server_request& request) -> task<server_response> {
    for (const char* const name : {"x-own", "authorization", "origin", "cookie", "user-agent"}) {
      seen.append(request.header(name)).append("|");
    }
    co_return accept_websocket(request, echo, {.origin = "https://a.example, http://page.example"})
        .header("set-cookie", "id=7; Path=/");
  };
  with_http_server(handle, [&](weft::http::server& server) -> task<> {
    client c{{.base_url = url_of(server, "/a/", "http"), .user_agent = "me"}};
    const websocket_options page{.origin = "http://page.example"};
    for (int i = 0; i < 2; ++i) {
      co_await weft::with(websocket_connection{c, "chat", page}.header("x-own", "1"),
                          [](websocket&) -> task<> { co_return; });
    }
    const std::string with_user = "ws://ada:secret@127.0.0.1:" + std::to_string(server.port());
    co_await weft::with(websocket_connection{with_user}, [](websocket&) -> task<> { co_return; });
    const refusal other = co_await refused_by(websocket_connection{url_of(server), {.origin = "https://b.example"}});
    EXPECT_EQ(other.status, 403);
    EXPECT_EQ(other.body, "This origin may not connect.\n");
  });
  EXPECT_TRUE(seen.starts_with("1||http://page.example||me|1||http://page.example|id=7|me||Basic YWRhOnNlY3JldA==|||"))
      << seen;
}

TEST(NetWebsocketConnection, SpeaksTls) {
  weft::run([]() -> task<> {
    const weft::tls_context context = world().server_context().alpn("http/1.1");
    const weft::tls_context trusting = world().client_context();
    co_await weft::with(weft::http::server{echo_all, {.tls = &context}}, [&](weft::http::server& server) -> task<> {
      client c{{.tls = &trusting}};
      const std::string url = "wss://localhost:" + std::to_string(server.port());
      co_await weft::with(websocket_connection{c, url}, [](websocket& ws) -> task<> {
        co_await ws.send(std::string(300'000, 'x'));
        const std::string back = co_await receive_text(ws);
        EXPECT_EQ(back.size(), 300'000U);
      });
      bool distrusted = false;
      try {
        co_await weft::with(websocket_connection{url}, [](websocket&) -> task<> { co_return; });
      } catch (const weft::http::request_error& e) {
        distrusted = e.code().category() == weft::tls_category();
      }
      EXPECT_TRUE(distrusted);
    });
  });
}

TEST(NetWebsocketConnection, SaysWhatAServerRefusesWith) {
  const auto handle = [](server_request& request) -> task<server_response> {
    if (request.path() == "/none") co_return server_response::text("no such room").status(404);
    co_return server_response::text(std::string(100'000, 'x'));
  };
  with_http_server(handle, [](weft::http::server& server) -> task<> {
    const refusal none = co_await refused_by(websocket_connection{url_of(server, "/none")});
    EXPECT_EQ(none.status, 404);
    EXPECT_EQ(none.body, "no such room");
    EXPECT_EQ(none.what, "GET " + url_of(server, "/none") + ": the server opens no WebSocket: 404 Not Found");
    const refusal page = co_await refused_by(websocket_connection{url_of(server, "/page")});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body.size(), 4096U);
  });
}

TEST(NetWebsocketConnection, RefusesHandshakesThatAreWrong) {
  struct wrong {
    std::string fields;
    std::string why;
  };
  const std::vector<wrong> cases{
      {"upgrade: h2c\r\nconnection: upgrade\r\nsec-websocket-accept: @\r\n", "it does not upgrade to websocket"},
      {"upgrade: websocket\r\nconnection: close\r\nsec-websocket-accept: @\r\n",
       "its Connection field lacks the upgrade"},
      {"upgrade: websocket\r\nconnection: upgrade\r\n", "its Sec-WebSocket-Accept does not belong to the key"},
      {"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: dGhlIHNhbXBsZSBub25jZQ==\r\n",
       "its Sec-WebSocket-Accept does not belong to the key"},
      {"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: @\r\nsec-websocket-protocol: x\r\n",
       "it wants a sub-protocol that was not offered"},
      {"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: @\r\nsec-websocket-extensions: x\r\n",
       "it wants an extension that was not offered so"},
      {"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: @\r\nsec-websocket-extensions: ;\r\n",
       "its Sec-WebSocket-Extensions is malformed"},
      {"upgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\nsec-websocket-accept: @\r\n", ""},
  };
  weft::run([&]() -> task<> {
    std::size_t next = 0;
    const auto answer = [&](weft::tcp_stream stream) -> task<> {
      const std::string head = co_await stream.read_until("\r\n\r\n");
      const std::size_t at = head.find("sec-websocket-key: ") + 19;
      std::string fields = cases[next++].fields;
      if (const std::size_t mark = fields.find('@'); mark != std::string::npos) {
        fields.replace(mark, 1, weft::http::detail::websocket_accept(head.substr(at, 24)));
      }
      co_await stream.write("HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n\x88\x02\x03\xe8");
      co_await stream.read_some();
    };
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, std::ref(answer)}, [&](weft::tcp_server& server) -> task<> {
      for (const wrong& one : cases) {
        const std::string url = "ws://127.0.0.1:" + std::to_string(server.port());
        const refusal seen = co_await refused_by(websocket_connection{url});
        const std::string what = one.why.empty() ? "" : "GET " + url + "/: the server's handshake is wrong: " + one.why;
        EXPECT_EQ(seen.what, what);
      }
    });
  });
}

TEST(NetWebsocketConnection, TellsOtherErrorsOfConnecting) {
  weft::run([]() -> task<> {
    const auto silent = [](weft::tcp_stream stream) -> task<> { co_await stream.read_all(); };
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, silent}, [](weft::tcp_server& server) -> task<> {
      const std::string url = "ws://127.0.0.1:" + std::to_string(server.port()) + "/";
      std::string error;
      try {
        co_await weft::with(websocket_connection{url, {.open_timeout = 20ms}}, [](websocket&) -> task<> { co_return; });
      } catch (const weft::timeout_error& e) {
        error = e.what();
      }
      EXPECT_EQ(error, "GET " + url + ": no WebSocket was open in 20 ms");
    });
    EXPECT_THROW(websocket_connection{"ftp://example.org"}, weft::http::url_error);
    EXPECT_THROW((websocket_connection{"ws://example.org", {.compression_window_bits = 8}}), std::invalid_argument);
  });
}

TEST(NetWebsocketServer, RefusesRequestsThatAreNoHandshake) {
  const std::string good =
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  const auto replaced = [&](std::string_view what, std::string_view by) {
    std::string text = good;
    text.replace(text.find(what), what.size(), by);
    return text;
  };
  struct refused {
    std::string head;
    std::string status;
  };
  const std::vector<refused> cases{
      {"GET / HTTP/1.1\r\nHost: a\r\n", "426"},
      {replaced("websocket", "h2c"), "426"},
      {replaced("GET", "POST"), "400"},
      {replaced("Version: 13", "Version: 8"), "426"},
      {replaced("Sec-WebSocket-Version: 13\r\n", ""), "400"},
      {replaced("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), "400"},
      {replaced("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"), "400"},
      {replaced("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBs!SBub25jZQ=="), "400"},
      {good + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "400"},
      {good + "Sec-WebSocket-Extensions: permessage-deflate;;\r\n", "400"},
      {good + "Origin: http://b\r\n", "403"},
      {good + "Origin: null\r\n", "403"},
  };
  with_http_server(echo_all, [&](weft::http::server& server) -> task<> {
    for (const refused& one : cases) {
      const std::string answer = co_await weft::testing::says(server, one.head + "Connection: close\r\n\r\n");
      EXPECT_EQ(answer.substr(9, 3), one.status) << one.head;
      EXPECT_EQ(answer.find("sec-websocket-version: 13") != std::string::npos, one.status == "426");
    }
    for (const std::string& head : {good, good + "Origin: http://a\r\n"}) {
      weft::tcp_stream stream = co_await weft::open_connection("127.0.0.1", server.port());
      co_await stream.write(head + "\r\n\x88\x80\x01\x02\x03\x04");
      const std::string answer = co_await stream.read_all();
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
      EXPECT_NE(answer.find("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos) << answer;
      EXPECT_TRUE(answer.ends_with(std::string_view{"\r\n\r\n\x88\x00", 6}));
    }
  });
}

TEST(NetWebsocketServer, TellsPeersToGoWhenItDrains) {
  with_http_server(echo_all, [](weft::http::server& server) -> task<> {
    co_await weft::with(websocket_connection{url_of(server)}, [&](websocket& ws) -> task<> {
      co_await ws.send("hello");
      const std::string back = co_await receive_text(ws);
      EXPECT_EQ(back, "hello");
      co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
        tg.create_task([&]() -> task<> {
          const bool drained = co_await server.drain(5s);
          EXPECT_TRUE(drained);
        });
        const std::string end = co_await receive_text(ws);
        EXPECT_EQ(end, "closed");
        EXPECT_EQ(ws.close_code(), websocket_code::going_away);
      });
    });
  });
}

TEST(NetWebsocketServer, ClosesWithACodeForHowTheHandlerEnded) {
  const auto handle = [](server_request& request) -> task<server_response> {
    const bool fails = request.path() == "/fails";
    co_return accept_websocket(request, [fails](websocket& ws) -> task<> {
      co_await ws.send("here");
      if (fails) throw std::runtime_error{"on purpose"};
    });
  };
  std::string reported;
  with_http_server(handle, [&](weft::http::server& server) -> task<> {
    weft::this_loop().set_exception_handler([&](const weft::exception_context& about) {
      try {
        if (about.exception) std::rethrow_exception(about.exception);
      } catch (const std::exception& e) {
        reported += e.what();
      }
    });
    for (const bool fails : {false, true}) {
      co_await weft::with(websocket_connection{url_of(server, fails ? "/fails" : "/")}, [&](websocket& ws) -> task<> {
        const std::string here = co_await receive_text(ws);
        EXPECT_EQ(here, "here");
        const std::string end = co_await receive_text(ws);
        EXPECT_EQ(end, "closed");
        EXPECT_EQ(ws.close_code(), fails ? websocket_code::internal_error : websocket_code::normal);
      });
    }
  });
  EXPECT_EQ(reported, "on purpose");
}

}  // namespace
