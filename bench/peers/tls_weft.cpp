// One end of a bulk transfer over TLS with weft.
//
//   peer_tls_weft send CERTIFICATE_AND_KEY BYTES     prints "listening PORT", and sends to the first client
//   peer_tls_weft receive PORT AUTHORITY BYTES

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <weft/net.hpp>
#include <weft/weft.hpp>

namespace {

constexpr const char* cipher = "TLS_AES_128_GCM_SHA256";

weft::task<> send(std::string certificate, std::uint64_t bytes) {
  auto context = weft::tls_context::server(certificate).ciphers("", cipher);
  weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
  std::printf("listening %d\n", listener.local_address().port());
  std::fflush(stdout);
  weft::tcp_stream connection = co_await listener.accept();
  weft::tls_stream stream = co_await weft::start_tls(std::move(connection), context);
  const std::string piece(std::size_t{1} << 20, '\0');
  for (std::uint64_t left = bytes; left != 0;) {
    const std::string_view part = std::string_view{piece}.substr(0, left);
    co_await stream.write(part);
    left -= part.size();
  }
}

weft::task<> receive(std::uint16_t port, std::string authority, std::uint64_t bytes) {
  auto context = weft::tls_context::client().trust_file(authority).ciphers("", cipher);
  weft::tls_stream stream = co_await weft::open_connection(
      "127.0.0.1", port, weft::tls_options{.server_name = "localhost", .context = &context});
  co_await stream.write("begin\n");
  std::vector<std::byte> room(std::size_t{64} << 10);
  while (bytes != 0) {  // s_server says no goodbye
    const std::size_t n = co_await stream.read_some(room);
    if (n == 0) throw std::runtime_error{"the sender has sent too little"};
    bytes -= n;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments{argv + 1, argv + argc};
  try {
    if (arguments.size() == 3 && arguments[0] == "send") {
      weft::run(send(arguments[1], std::stoull(arguments[2])));
    } else if (arguments.size() == 4 && arguments[0] == "receive") {
      weft::run(receive(static_cast<std::uint16_t>(std::stoi(arguments[1])), arguments[2], std::stoull(arguments[3])));
    } else {
      std::fputs("usage: peer_tls_weft send CERTIFICATE_AND_KEY BYTES | receive PORT AUTHORITY BYTES\n", stderr);
      return 2;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "peer_tls_weft: %s\n", e.what());
    return 1;
  }
}
