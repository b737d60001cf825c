#include <weft/net/tls_stream.hpp>

#include "net/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weft::testing;

namespace {

// Without sockets: all of this happens in the same way each time.

TEST(TlsStream, CarriesBytesInBothDirections) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    auto [client, server] = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                                 world().server_context());
    co_await client.write("GET / HTTP/1.0\r\n\r\n");
    const auto asked = co_await server.read_line();
    EXPECT_EQ(asked, "GET / HTTP/1.0");
    co_await server.write("hello\n");
    const auto answered = co_await client.read_line();
    EXPECT_EQ(answered, "hello");
    EXPECT_EQ(client.version(), weft::tls_version::tls1_3);
    EXPECT_EQ(server.version(), weft::tls_version::tls1_3);
    EXPECT_EQ(server.server_name(), "localhost");
    EXPECT_FALSE(client.cipher().empty());
    EXPECT_FALSE(client.resumed());
  });
}

TEST(TlsStream, EndsWithACloseNotify) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    auto [client, server] = co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(),
                                                 world().server_context());
    co_await client.write("question");
    client.shutdown_write();
    client.shutdown_write();
    EXPECT_EQ(co_await server.read_all(), "question");
    EXPECT_TRUE(server.at_end());
    co_await server.write("answer");
    server.close();
    EXPECT_EQ(co_await client.read_all(), "answer");
    const thrown late = co_await failure_of(client.write(std::string{"more"}));
    EXPECT_EQ(late.code, std::errc::broken_pipe);
  });
}

}  // namespace
