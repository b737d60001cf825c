// What many connections share: certificates by name, application protocols, versions, sessions, files.

#include <weft/net/tls_context.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weft::testing;

namespace {

/// Lets the two talk for a moment, so that sessions are handed out, and looks at them.
template <class F>
weft::task<> exchange(weft::tls_context client, weft::tls_context server, F look, std::string host,
                      weft::tls_options options) {
  stream_pair line;
  tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), client, server, host, options);
  co_await both.server.write("hello\n");
  const auto hello = co_await both.client.read_line();
  EXPECT_EQ(hello, "hello");
  look(both);
  both.client.shutdown_write();
  co_await both.server.read_all();
  both.server.close();
  co_await both.client.read_all();
}
template <class F>
void talk(weft::tls_context client, weft::tls_context server, F look, std::string host = "localhost",
          weft::tls_options options = {}) {
  weft::testing::run([&]() -> weft::task<> { co_await exchange(client, server, look, host, options); });
}

/// Whose certificate a server shows to those who ask for this host.
weft::task<std::string> subject_for(weft::tls_context server, std::string host) {
  std::string subject;
  auto look = [&](tls_pair& both) { subject = both.client.peer_certificate()->subject; };
  weft::tls_options options{.verify = false};
  co_await exchange(world().client_context(), server, look, host, options);
  co_return subject;
}

TEST(TlsContext, CertificatesCanBeMadeUp) {
  EXPECT_THROW((void)weft::make_up_certificate({}), std::invalid_argument);
  EXPECT_THROW((void)weft::make_up_certificate({"a,DNS:b"}), std::invalid_argument);
  const weft::made_up_certificate made = weft::make_up_certificate({"one.test", "127.0.0.1", "::1"});
  EXPECT_NE(weft::make_up_certificate({"one.test"}).certificate, made.certificate);
  weft::run([&]() -> weft::task<> {
    const weft::tls_context server = weft::tls_context::server().add_certificate_pem(made.certificate, made.key);
    const weft::tls_context client = weft::tls_context::client().trust_system(false).trust_pem(made.certificate);
    const auto hello = [](weft::tls_stream stream) -> weft::task<> { co_await stream.write("hello"); };
    co_await with(weft::tls_server{"127.0.0.1", 0, server, hello}, [&](weft::tls_server& site) -> weft::task<> {
      weft::tls_stream stream =
          co_await weft::open_connection("127.0.0.1", site.port(), weft::tls_options{.context = &client});
      EXPECT_EQ(co_await stream.read_all(), "hello");
    });
  });
}

TEST(TlsContext, PicksTheCertificateByTheNameThatTheClientAsksFor) {
  const identity a = world().ca.issue({.common_name = "a", .names = {"a.example", "www.a.example"}});
  const identity b = world().ca.issue({.common_name = "b", .names = {"*.b.example"}});
  const auto server =
      weft::tls_context::server().add_certificate_pem(a.certificate, a.key).add_certificate_pem(b.certificate, b.key);
  weft::testing::run([&]() -> weft::task<> {
    EXPECT_EQ(co_await subject_for(server, "a.example"), "CN=a");
    EXPECT_EQ(co_await subject_for(server, "WWW.A.example"), "CN=a");
    EXPECT_EQ(co_await subject_for(server, "x.b.example"), "CN=b");
    EXPECT_EQ(co_await subject_for(server, "elsewhere.example"), "CN=a");  // the first one
    EXPECT_EQ(co_await subject_for(server, "127.0.0.1"), "CN=a");
  });
}

TEST(TlsContext, HasCertificatesOfSeveralKindsForOneName) {
  const identity curve = world().ca.issue({.common_name = "curve", .names = {"localhost"}});
  const identity rsa = world().ca.issue({.common_name = "rsa", .names = {"localhost"}, .rsa = true});
  const auto server = weft::tls_context::server()
                          .add_certificate_pem(rsa.certificate, rsa.key)
                          .add_certificate_pem(curve.certificate, curve.key);
  auto only = [&](const std::string& ciphers) {
    std::string subject;
    talk(world().client_context().max_version(weft::tls_version::tls1_2).ciphers(ciphers), server,
         [&](tls_pair& both) { subject = both.client.peer_certificate()->subject; });
    return subject;
  };
  EXPECT_EQ(only("ECDHE-RSA-AES128-GCM-SHA256"), "CN=rsa");
  EXPECT_EQ(only("ECDHE-ECDSA-AES128-GCM-SHA256"), "CN=curve");
}

TEST(TlsContext, SpeaksTheVersionsThatItIsTold) {
  auto version_of = [](weft::tls_context client, weft::tls_context server) {
    weft::tls_version version{};
    talk(std::move(client), std::move(server), [&](tls_pair& both) {
      version = both.client.version();
      EXPECT_EQ(both.server.version(), version);
    });
    return version;
  };
  const auto old = weft::tls_version::tls1_2;
  EXPECT_EQ(version_of(world().client_context(), world().server_context()), weft::tls_version::tls1_3);
  EXPECT_EQ(version_of(world().client_context().max_version(old), world().server_context()), old);
  EXPECT_EQ(version_of(world().client_context(), world().server_context().max_version(old)), old);

  weft::testing::run([&]() -> weft::task<> {
    stream_pair line;
    const auto seen = co_await tls_failure_of(connect_tls(
        std::move(line.stream), std::move(line.peer), world().client_context().min_version(weft::tls_version::tls1_3),
        world().server_context().max_version(old)));
    EXPECT_EQ(seen.reason, weft::tls_errc::no_common_version) << seen.text;
  });
}

TEST(TlsContext, SaysThatThereIsNoCommonCipher) {
  weft::testing::run([&]() -> weft::task<> {
    stream_pair line;
    auto client = world().client_context().ciphers("", "TLS_AES_128_GCM_SHA256").min_version(weft::tls_version::tls1_3);
    auto server = world().server_context().ciphers("", "TLS_AES_256_GCM_SHA384");
    const auto seen = co_await tls_failure_of(
        connect_tls(std::move(line.stream), std::move(line.peer), std::move(client), std::move(server)));
    EXPECT_EQ(seen.reason, weft::tls_errc::no_common_cipher) << seen.text;
  });
}

TEST(TlsContext, AgreesOnAnApplicationProtocol) {
  auto agreed = [](std::string_view client, std::string_view server) {
    std::string protocol = "?";
    auto own = world().server_context();
    if (!server.empty()) own.alpn(server);
    talk(world().client_context(), own,
         [&](tls_pair& both) {
           protocol = both.client.alpn_protocol();
           EXPECT_EQ(both.server.alpn_protocol(), protocol);
         },
         "localhost", {.alpn = client});
    return protocol;
  };
  EXPECT_EQ(agreed("h2,http/1.1", "h2,http/1.1"), "h2");
  EXPECT_EQ(agreed("h2,http/1.1", "http/1.1,h2"), "http/1.1");  // the server's taste
  EXPECT_EQ(agreed("http/1.1", "h2,http/1.1"), "http/1.1");
  EXPECT_EQ(agreed("h2", ""), "");
  EXPECT_EQ(agreed("", "h2"), "");

  std::string protocol;
  talk(world().client_context().alpn("x,y"), world().server_context().alpn("y"),
       [&](tls_pair& both) { protocol = both.client.alpn_protocol(); });
  EXPECT_EQ(protocol, "y");
}

TEST(TlsContext, RefusesClientsThatSpeakNoneOfItsApplicationProtocols) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    auto client = world().client_context();
    auto server = world().server_context().alpn("h2");
    tls_failure_seen at_client;
    tls_failure_seen at_server;
    co_await weft::gather(
        [&]() -> weft::task<> {
          at_client = co_await tls_failure_of(
              weft::start_tls(std::move(line.stream), "localhost", {.alpn = "http/1.1", .context = &client}));
        },
        [&]() -> weft::task<> { at_server = co_await tls_failure_of(weft::start_tls(std::move(line.peer), server)); });
    EXPECT_EQ(at_client.reason, weft::tls_errc::no_common_protocol) << at_client.text;
    EXPECT_EQ(at_server.reason, weft::tls_errc::no_common_protocol) << at_server.text;
  });
}

TEST(TlsContext, ApplicationProtocolsHaveNames) {
  EXPECT_THROW(weft::tls_context::server().alpn("h2,,x"), std::invalid_argument);
  EXPECT_THROW(weft::tls_context::server().alpn(std::string(256, 'x')), std::invalid_argument);
}

// ---- sessions -------------------------------------------------------------------------------------------------------

/// Whether each of some connections resumed the session of an earlier one.
std::vector<bool> resumed(weft::tls_context client, weft::tls_context server, int connections,
                          weft::tls_options options = {}) {
  std::vector<bool> all;
  for (int i = 0; i < connections; ++i) {
    talk(
        client, server,
        [&](tls_pair& both) {
          all.push_back(both.client.resumed());
          EXPECT_EQ(both.server.resumed(), both.client.resumed());
          EXPECT_EQ(both.client.peer_certificate()->subject, "CN=localhost");
        },
        "localhost", options);
  }
  return all;
}

TEST(TlsContext, ResumesSessions) {
  using answers = std::vector<bool>;
  const auto old = weft::tls_version::tls1_2;
  EXPECT_EQ(resumed(world().client_context(), world().server_context(), 3), (answers{false, true, true}));
  EXPECT_EQ(resumed(world().client_context().max_version(old), world().server_context(), 3),
            (answers{false, true, true}));
  EXPECT_EQ(resumed(world().client_context().resumption(false), world().server_context(), 2), (answers{false, false}));
  EXPECT_EQ(resumed(world().client_context(), world().server_context().resumption(false), 2), (answers{false, false}));
  EXPECT_EQ(resumed(world().client_context(), world().server_context(), 2, {.resume = false}), (answers{false, false}));
}

TEST(TlsContext, ResumesNoSessionWhoseServerWasNotChecked) {
  const auto client = world().client_context();
  const auto server = world().server_context();
  EXPECT_EQ(resumed(client, server, 2, {.verify = false}), (std::vector<bool>{false, true}));
  EXPECT_EQ(resumed(client, server, 1), (std::vector<bool>{false}));
}

TEST(TlsContext, ResumesAfterAReloadButNotForClientsThatMayNotBeTrustedAnyMore) {
  const auto client = world().client_context();
  auto server = world().server_context();
  EXPECT_EQ(resumed(client, server, 1), (std::vector<bool>{false}));
  server.reload();
  EXPECT_EQ(resumed(client, server, 1), (std::vector<bool>{true}));

  auto known = world().client_context().add_certificate_pem(world().client.certificate, world().client.key);
  auto asking = world().server_context().trust_pem(world().ca.certificate());
  asking.ask_clients(weft::client_certificates::required);
  EXPECT_EQ(resumed(known, asking, 2), (std::vector<bool>{false, true}));
  asking.reload();
  EXPECT_EQ(resumed(known, asking, 1), (std::vector<bool>{false}));
  known.reload();
  EXPECT_EQ(resumed(known, asking, 2), (std::vector<bool>{false, true}));
}

// ---- files ----------------------------------------------------------------------------------------------------------

TEST(TlsContext, TakesARenewedCertificateWithoutARestart) {
  const identity before = world().ca.issue({.common_name = "before", .names = {"localhost"}});
  const identity after = world().ca.issue({.common_name = "after", .names = {"localhost"}});
  const temporary_text certificate{before.certificate};
  const temporary_text key{before.key};
  auto server = weft::tls_context::server(certificate.path(), key.path());
  weft::testing::run([&]() -> weft::task<> {
    stream_pair line;
    tls_pair first =
        co_await connect_tls(std::move(line.stream), std::move(line.peer), world().client_context(), server);
    EXPECT_EQ(first.client.peer_certificate()->subject, "CN=before");

    certificate.replace(after.certificate);
    EXPECT_THROW(server.reload(), weft::tls_error);  // the key does not fit: everything stays as it was
    EXPECT_EQ(co_await subject_for(server, "localhost"), "CN=before");
    key.replace(after.key);
    EXPECT_EQ(co_await subject_for(server, "localhost"), "CN=before");
    server.reload();
    EXPECT_EQ(co_await subject_for(server, "localhost"), "CN=after");

    co_await first.server.write("still here\n");
    const auto line_of_old = co_await first.client.read_line();
    EXPECT_EQ(line_of_old, "still here");
  });
}

TEST(TlsContext, SaysWhatIsWrongWithItsFiles) {
  auto complaint = [](const std::function<void()>& make) {
    try {
      make();
    } catch (const weft::tls_error& e) {
      EXPECT_EQ(e.reason(), weft::tls_errc::configuration);
      return std::string{e.what()};
    } catch (const std::system_error& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  auto loading = [&](weft::tls_context context) { return complaint([&] { context.load(); }); };
  const temporary_text nothing{"nothing\n"};
  const temporary_text certificate{world().server.certificate};
  const temporary_text key{world().server.key};
  const temporary_text other_key{world().client.key};
  using context = weft::tls_context;

  EXPECT_EQ(loading(context::server("/does/not/exist")), "open /does/not/exist: No such file or directory");
  EXPECT_NE(loading(context::server(nothing.path())).find("there is no certificate in " + nothing.path()),
            std::string::npos);
  EXPECT_NE(loading(context::server(certificate.path())).find("there is no private key in " + certificate.path()),
            std::string::npos);
  EXPECT_NE(loading(context::server(certificate.path(), other_key.path())).find("is not that of the certificate"),
            std::string::npos);
  EXPECT_NE(loading(context::server()).find("add_certificate"), std::string::npos);
  EXPECT_NE(loading(context::client().trust_file(nothing.path())).find("no certificates to trust in"),
            std::string::npos);
  EXPECT_NE(loading(context::client().revocation_file(nothing.path())).find("no revocation list in"),
            std::string::npos);
  EXPECT_NE(loading(context::client().ciphers("NONSENSE")).find("NONSENSE"), std::string::npos);
  EXPECT_NE(loading(world().server_context().ask_clients(weft::client_certificates::required)).find("trust_file"),
            std::string::npos);
  EXPECT_EQ(loading(context::server(certificate.path(), key.path())), "");
}

TEST(TlsContext, IsForOneSide) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    const weft::tls_context client = world().client_context();
    const weft::tls_context server = world().server_context();
    EXPECT_THROW((void)weft::start_tls(std::move(line.stream), "localhost", {.context = &server}),
                 std::invalid_argument);
    EXPECT_THROW((void)weft::start_tls(std::move(line.peer), client), std::invalid_argument);
    EXPECT_THROW((void)weft::open_connection("localhost", 1, weft::tls_options{.ca_file = "x", .context = &client}),
                 std::invalid_argument);
    EXPECT_THROW((void)weft::open_connection("localhost", 1, weft::tls_options{.key_file = "x"}),
                 std::invalid_argument);
    co_return;
  });
}

}  // namespace
