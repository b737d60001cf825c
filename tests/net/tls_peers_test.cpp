// Other people's TLS: OpenSSL's own programs and Python's ssl module.

#include <algorithm>
#include <string>
#include <support/child_program.hpp>
#include <vector>

#include "net/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weft::testing;

namespace {

const temporary_text& server_file() {
  static const temporary_text file{world().server.both()};
  return file;
}
const temporary_text& client_file() {
  static const temporary_text file{world().client.both()};
  return file;
}

using arguments = std::vector<std::string>;

/// `openssl s_server`, which sends each line back reversed.
arguments openssl_server(const arguments& more = {}) {
  arguments all{"openssl", "s_server", "-accept", "127.0.0.1:0", "-rev", "-cert", server_file().path()};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

arguments openssl_client(std::uint16_t port, const arguments& more = {}) {
  arguments all{"openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + std::to_string(port),
                "-CAfile",
                world().ca_file.path(),
                "-verify_return_error",
                "-servername",
                "localhost"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// A server that runs one of these for each connection, over `connection`.
arguments python_server(const std::string& handler, const std::string& settings = {}) {
  const std::string program = R"(
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
authority = sys.argv[2]
)" + settings + R"(
listener = socket.create_server(("127.0.0.1", 0))
print("port:%d" % listener.getsockname()[1], flush=True)
while True:
    plain, _ = listener.accept()
    try:
        connection = context.wrap_socket(plain, server_side=True)
)" + handler + R"(
    except Exception as e:
        print("failed:", e, flush=True)
    plain.close()
)";
  return {"python3", "-c", program, server_file().path(), world().ca_file.path()};
}

weft::tls_options trusting() { return {.ca_file = world().ca_file.path()}; }

weft::task<> echo_lines(weft::tls_stream s) {
  while (std::optional<std::string> line = co_await s.read_line()) co_await s.write(*line + "\n");
}

/// Runs `body` beside a server of ours that sends lines back.
template <class F>
void beside_a_server(weft::tls_context context, F body) {
  run_sockets([&]() -> weft::task<> {
    weft::tls_server served{"127.0.0.1", 0, context, echo_lines};
    co_await weft::with(served, [&](weft::tls_server& server) -> weft::task<> { co_await body(server); });
  });
}

weft::task<std::string> reversed(std::uint16_t port, weft::tls_options options, std::string text) {
  weft::tls_stream s = co_await weft::open_connection("localhost", port, options);
  co_await s.write(text + "\n");
  auto answer = co_await s.read_line();
  co_return answer.value_or("nothing");
}

// ---- our client, OpenSSL's server -----------------------------------------------------------------------------------

TEST(TlsPeers, OpensslServesOurClient) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    run_sockets([&]() -> weft::task<> {
      child_program server{openssl_server({version, "-alpn", "x,http/1.1"})};
      const std::uint16_t port = port_in(co_await server.says("ACCEPT"));
      weft::tls_options options = trusting();
      options.alpn = "http/1.1";
      weft::tls_stream s = co_await weft::open_connection("localhost", port, options);
      EXPECT_EQ(s.version(), version == "-tls1_2" ? weft::tls_version::tls1_2 : weft::tls_version::tls1_3);
      EXPECT_EQ(s.alpn_protocol(), "http/1.1");
      co_await s.write("hello\n");
      const auto answer = co_await s.read_line();
      EXPECT_EQ(answer, "olleh");
    });
  }
}

TEST(TlsPeers, OpensslLetsOurClientResume) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    run_sockets([&]() -> weft::task<> {
      child_program server{openssl_server({version})};
      const std::uint16_t port = port_in(co_await server.says("ACCEPT"));
      const weft::tls_context client = world().client_context();
      const weft::tls_options options{.context = &client};
      for (const bool again : {false, true, true}) {
        weft::tls_stream s = co_await weft::open_connection("localhost", port, options);
        EXPECT_EQ(s.resumed(), again);
        co_await s.write("hello\n");
        co_await s.read_line();
      }
    });
  }
}

TEST(TlsPeers, OpensslAsksOurClientForItsCertificate) {
  run_sockets([]() -> weft::task<> {
    child_program server{openssl_server({"-Verify", "1", "-verify_return_error", "-CAfile", world().ca_file.path()})};
    const std::uint16_t port = port_in(co_await server.says("ACCEPT"));
    weft::tls_options options = trusting();
    const auto seen = co_await tls_failure_of(reversed(port, options, "hello"));
    EXPECT_EQ(seen.reason, weft::tls_errc::certificate_required) << seen.text;
    options.certificate_file = client_file().path();
    EXPECT_EQ(co_await reversed(port, options, "hello"), "olleh");
  });
}

TEST(TlsPeers, OldVersionsAreRefused) {
  run_sockets([]() -> weft::task<> {
    child_program server{openssl_server({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"})};
    const std::uint16_t port = port_in(co_await server.says("ACCEPT"));
    const auto seen = co_await tls_failure_of(reversed(port, trusting(), "hello"));
    EXPECT_EQ(seen.reason, weft::tls_errc::no_common_version) << seen.text;
  });
  beside_a_server(world().server_context(), [](weft::tls_server& server) -> weft::task<> {
    std::string text;
    server.on_failed_handshake([&](const weft::endpoint&, const std::exception_ptr& e) { text = weft::what(e); });
    child_program client{openssl_client(server.port(), {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"})};
    const int status = co_await client.ended();
    EXPECT_NE(status, 0);
    while (text.empty()) co_await weft::sleep(1ms);
    EXPECT_NE(text.find("no version of TLS in common"), std::string::npos) << text;
  });
}

// ---- our server, OpenSSL's client -----------------------------------------------------------------------------------

TEST(TlsPeers, OurServerServesOpenssl) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    beside_a_server(world().server_context().alpn("http/1.1"), [&](weft::tls_server& server) -> weft::task<> {
      child_program client{openssl_client(server.port(), {version, "-alpn", "h2,http/1.1", "-brief"})};
      client.say("hello\n");
      co_await client.says("hello");
      client.end_input();
      const int status = co_await client.ended();
      EXPECT_EQ(status, 0) << client.output();
      EXPECT_NE(client.output().find("Verification: OK"), std::string::npos) << client.output();
      EXPECT_EQ(server.failed_handshakes(), 0U);
    });
  }
}

TEST(TlsPeers, OurServerLetsOpensslResume) {
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    beside_a_server(world().server_context(), [&](weft::tls_server& server) -> weft::task<> {
      const temporary_text session{""};
      for (const std::string use : {"-sess_out", "-sess_in"}) {
        child_program client{openssl_client(server.port(), {version, use, session.path()})};
        client.say("hello\n");
        co_await client.says("hello");
        client.end_input();
        co_await client.ended();
        EXPECT_NE(client.output().find(use == "-sess_in" ? "Reused, " : "New, "), std::string::npos) << client.output();
      }
    });
  }
}

TEST(TlsPeers, OurServerRenewsKeysWithOpensslAndRenegotiatesNothing) {
  beside_a_server(world().server_context(), [](weft::tls_server& server) -> weft::task<> {
    child_program client{openssl_client(server.port(), {"-tls1_3"})};
    client.say("hello\n");
    co_await client.says("hello");
    client.say("K\n");  // asks for new keys
    co_await client.says("KEYUPDATE");
    client.say("still here\n");
    co_await client.says("still here");
  });
  beside_a_server(world().server_context(), [](weft::tls_server& server) -> weft::task<> {
    std::string failure;
    weft::this_loop().set_exception_handler(
        [&](const weft::exception_context& c) { failure = weft::what(c.exception); });
    child_program client{openssl_client(server.port(), {"-tls1_2"})};
    client.say("hello\n");
    co_await client.says("hello");
    client.say("R\n");
    co_await client.says("RENEGOTIATING");
    const int status = co_await client.ended();
    EXPECT_NE(status, 0);
    EXPECT_NE(client.output().find("no renegotiation"), std::string::npos) << client.output();
    while (server.connections() != 0) co_await weft::sleep(1ms);
    EXPECT_NE(failure.find("the peer has ended the connection"), std::string::npos) << failure;
  });
}

// ---- Python ---------------------------------------------------------------------------------------------------------

TEST(TlsPeers, PythonServesOurClient) {
  run_sockets([]() -> weft::task<> {
    child_program server{python_server(R"(
        data = connection.recv(100)
        connection.sendall(data.upper())
        connection.unwrap()
)")};
    const std::uint16_t port = port_in(co_await server.says("port"));
    weft::tls_stream s = co_await weft::open_connection("localhost", port, trusting());
    co_await s.write("hello\n");
    const auto answer = co_await s.read_line();
    EXPECT_EQ(answer, "HELLO");
    s.shutdown_write();
    EXPECT_EQ(co_await s.read_all(), "");
  });
}

TEST(TlsPeers, APythonThatDoesNotSayGoodbyeHasCutTheConnection) {
  run_sockets([]() -> weft::task<> {
    child_program server{python_server(R"(
        connection.sendall(b"half a mess")
        connection.shutdown(socket.SHUT_RDWR)
)")};
    const std::uint16_t port = port_in(co_await server.says("port"));
    weft::tls_stream s = co_await weft::open_connection("localhost", port, trusting());
    const auto seen = co_await tls_failure_of(s.read_all());
    EXPECT_EQ(seen.reason, weft::tls_errc::truncated);
  });
}

TEST(TlsPeers, PythonHearsOurGoodbye) {
  run_sockets([]() -> weft::task<> {
    child_program server{python_server(R"(
        data = b""
        while True:
            part = connection.recv(100000)
            if not part:
                break
            data += part
        print("got:%d, then the end" % len(data), flush=True)
)")};
    const std::uint16_t port = port_in(co_await server.says("port"));
    for (int i = 0; i < 10; ++i) {  // we do not read, so the tickets are unread when we close
      weft::tls_stream s = co_await weft::open_connection("localhost", port, trusting());
      co_await s.write(std::string(500'000, 'x'));
      s.close();
      auto lines = [&] {
        const std::string all = server.output();
        return std::count(all.begin(), all.end(), '\n');
      };
      while (lines() < i + 2) co_await weft::sleep(1ms);
    }
    std::string expected = server.output().substr(0, server.output().find('\n') + 1);
    for (int i = 0; i < 10; ++i) expected += "got:500000, then the end\n";
    EXPECT_EQ(server.output(), expected);
  });
}

TEST(TlsPeers, OurServerServesPython) {
  beside_a_server(world().server_context(), [](weft::tls_server& server) -> weft::task<> {
    child_program client{{"python3", "-c", R"(
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as plain:
    with context.wrap_socket(plain, server_hostname="localhost") as s:
        for size in (1, 100, 16384, 16385, 65000):
            text = b"x" * size
            s.sendall(text + b"\n")
            got = b""
            while len(got) < size + 1:
                got += s.recv(100000)
            assert got == text + b"\n"
        s.unwrap()
print("fine", flush=True)
)",
                          std::to_string(server.port()), world().ca_file.path()}};
    const int status = co_await client.ended();
    EXPECT_EQ(status, 0) << client.output();
    EXPECT_EQ(client.output(), "fine\n");
  });
}

}  // namespace
