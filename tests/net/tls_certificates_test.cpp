// Whom a client believes, whom a server does, and what they say when they do not.

#include <functional>
#include <string>
#include <vector>

#include "net/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weft::testing;

namespace {

/// What both sides say about a handshake.
struct both_sides {
  tls_failure_seen client;
  tls_failure_seen server;
};

both_sides shake_hands(weft::tls_context client, weft::tls_context server, std::string host = "localhost",
                       weft::tls_options options = {}) {
  both_sides seen;
  weft::testing::run([&]() -> weft::task<> {
    stream_pair line;
    options.context = &client;
    co_await weft::gather(
        [&]() -> weft::task<> {
          seen.client = co_await tls_failure_of([&]() -> weft::task<> {
            weft::tls_stream s = co_await weft::start_tls(std::move(line.stream), host, options);
            co_await s.read_all();  // under TLS 1.3 a server's refusal comes after the client's handshake
          }());
        },
        [&]() -> weft::task<> {
          seen.server = co_await tls_failure_of(
              [&]() -> weft::task<> { co_await weft::start_tls(std::move(line.peer), server); }());
        });
  });
  return seen;
}

weft::tls_context server_with(const identity& own) {
  return weft::tls_context::server().add_certificate_pem(own.certificate, own.key);
}

void expect_in(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " is not in: " << text;
}

TEST(TlsCertificates, GoodOnesAreAccepted) {
  const both_sides seen = shake_hands(world().client_context(), world().server_context());
  EXPECT_EQ(seen.client.reason, std::nullopt) << seen.client.text;
  EXPECT_EQ(seen.server.reason, std::nullopt) << seen.server.text;
}

TEST(TlsCertificates, AnExpiredOneIsRefused) {
  const identity old = world().ca.issue({.common_name = "old", .names = {"localhost"}, .from = -48h, .until = -24h});
  const both_sides seen = shake_hands(world().client_context(), server_with(old));
  EXPECT_EQ(seen.client.reason, weft::tls_errc::expired);
  expect_in(seen.client.text,
            {"TLS with localhost", "CN=old", "has expired on 20", "renewed", "[certificate verify failed"});
  EXPECT_EQ(seen.server.reason, weft::tls_errc::certificate_refused);
  expect_in(seen.server.text, {"certificate expired"});
}

TEST(TlsCertificates, OneThatIsNotYetValidIsRefused) {
  const identity early = world().ca.issue({.common_name = "early", .names = {"localhost"}, .from = 1h});
  const both_sides seen = shake_hands(world().client_context(), server_with(early));
  EXPECT_EQ(seen.client.reason, weft::tls_errc::not_yet_valid);
  expect_in(seen.client.text, {"CN=early", "valid only from 20", "clock"});
}

TEST(TlsCertificates, OneForAnotherHostIsRefused) {
  const identity other = world().ca.issue({.common_name = "localhost", .names = {"a.example", "*.b.example"}});
  const both_sides seen = shake_hands(world().client_context(), server_with(other));
  EXPECT_EQ(seen.client.reason, weft::tls_errc::wrong_host);
  expect_in(seen.client.text, {"is for a.example, *.b.example, not for localhost", "server_name"});

  EXPECT_EQ(shake_hands(world().client_context(), server_with(other), "a.example").client.reason, std::nullopt);
  EXPECT_EQ(shake_hands(world().client_context(), server_with(other), "www.b.example").client.reason, std::nullopt);
  EXPECT_EQ(shake_hands(world().client_context(), server_with(other), "b.example").client.reason,
            weft::tls_errc::wrong_host);
  EXPECT_EQ(shake_hands(world().client_context(), server_with(other), "x.www.b.example").client.reason,
            weft::tls_errc::wrong_host);
}

TEST(TlsCertificates, AnAddressMustBeInTheCertificateAsSuch) {
  EXPECT_EQ(shake_hands(world().client_context(), world().server_context(), "127.0.0.1").client.reason, std::nullopt);
  EXPECT_EQ(shake_hands(world().client_context(), world().server_context(), "[::1]").client.reason, std::nullopt);
  const both_sides seen = shake_hands(world().client_context(), world().server_context(), "127.0.0.2");
  EXPECT_EQ(seen.client.reason, weft::tls_errc::wrong_host);
  expect_in(seen.client.text, {"is for localhost, 127.0.0.1, ::1, not for 127.0.0.2"});
}

TEST(TlsCertificates, AnotherNameCanBeExpected) {
  const identity other = world().ca.issue({.common_name = "x", .names = {"a.example"}});
  const both_sides seen =
      shake_hands(world().client_context(), server_with(other), "127.0.0.1", {.server_name = "a.example"});
  EXPECT_EQ(seen.client.reason, std::nullopt) << seen.client.text;
}

TEST(TlsCertificates, ASelfSignedOneIsRefusedUnlessItIsTrusted) {
  const identity own = self_signed({.common_name = "mine", .names = {"localhost"}});
  const both_sides seen = shake_hands(world().client_context(), server_with(own));
  EXPECT_EQ(seen.client.reason, weft::tls_errc::self_signed);
  expect_in(seen.client.text, {"CN=mine", "is self-signed", "ca_file"});
  EXPECT_EQ(shake_hands(weft::tls_context::client().trust_pem(own.certificate), server_with(own)).client.reason,
            std::nullopt);
}

TEST(TlsCertificates, OneOfAnUnknownAuthorityIsRefused) {
  authority unknown{"Nobody's CA"};
  const identity theirs = unknown.issue({.common_name = "theirs", .names = {"localhost"}});
  const both_sides seen = shake_hands(world().client_context(), server_with(theirs));
  EXPECT_EQ(seen.client.reason, weft::tls_errc::unknown_ca);
  expect_in(seen.client.text, {"CN=theirs", "issued by CN=Nobody's CA", "not trusted", "ca_file"});
  expect_in(seen.server.text, {"refuses this side's certificate: unknown CA"});

  const identity with_root{theirs.certificate + unknown.certificate(), theirs.key};
  const both_sides rooted = shake_hands(world().client_context(), server_with(with_root));
  EXPECT_EQ(rooted.client.reason, weft::tls_errc::unknown_ca);
  expect_in(rooted.client.text, {"CN=Nobody's CA", "root", "not trusted"});

  // Nor does the system know the tests' authority.
  EXPECT_EQ(shake_hands(weft::tls_context::client(), world().server_context()).client.reason,
            weft::tls_errc::unknown_ca);
}

TEST(TlsCertificates, AnAuthorityInBetweenMustBeSent) {
  authority between = world().ca.intermediate("in between");
  const identity leaf = between.issue({.common_name = "leaf", .names = {"localhost"}});
  EXPECT_EQ(shake_hands(world().client_context(), server_with(leaf)).client.reason, std::nullopt);

  const std::string alone = leaf.certificate.substr(0, leaf.certificate.find("-----BEGIN", 1));
  const both_sides seen = shake_hands(world().client_context(), server_with({alone, leaf.key}));
  EXPECT_EQ(seen.client.reason, weft::tls_errc::unknown_ca);
  expect_in(seen.client.text, {"issued by CN=in between", "send the whole chain"});

  // It may be trusted by itself, although it is no root.
  EXPECT_EQ(shake_hands(weft::tls_context::client().trust_pem(between.certificate()), server_with({alone, leaf.key}))
                .client.reason,
            std::nullopt);
}

TEST(TlsCertificates, AnExpiredAuthorityInBetweenIsNamed) {
  authority between = world().ca.intermediate("old and in between", -1h);
  const identity leaf = between.issue({.common_name = "leaf", .names = {"localhost"}});
  const both_sides seen = shake_hands(world().client_context(), server_with(leaf));
  EXPECT_EQ(seen.client.reason, weft::tls_errc::expired);
  expect_in(seen.client.text, {"authority's certificate (CN=old and in between)", "has expired on 20"});
}

TEST(TlsCertificates, ARevokedOneIsRefusedWhereThatIsChecked) {
  const identity bad = world().ca.issue({.common_name = "lost its key", .names = {"localhost"}});
  const temporary_text list{world().ca.revoke({bad.certificate})};
  auto checking = [&] { return world().client_context().revocation_file(list.path()); };
  const both_sides seen = shake_hands(checking(), server_with(bad));
  EXPECT_EQ(seen.client.reason, weft::tls_errc::revoked);
  expect_in(seen.client.text, {"CN=lost its key", "was revoked by CN=weft test CA"});
  expect_in(seen.server.text, {"certificate revoked"});

  EXPECT_EQ(shake_hands(checking(), world().server_context()).client.reason, std::nullopt);
  EXPECT_EQ(shake_hands(world().client_context(), server_with(bad)).client.reason, std::nullopt);  // not checked

  // A list of another authority says nothing; one that has run out says nothing any more.
  authority between = world().ca.intermediate("in between");
  const identity leaf = between.issue({.common_name = "leaf", .names = {"localhost"}});
  const both_sides unknown = shake_hands(checking(), server_with(leaf));
  EXPECT_EQ(unknown.client.reason, weft::tls_errc::revocation_unknown);
  expect_in(unknown.client.text, {"no good and current revocation list from CN=in between"});
  list.replace(world().ca.revoke({}, -1h));
  EXPECT_EQ(shake_hands(checking(), world().server_context()).client.reason, weft::tls_errc::revocation_unknown);

  // An authority is checked if there is a list that could name it.
  list.replace(between.revoke({}) + world().ca.revoke({}));
  EXPECT_EQ(shake_hands(checking(), server_with(leaf)).client.reason, std::nullopt);
  list.replace(between.revoke({}));
  EXPECT_EQ(shake_hands(checking(), server_with(leaf)).client.reason, std::nullopt);
  list.replace(between.revoke({}) + world().ca.revoke({between.certificate()}));
  EXPECT_EQ(shake_hands(checking(), server_with(leaf)).client.reason, weft::tls_errc::revoked);
}

TEST(TlsCertificates, AreNotCheckedIfSoWished) {
  const identity own = self_signed({.common_name = "x", .names = {"elsewhere"}, .from = -2h, .until = -1h});
  EXPECT_EQ(shake_hands(world().client_context(), server_with(own), "localhost", {.verify = false}).client.reason,
            std::nullopt);
}

// ---- of clients -----------------------------------------------------------------------------------------------------

weft::tls_context asking(weft::client_certificates how) {
  return world().server_context().trust_pem(world().ca.certificate()).ask_clients(how);
}

TEST(TlsCertificates, ServersMayRequireThemOfClients) {
  const auto required = weft::client_certificates::required;
  const both_sides without = shake_hands(world().client_context(), asking(required));
  EXPECT_EQ(without.server.reason, weft::tls_errc::certificate_required);
  expect_in(without.server.text, {"the client has sent no certificate"});
  EXPECT_EQ(without.client.reason, weft::tls_errc::certificate_required);
  expect_in(without.client.text, {"the server requires a certificate, and this client has sent none"});

  auto with = world().client_context().add_certificate_pem(world().client.certificate, world().client.key);
  EXPECT_EQ(shake_hands(with, asking(required)).client.reason, std::nullopt);

  authority unknown{"Nobody's CA"};
  const identity theirs = unknown.issue({.common_name = "a stranger"});
  auto stranger = world().client_context().add_certificate_pem(theirs.certificate, theirs.key);
  const both_sides refused = shake_hands(stranger, asking(required));
  EXPECT_EQ(refused.server.reason, weft::tls_errc::unknown_ca);
  expect_in(refused.server.text, {"the client's certificate (CN=a stranger)"});
  EXPECT_EQ(refused.client.reason, weft::tls_errc::certificate_refused);
}

TEST(TlsCertificates, ServersMayAskForThemAndDoWithout) {
  const auto optional = weft::client_certificates::optional;
  EXPECT_EQ(shake_hands(world().client_context(), asking(optional)).client.reason, std::nullopt);
  authority unknown{"Nobody's CA"};
  const identity theirs = unknown.issue({.common_name = "a stranger"});
  auto stranger = world().client_context().add_certificate_pem(theirs.certificate, theirs.key);
  EXPECT_EQ(shake_hands(stranger, asking(optional)).server.reason, weft::tls_errc::unknown_ca);
}

TEST(TlsCertificates, CanBeLookedAt) {
  weft::testing::run([]() -> weft::task<> {
    stream_pair line;
    auto client = world().client_context().add_certificate_pem(world().client.certificate, world().client.key);
    tls_pair both = co_await connect_tls(std::move(line.stream), std::move(line.peer), client,
                                         asking(weft::client_certificates::required));
    const std::optional<weft::tls_certificate> server = both.client.peer_certificate();
    EXPECT_TRUE(server.has_value());
    EXPECT_EQ(server->subject, "CN=localhost");
    EXPECT_EQ(server->issuer, "CN=weft test CA");
    EXPECT_EQ(server->names, (std::vector<std::string>{"localhost", "127.0.0.1", "::1"}));
    const auto now = std::chrono::system_clock::now();
    EXPECT_LT(server->not_before, now);
    EXPECT_GT(server->not_after, now + 22h);
    EXPECT_EQ(server->pem, world().server.certificate);
    EXPECT_EQ(server->fingerprint.size(), 64U);
    EXPECT_FALSE(server->serial_number.empty());
    const std::optional<weft::tls_certificate> own = both.server.peer_certificate();
    EXPECT_TRUE(own.has_value());
    EXPECT_EQ(own->subject, "CN=a client");
  });
}

}  // namespace
