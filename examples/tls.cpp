#include <cctype>
#include <cstdio>
#include <string>
#include <weft/net.hpp>
#include <weft/weft.hpp>

weft::task<> shout_back(weft::tls_stream s) {
  while (auto line = co_await s.read_line()) {
    for (char& c : *line) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    co_await s.write(*line + "\n");
  }
}

weft::task<> serve_and_ask(std::string certificate, std::string key, std::string authority) {
  auto context = weft::tls_context::server(certificate, key).alpn("shout");
  weft::tls_server shouting{"localhost", 0, context, shout_back};
  co_await weft::with(shouting, [&](weft::tls_server& server) -> weft::task<> {
    auto s = co_await weft::open_connection("localhost", server.port(),
                                            weft::tls_options{.alpn = "shout", .ca_file = authority});
    co_await s.write("hello\n");
    const auto answer = co_await s.read_line();
    std::printf("%s: %s\n", s.alpn_protocol().c_str(), answer->c_str());

    try {  // the system's authorities do not know this server's
      co_await weft::open_connection("localhost", server.port(), weft::tls_options{});
    } catch (const weft::tls_error& e) {
      std::printf("%s\n", e.code().message().c_str());
    }
  });
}

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: tls CERTIFICATE KEY AUTHORITY\n", stderr);
    return 2;
  }
  weft::run(serve_and_ask(argv[1], argv[2], argv[3]));
}
