// Connections that are cut, slow, full, stopped or not TLS at all.

#include <string>
#include <vector>

#include "net/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weft::testing;

namespace {

/// What came of one side of an exchange.
struct outcome {
  std::string got;
  bool ended = false;  // in good order
  std::optional<weft::tls_errc> reason;
  std::error_code code;
};

weft::task<> read_to_end(weft::tls_stream& s, outcome& seen) {
  for (;;) {
    const std::string part = co_await s.read_some();
    if (part.empty()) break;
    seen.got += part;
  }
  seen.ended = true;
}

template <class A>
weft::task<> note_failure(A work, outcome& seen) {
  try {
    co_await std::move(work);
  } catch (const weft::tls_error& e) {
    seen.reason = e.reason();
    seen.code = e.code();
  } catch (const std::system_error& e) {
    seen.code = e.code();
  }
}

/// One side speaks, the other one listens; the line is cut after the speaker has sent `bytes`.
outcome listen_on_a_line_that_is_cut(std::size_t bytes, bool listener_is_client, cut how) {
  outcome seen;
  weft::testing::run([&]() -> weft::task<> {
    stream_pair line;
    line.peer.cut_after_sending(bytes, how);
    const weft::tls_context client = world().client_context();
    const weft::tls_options options{.context = &client};
    auto start = [&](weft::byte_stream s, bool as_client) {
      return as_client ? weft::start_tls(std::move(s), "localhost", options)
                       : weft::start_tls(std::move(s), world().server_context());
    };
    outcome speaker;
    co_await weft::gather(
        [&]() -> weft::task<> {
          co_await note_failure(
              [&]() -> weft::task<> {
                weft::tls_stream s = co_await start(std::move(line.stream), listener_is_client);
                co_await read_to_end(s, seen);
              }(),
              seen);
        },
        [&]() -> weft::task<> {
          co_await note_failure(
              [&]() -> weft::task<> {
                weft::tls_stream s = co_await start(std::move(line.peer), !listener_is_client);
                co_await s.write("the first message");
                co_await s.write("and the second");
              }(),
              speaker);
        });
  });
  return seen;
}

void cut_at_every_byte(bool listener_is_client) {
  const std::string all = "the first messageand the second";
  // In the handshake only here and there: each of these runs is one. Signatures have not always the same length.
  std::size_t bytes = 0;
  bool has_begun = false;
  for (;; bytes += has_begun ? 1 : 41) {
    const outcome seen = listen_on_a_line_that_is_cut(bytes, listener_is_client, cut::end);
    EXPECT_TRUE(all.starts_with(seen.got)) << seen.got;
    has_begun = has_begun || !seen.got.empty();
    if (seen.ended) {
      EXPECT_EQ(seen.got, all);
      break;
    }
    EXPECT_EQ(seen.reason, weft::tls_errc::truncated) << "after " << bytes << " bytes";
    if (::testing::Test::HasFailure() || bytes > 10'000) break;
  }
  EXPECT_GT(bytes, 200U);
}

TEST(TlsTrouble, ACutIsNeverAnEndForAClient) { cut_at_every_byte(true); }
TEST(TlsTrouble, ACutIsNeverAnEndForAServer) { cut_at_every_byte(false); }

TEST(TlsTrouble, AResetIsOne) {
  for (const std::size_t bytes : {0U, 100U, 700U}) {
    const outcome seen = listen_on_a_line_that_is_cut(bytes, true, cut::reset);
    EXPECT_EQ(seen.code, std::errc::connection_reset);
    EXPECT_FALSE(seen.ended);
  }
}

TEST(TlsTrouble, CopesWithOneByteAtATime) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    line.peer.split({1}, 1ms);
    tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                         world().server_context());
    co_await both.server.write("slowly\n");
    const auto slowly = co_await both.client.read_line();
    EXPECT_EQ(slowly, "slowly");
    both.server.close();
    EXPECT_EQ(co_await both.client.read_all(), "");
  });
}

TEST(TlsTrouble, AKernelThatTakesOneByteAtATimeIsNoTroubleEither) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    line.peer.set_room(1);
    tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                         world().server_context());
    co_await weft::gather(both.server.write(std::string{"drop by drop\n"}), [&]() -> weft::task<> {
      const auto drops = co_await both.client.read_line();
      EXPECT_EQ(drops, "drop by drop");
    });
    // The end has no room at once either, and must not depend on anybody who reads or writes.
    both.server.shutdown_write();
    EXPECT_EQ(co_await both.client.read_all(), "");
    both.client.shutdown_write();
    EXPECT_EQ(co_await both.server.read_all(), "");
  });
}

TEST(TlsTrouble, StopsLoseNothingThatWasRead) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    line.peer.split({1}, 1ms);
    tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                         world().server_context());
    std::string sent;
    for (int i = 0; i < 5; ++i) sent += "line " + std::to_string(i) + "\n";
    const std::string_view text = sent;
    while (!sent.empty()) {
      co_await both.server.write(sent.substr(0, 7));
      sent.erase(0, 7);
    }
    both.server.close();
    std::string got;
    int stops = 0;
    for (;;) {
      const std::optional<std::string> part = co_await weft::move_on_after(3ms, both.client.read_some(4));
      if (!part) {
        ++stops;
      } else if (part->empty()) {
        break;
      } else {
        got += *part;
      }
    }
    EXPECT_GT(stops, 10);
    EXPECT_EQ(got, "line 0\nline 1\nline 2\nline 3\nline 4\n") << text;
  });
}

TEST(TlsTrouble, AStoppedWriteDoesNotLookLikeAnEnd) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                         world().server_context());
    const bool written = co_await weft::move_on_after(1ms, both.client.write(std::string(1'000'000, 'x')));
    EXPECT_FALSE(written);
    const thrown again = co_await failure_of(both.client.write(std::string{"more"}));
    EXPECT_EQ(again.code, std::errc::broken_pipe);
    EXPECT_NE(again.text.find("an earlier write was stopped"), std::string::npos) << again.text;
    both.client.close();
    const tls_failure_seen seen = co_await tls_failure_of(both.server.read_all());
    EXPECT_EQ(seen.reason, weft::tls_errc::truncated);
    EXPECT_NE(seen.text.find("close_notify"), std::string::npos) << seen.text;
  });
}

TEST(TlsTrouble, AServerThatSpeaksSomethingElseIsToldFromTls) {
  for (const auto& [greeting, hint] : std::vector<std::pair<std::string, std::string>>{
           {"HTTP/1.1 400 Bad Request\r\n\r\n", "this port is for plain HTTP"},
           {"220 mail.example ESMTP\r\n", "see start_tls"},
           {"SSH-2.0-OpenSSH_9.2\r\n", "begins with \"SSH-2.0-\""},
           {std::string(100, '\0'), "does not speak TLS"}}) {
    weft::testing::run([&]() -> weft::task<> {
      stream_pair line;
      co_await line.peer.write(std::string{greeting});
      const auto seen = co_await tls_failure_of(weft::start_tls(std::move(line.stream), "localhost"));
      EXPECT_EQ(seen.reason, weft::tls_errc::not_tls);
      EXPECT_NE(seen.text.find(hint), std::string::npos) << seen.text;
    });
  }
}

TEST(TlsTrouble, BrokenRecordsAreRefused) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    co_await line.peer.write(std::string{"\x16\x03\x03\x00\x05garbage", 12});
    const auto seen = co_await tls_failure_of(weft::start_tls(std::move(line.stream), "localhost"));
    EXPECT_EQ(seen.reason, weft::tls_errc::protocol) << seen.text;
    EXPECT_NE(seen.text.find('['), std::string::npos) << seen.text;
  });
  // A record in the middle that nobody has encrypted.
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    weft::byte_stream below;
    stream_pair forged;
    const weft::tls_context client = world().client_context();
    const weft::tls_options options{.context = &client};
    weft::tls_stream victim;
    weft::tls_stream server;
    // What passes between the two goes through this test's hands.
    auto relay = [](weft::byte_stream& from, weft::byte_stream& to) -> weft::task<> {
      for (;;) {
        const std::string part = co_await from.read_some();
        if (part.empty()) co_return;
        co_await to.write(part);
      }
    };
    co_await weft::with(weft::task_group{}, [&](weft::task_group& relays) -> weft::task<> {
      relays.create_task(relay(line.peer, forged.peer));
      relays.create_task(relay(forged.peer, line.peer));
      co_await weft::gather(
          [&]() -> weft::task<> { victim = co_await weft::start_tls(std::move(line.stream), "localhost", options); },
          [&]() -> weft::task<> {
            server = co_await weft::start_tls(std::move(forged.stream), world().server_context());
          });
      co_await weft::sleep(10ms);
      relays.cancel();
    });
    co_await line.peer.write(std::string{"\x17\x03\x03\x00\x20", 5} + std::string(32, 'x'));
    tls_failure_seen seen = co_await tls_failure_of(victim.read_all());
    EXPECT_EQ(seen.reason, weft::tls_errc::protocol) << seen.text;
    seen = co_await tls_failure_of(victim.read_all());  // again
    EXPECT_EQ(seen.reason, weft::tls_errc::protocol);
    seen = co_await tls_failure_of(victim.write(std::string{"x"}));
    EXPECT_EQ(seen.reason, weft::tls_errc::protocol);
  });
}

// ---- much, and both ways at once ------------------------------------------------------------------------------------

std::string pattern(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    seed = seed * 1664525 + 1013904223;
    text[i] = static_cast<char>(seed >> 24);
  }
  return text;
}

weft::task<> send_all(weft::tls_stream& s, const std::string& text, bool renew_keys) {
  constexpr std::size_t part = 1'000'003;
  for (std::size_t at = 0; at < text.size(); at += part) {
    co_await s.write(std::string_view{text}.substr(at, part));
    if (renew_keys) s.renew_keys();
  }
  s.shutdown_write();
}

weft::task<> receive_all(weft::tls_stream& s, const std::string& text) {
  const std::string got = co_await s.read_all();
  EXPECT_EQ(got.size(), text.size());
  EXPECT_TRUE(got == text);
}

weft::task<> send_much_both_ways(tls_pair& both, std::size_t size) {
  const std::string to_server = pattern(size, 1);
  const std::string to_client = pattern(size, 2);
  const bool renew_keys = both.client.version() == weft::tls_version::tls1_3;
  co_await weft::gather(send_all(both.client, to_server, renew_keys), receive_all(both.server, to_server),
                        send_all(both.server, to_client, renew_keys), receive_all(both.client, to_client));
}

TEST(TlsTrouble, MuchGoesBothWaysAtOnceWhileKeysAreRenewed) {
  for (const weft::tls_version version : {weft::tls_version::tls1_2, weft::tls_version::tls1_3}) {
    run_sockets([&]() -> weft::task<> {
      tls_pair both;
      weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
      weft::tcp_stream client = co_await weft::open_connection("127.0.0.1", listener.local_address().port());
      weft::tcp_stream server = co_await listener.accept();
      both = co_await connect_tls(std::move(client), std::move(server), world().client_context().max_version(version),
                                  world().server_context());
      co_await send_much_both_ways(both, std::size_t{16} << 20);
    });
  }
}

TEST(TlsTrouble, MuchGoesBothWaysThroughTlsInTls) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    line.peer.set_room(10'000);
    tls_pair outer = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                          world().server_context());
    tls_pair inner = co_await connect_tls(std::move(outer.client), std::move(outer.server), world().client_context(),
                                          world().server_context());
    co_await send_much_both_ways(inner, std::size_t{1} << 20);
  });
}

TEST(TlsTrouble, SmallPiecesOfOneWriteShareRecords) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                         world().server_context());
    std::vector<std::string> texts;
    std::string all;
    for (std::size_t i = 0; i < 40; ++i) {
      texts.push_back(pattern(i % 7 == 3 ? 40'000 : i * 37, static_cast<unsigned>(i)));
      all += texts.back();
    }
    const std::vector<std::string_view> parts{texts.begin(), texts.end()};
    co_await weft::gather(
        [&]() -> weft::task<> {
          co_await both.client.write(parts);
          both.client.shutdown_write();
        },
        [&]() -> weft::task<> {
          const std::string got = co_await both.server.read_all();
          EXPECT_TRUE(got == all);
        });
  });
}

TEST(TlsTrouble, ACloseWaitsForNobodyAndStillSaysGoodbye) {
  run_sockets([]() -> weft::task<> {
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    for (std::size_t size = 10'000; size < 300'000; size += 7'777) {
      weft::tcp_stream client = co_await weft::open_connection("127.0.0.1", listener.local_address().port());
      weft::tcp_stream server = co_await listener.accept();
      server.set_send_buffer(10'000);
      tls_pair both = co_await connect_tls(std::move(client), std::move(server), world().client_context(),
                                           world().server_context());
      const std::string text = pattern(size, 1);
      co_await weft::gather(
          [&]() -> weft::task<> {
            co_await both.server.write(text);
            if (size % 2 == 0) both.server.shutdown_write();
            both.server.close();  // there may be no room for the goodbye
          },
          [&]() -> weft::task<> {
            co_await weft::sleep(2ms);
            const std::string got = co_await both.client.read_all();
            EXPECT_TRUE(got == text) << size;
          });
    }
  });
}

TEST(TlsTrouble, APeerThatOnlyAsksForNewKeysDoesNotKeepTheLoop) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                         world().server_context());
    for (int i = 0; i < 10; ++i) both.client.renew_keys();
    co_await both.client.write("that is fine\n");
    const auto fine = co_await both.server.read_line();
    EXPECT_EQ(fine, "that is fine");

    for (int i = 0; i < 1000; ++i) both.client.renew_keys();
    const tls_failure_seen seen = co_await tls_failure_of(both.server.read_all());
    EXPECT_EQ(seen.reason, weft::tls_errc::protocol);
    EXPECT_NE(seen.text.find("nothing but messages of TLS itself"), std::string::npos) << seen.text;
  });
}

// ---- start_tls ------------------------------------------------------------------------------------------------------

TEST(TlsTrouble, WhatWasReadAheadBeforeStartTlsIsTakenForTls) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    const weft::tls_context client = world().client_context();
    const weft::tls_options options{.context = &client};
    co_await weft::gather(
        [&]() -> weft::task<> {
          co_await line.stream.write("PROXY\n");  // the handshake begins in the same breath
          weft::tls_stream s = co_await weft::start_tls(std::move(line.stream), "localhost", options);
          co_await s.write("hello\n");
          co_await s.read_all();
        },
        [&]() -> weft::task<> {
          co_await weft::sleep(5ms);
          const auto proxy = co_await line.peer.read_line();
          EXPECT_EQ(proxy, "PROXY");
          co_await line.peer.fill();
          EXPECT_GT(line.peer.buffered().size(), 100U);
          weft::tls_stream s = co_await weft::start_tls(std::move(line.peer), world().server_context());
          const auto hello = co_await s.read_line();
          EXPECT_EQ(hello, "hello");
        });
  });
  // Somebody in between adds a command of his own to the plain part: it must not count as encrypted.
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    co_await line.peer.write(std::string{"220 ready\r\n250 injected\r\n"});
    const auto ready = co_await line.stream.read_line();
    EXPECT_EQ(ready, "220 ready");
    const auto seen = co_await tls_failure_of(weft::start_tls(std::move(line.stream), "localhost"));
    EXPECT_EQ(seen.reason, weft::tls_errc::not_tls);
  });
}

// ---- stops ----------------------------------------------------------------------------------------------------------

TEST(TlsTrouble, StopsLeaveNothingBehindWhereverTheyCome) {
  const stop_counts counts = for_each_stop([]() -> weft::task<> {
    stream_pair line;
    line.peer.set_room(700);
    tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                         world().server_context());
    const std::string text = pattern(3000, 1);
    co_await weft::gather(
        [&]() -> weft::task<> {
          co_await both.client.write(text);
          both.client.shutdown_write();
          co_await both.client.read_all();
        },
        [&]() -> weft::task<> {
          const std::string got = co_await both.server.read_all();
          EXPECT_TRUE(got == text);
          co_await both.server.write(text);
          both.server.close();
        });
  });
  EXPECT_GT(counts.stopped, 20U);
  EXPECT_EQ(counts.failed, 0U);
}

}  // namespace
