// Pages in Chromium, without a window, that talk to the server which they came from.

#include <gtest/gtest.h>

#include <string>
#include <support/at_end.hpp>
#include <support/browser.hpp>
#include <weft/http.hpp>

#include "net/sockets.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::server;
using weft::http::server_request;
using weft::http::server_response;
using weft::testing::browser;
using weft::testing::with_browser;

/// Runs `body(page, server)` with a page of a server whose other paths `handle` answers.
template <class F, class Body>
void with_page(F handle, Body body) {
  weft::testing::run_sockets([&]() -> task<> {
    const auto answer = [&](server_request& request) -> task<server_response> {
      if (request.path() == "/") co_return server_response::html("<!doctype html><title>page</title>");
      if (request.path() == "/favicon.ico") co_return server_response{404};
      co_return co_await handle(request);
    };
    co_await weft::with(server{std::ref(answer)}, [&](server& s) -> task<> {
      co_await with_browser([&](browser& chromium) -> task<> {
        browser::page page = co_await chromium.open(s.url() + "/");
        co_await body(page, s);
        EXPECT_EQ(page.requests_beyond(s.url()), "");
      });
    });
  });
}

// Sends messages of all kinds and sizes, and closes once they have come back.
constexpr const char* talk = R"((async () => {
  const text = Array.from({length: 9000}, (_, i) => `word ${i * i}`).join(" ");
  const noise = new Uint8Array(200000);
  for (let i = 0; i < noise.length; i += 50000) crypto.getRandomValues(noise.subarray(i, i + 50000));
  const messages = ["schön", text, new Uint8Array(70000).fill(7), "", new Uint8Array(0), text, noise, "x".repeat(1000000)];
  const same = (came, sent) => typeof sent === "string" ? came === sent
      : came.byteLength === sent.length && new Uint8Array(came).every((each, i) => each === sent[i]);
  const talk = (way) => new Promise((resolve) => {
    const heard = [];
    const socket = new WebSocket(`ws://${location.host}/echo/${way}`, ["other", "chat"]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => messages.forEach((each) => socket.send(each));
    socket.onmessage = ({data}) => {
      heard.push(same(data, messages[heard.length]));
      if (heard.length === messages.length) socket.close(4001, "enough, schön");
    };
    socket.onclose = ({code, reason, wasClean}) => {
      const extension = socket.extensions.split(";")[0];
      resolve([heard.every((each) => each) && heard.length, socket.protocol, extension, code, reason, wasClean].join("|"));
    };
  });
  const all = [];
  for (const way of ["15", "15-", "9", "9-", "0"]) all.push(await talk(way));
  return all;
})())";

TEST(NetHttpServerBrowser, HearsItsWebSocketMessagesAgainHoweverTheyAreCompressed) {
  const auto echo = [](weft::http::websocket& ws) -> task<> {
    while (const auto message = co_await ws.receive()) co_await ws.send(*message);
    EXPECT_EQ(ws.close_code(), weft::http::websocket_code{4001});
    EXPECT_EQ(ws.close_reason(), "enough, schön");
  };
  const auto handle = [&](server_request& request) -> task<server_response> {
    // "/echo/9-": with windows of 2^9 bytes, and without what was in earlier messages
    const int window = std::stoi(std::string{request.path().substr(6)});
    const weft::http::websocket_options options{.compression = window != 0,
                                                .keep_compression_context = !request.path().ends_with('-'),
                                                .compression_window_bits = window != 0 ? window : 15,
                                                .subprotocols = "chat"};
    co_return weft::http::accept_websocket(request, echo, options);
  };
  with_page(handle, [](browser::page& page, server&) -> task<> {
    const std::string compressed = "8|chat|permessage-deflate|4001||true";
    const std::vector<std::string> expected{compressed, compressed, compressed, compressed, "8|chat||4001||true"};
    EXPECT_EQ(weft::from_json<std::vector<std::string>>(co_await page.evaluate(talk)), expected);
    EXPECT_EQ(page.complaints(), "");
  });
}

// How a WebSocket ends that the server ends in different ways.
constexpr const char* endings = R"((async () => {
  const all = [];
  for (const how of ["bad", "failed", "large", "over", "refused"]) {
    all.push(await new Promise((resolve) => {
      const socket = new WebSocket(`ws://${location.host}/${how}`);
      if (how === "large") socket.onopen = () => socket.send("x".repeat(1001));
      socket.onclose = ({code, reason, wasClean}) => resolve([how, code, reason, wasClean].join("|"));
    }));
  }
  return all;
})())";

TEST(NetHttpServerBrowser, HearsWhyAWebSocketIsClosed) {
  const auto handle = [&](server_request& request) -> task<server_response> {
    const std::string how{request.path()};
    if (how == "/refused") co_return server_response{403};
    const auto end = [how](weft::http::websocket& ws) -> task<> {
      if (how == "/bad") co_await ws.close(weft::http::websocket_code{4444}, "schön");
      if (how == "/failed") throw std::runtime_error{"nobody's business"};
      if (how == "/large") {
        const auto message = co_await ws.receive();
        ADD_FAILURE() << "received " << message->bytes().size();
      }
    };
    co_return weft::http::accept_websocket(request, end, {.max_message = 1000});
  };
  with_page(handle, [](browser::page& page, server&) -> task<> {
    const std::vector<std::string> expected{"bad|4444|schön|true", "failed|1011||true",
                                            "large|1009|a message of more than 1000 bytes|true", "over|1000||true",
                                            "refused|1006||false"};
    EXPECT_EQ(weft::from_json<std::vector<std::string>>(co_await page.evaluate(endings)), expected);
  });
}

constexpr const char* use = R"((async () => {
  const text = async (...what) => (await fetch(...what)).text();
  const numbers = Array.from({length: 200}, (_, i) => `/number?${i}`);
  const answers = await Promise.all(numbers.map((each) => text(each)));
  const body = new Blob(["abc", new Uint8Array(1000000)]);
  const bodies = await Promise.all([1, 2, 3, 4].map(() => text("/body", {method: "POST", body})));
  const stream = await text("/stream");
  const abort = new AbortController();
  const endless = text("/endless", {signal: abort.signal}).catch((error) => error.name);
  await text("/runs");
  abort.abort();
  const stopped = await text("/stopped");
  return [answers.every((each, i) => each === numbers[i]), ...bodies, stream.length, await endless, stopped].join(" ");
})())";

TEST(NetHttpServerBrowser, IsServedOverAFewConnectionsThatAreKept) {
  int requests = 0;
  weft::event stream_runs;
  weft::event stream_stopped;
  const auto handle = [&](server_request& request) -> task<server_response> {
    ++requests;
    if (request.path() == "/body") {
      const std::string body = co_await request.text();
      co_return server_response::text(std::to_string(body.size()) + body.substr(0, 3));
    }
    if (request.path() == "/stream") {
      co_return server_response::stream([](weft::http::response_writer& to) -> task<> {
        for (int i = 0; i < 50; ++i) {
          co_await to.write(std::string(1000, 'a'));
          co_await weft::checkpoint();
        }
      });
    }
    if (request.path() == "/endless") {
      co_return server_response::stream([&](weft::http::response_writer& to) -> task<> {
        const weft::testing::at_end say{[&] { stream_stopped.set(); }};
        for (;;) {
          co_await to.write("and so on, ");
          stream_runs.set();
          co_await weft::sleep(1ms);
        }
      });
    }
    if (request.path() == "/runs") co_await stream_runs.wait();
    if (request.path() == "/stopped") co_await stream_stopped.wait();
    co_return server_response::text(std::string{request.target()});
  };
  with_page(handle, [&](browser::page& page, server& s) -> task<> {
    EXPECT_EQ(weft::from_json<std::string>(co_await page.evaluate(use)),
              "true 1000003abc 1000003abc 1000003abc 1000003abc 50000 AbortError /stopped");
    EXPECT_EQ(requests, 208);
    EXPECT_LE(s.connections(), 6U);  // as many as a browser opens
  });
}

}  // namespace
