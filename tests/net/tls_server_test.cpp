#include <weft/net/tls_server.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#include "net/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weft::testing;

namespace {

weft::task<> echo_lines(weft::tls_stream s) {
  while (std::optional<std::string> line = co_await s.read_line()) co_await s.write(*line + "\n");
}

/// The options of a client that trusts the tests' authority.
weft::tls_options trusting() { return {.ca_file = world().ca_file.path()}; }

weft::task<std::string> ask(std::string host, std::uint16_t port, std::string text) {
  weft::tls_stream s = co_await weft::open_connection(host, port, trusting());
  co_await s.write(text + "\n");
  auto answer = co_await s.read_line();
  co_return answer.value_or("nothing");
}

TEST(TlsServer, ServesManyConnectionsAtATime) {
  run_sockets([]() -> weft::task<> {
    weft::tls_server served{"127.0.0.1", 0, world().server_context(), echo_lines};
    co_await weft::with(served, [](weft::tls_server& server) -> weft::task<> {
      std::vector<weft::task<std::string>> asks;
      for (int i = 0; i < 40; ++i) asks.push_back(ask("127.0.0.1", server.port(), std::to_string(i)));
      const std::vector<std::string> answers = co_await weft::gather(std::move(asks));
      for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i], std::to_string(i));
      EXPECT_EQ(server.completed_handshakes(), 40U);
      EXPECT_EQ(server.failed_handshakes(), 0U);
    });
  });
}

TEST(TlsServer, IsConnectedToByNameToo) {
  run_sockets([]() -> weft::task<> {
    weft::tls_server served{"localhost", 0, world().server_context(), echo_lines};
    co_await weft::with(served, [](weft::tls_server& server) -> weft::task<> {
      EXPECT_EQ(co_await ask("localhost", server.port(), "hello"), "hello");
      weft::tls_stream s = co_await weft::open_connection("localhost", server.port(), trusting());
      EXPECT_EQ(s.remote_address().port(), server.port());
      EXPECT_EQ(s.local_address().address(), s.remote_address().address());
      EXPECT_EQ(s.peer_name(),
                "localhost:" + std::to_string(server.port()) + " (" + s.remote_address().to_string() + ")");
      EXPECT_TRUE(s.peer_certificate().has_value());
    });
  });
}

TEST(TlsServer, AFailedHandshakeHarmsNobodyElseAndIsReported) {
  run_sockets([]() -> weft::task<> {
    std::vector<std::string> failures;
    weft::tls_server served{"127.0.0.1", 0, world().server_context(), echo_lines};
    served.on_failed_handshake(
        [&](const weft::endpoint&, const std::exception_ptr& e) { failures.push_back(weft::what(e)); });
    co_await weft::with(served, [&](weft::tls_server& server) -> weft::task<> {
      weft::tcp_stream plain = co_await weft::open_connection("127.0.0.1", server.port());
      co_await plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      EXPECT_EQ(co_await ask("127.0.0.1", server.port(), "hello"), "hello");
      while (failures.empty()) co_await weft::sleep(1ms);
      EXPECT_NE(failures[0].find("does not speak TLS"), std::string::npos) << failures[0];
      EXPECT_NE(failures[0].find("GET / HT"), std::string::npos) << failures[0];
      EXPECT_EQ(server.failed_handshakes(), 1U);
    });
  });
}

TEST(TlsServer, GivesUpClientsThatDoNotShakeHands) {
  run_sockets([]() -> weft::task<> {
    std::vector<std::string> failures;
    weft::tls_server served{"127.0.0.1", 0, world().server_context(), echo_lines, {.handshake_timeout = 20ms}};
    served.on_failed_handshake(
        [&](const weft::endpoint&, const std::exception_ptr& e) { failures.push_back(weft::what(e)); });
    co_await weft::with(served, [&](weft::tls_server& server) -> weft::task<> {
      weft::tcp_stream silent = co_await weft::open_connection("127.0.0.1", server.port());
      EXPECT_EQ(co_await silent.read_all(), "");
      while (server.connections() != 0) co_await weft::sleep(1ms);
      EXPECT_EQ(failures.size(), 1U);
      EXPECT_NE(failures.at(0).find("timed out"), std::string::npos) << failures[0];
    });
  });
}

TEST(TlsServer, RefusesToStartWithoutACertificate) {
  run_sockets([]() -> weft::task<> {
    weft::tls_server served{"127.0.0.1", 0, weft::tls_context::server(), echo_lines};
    bool began = false;
    const auto seen = co_await tls_failure_of(weft::with(served, [&](weft::tls_server&) -> weft::task<> {
      began = true;
      co_return;
    }));
    EXPECT_FALSE(began);
    EXPECT_EQ(seen.reason, weft::tls_errc::configuration);
  });
}

TEST(TlsServer, IsTrustedIfTheEnvironmentNamesItsAuthority) {
  run_sockets([]() -> weft::task<> {
    weft::tls_server served{"127.0.0.1", 0, world().server_context(), echo_lines};
    co_await weft::with(served, [](weft::tls_server& server) -> weft::task<> {
      auto connect = [&]() -> weft::task<> {
        co_await weft::open_connection("127.0.0.1", server.port(), weft::tls_options{});
      };
      ::setenv("SSL_CERT_FILE", world().ca_file.path().c_str(), 1);
      const tls_failure_seen trusted = co_await tls_failure_of(connect());
      ::unsetenv("SSL_CERT_FILE");
      const tls_failure_seen unknown = co_await tls_failure_of(connect());
      EXPECT_EQ(trusted.reason, std::nullopt) << trusted.text;
      EXPECT_EQ(unknown.reason, weft::tls_errc::unknown_ca);
    });
  });
}

TEST(TlsServer, SharesItsContextWithOtherThreads) {
  const weft::tls_context server_context = world().server_context();
  const weft::tls_context client_context = world().client_context();
  weft::run_workers(3,
                    [&](weft::worker& own) -> weft::task<> {
                      weft::tls_context context = server_context;
                      weft::tls_server served{"127.0.0.1", 0, context, echo_lines};
                      co_await weft::with(served, [&](weft::tls_server& server) -> weft::task<> {
                        for (int i = 0; i < 10; ++i) {
                          if (i % 3 == 0) context.reload();
                          weft::tls_stream s = co_await weft::open_connection(
                              "127.0.0.1", server.port(), weft::tls_options{.context = &client_context});
                          const std::string text = std::to_string(own.index());
                          co_await s.write(text + "\n");
                          const auto answer = co_await s.read_line();
                          EXPECT_EQ(answer, text);
                        }
                      });
                    },
                    {.run = {.handle_signals = false}});
}

TEST(TlsServer, ClientsGiveUpServersThatDoNotShakeHands) {
  run_sockets([]() -> weft::task<> {
    auto nothing = [](weft::tcp_stream s) -> weft::task<> { co_await s.read_all(); };
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, nothing}, [](weft::tcp_server& server) -> weft::task<> {
      std::string text;
      try {
        co_await weft::open_connection("127.0.0.1", server.port(), weft::tls_options{.handshake_timeout = 20ms});
      } catch (const weft::timeout_error& e) {
        text = e.what();
      }
      EXPECT_EQ(text, "TLS handshake with 127.0.0.1:" + std::to_string(server.port()) + ": timed out");
      try {
        co_await weft::open_connection("127.0.0.1", server.port(), weft::tls_options{.connect = {.timeout = 20ms}});
      } catch (const weft::timeout_error& e) {
        text = e.what();
      }
      EXPECT_EQ(text, "connect to 127.0.0.1:" + std::to_string(server.port()) + " with TLS: timed out");
    });
  });
}

}  // namespace
