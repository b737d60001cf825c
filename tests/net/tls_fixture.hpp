#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <support/certificates.hpp>
#include <utility>
#include <weft/net.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

#include "net/sockets.hpp"

namespace weft::testing {

/// An authority of the tests' own, and a server that it vouches for; made once, for that takes time.
struct trusted_world {
  authority ca{"weft test CA"};
  identity server = ca.issue({.common_name = "localhost", .names = {"localhost", "127.0.0.1", "::1"}});
  identity client = ca.issue({.common_name = "a client", .names = {}});
  temporary_text ca_file{ca.certificate()};

  tls_context server_context() const {
    return tls_context::server().add_certificate_pem(server.certificate, server.key);
  }
  tls_context client_context() const { return tls_context::client().trust_pem(ca.certificate()); }
};

inline trusted_world& world() {
  static trusted_world made;
  return made;
}

/// Two ends that speak TLS with each other.
struct tls_pair {
  tls_stream client;
  tls_stream server;
};

/// Shakes hands over any two connected streams.
inline task<tls_pair> connect_tls(byte_stream client, byte_stream server, tls_context client_context,
                                  tls_context server_context, std::string host = "localhost",
                                  tls_options options = {}) {
  options.context = &client_context;
  tls_pair both;
  co_await gather([&]() -> task<> { both.client = co_await start_tls(std::move(client), host, options); },
                  [&]() -> task<> { both.server = co_await start_tls(std::move(server), server_context); });
  co_return both;
}

/// How `work` fails with TLS.
struct tls_failure_seen {
  std::optional<tls_errc> reason;
  std::string text;
};
template <class A>
task<tls_failure_seen> tls_failure_of(A work) {
  tls_failure_seen seen;
  try {
    co_await std::move(work);
  } catch (const tls_error& e) {
    seen.reason = e.reason();
    seen.text = e.what();
  }
  co_return seen;
}

}  // namespace weft::testing
