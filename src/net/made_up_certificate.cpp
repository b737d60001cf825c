#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <weft/net/made_up_certificate.hpp>
#include <weft/net/tls_error.hpp>

#include "net/openssl.hpp"

namespace weft {

namespace {

using detail::openssl_ptr;

void require(bool done) {
  if (!done) throw tls_error{tls_errc::configuration, "no certificate could be made", detail::take_openssl_reasons()};
}

template <class T>
openssl_ptr<T> owned_if(T* made) {
  require(made != nullptr);
  return openssl_ptr<T>{made};
}

template <class F>
std::string written(F write) {
  const openssl_ptr<BIO> memory = owned_if(BIO_new(BIO_s_mem()));
  require(write(memory.get()) == 1);
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &begin);
  return {begin, static_cast<std::size_t>(size)};
}

void check_name(const std::string& name) {
  const auto bad = [](unsigned char c) { return c <= 0x20 || c == 0x7f || c == ','; };
  if (name.empty() || std::ranges::any_of(name, bad))
    throw std::invalid_argument{"not a host's name: \"" + name + "\""};
}

/// As OpenSSL's configuration files have it.
std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool is_address =
        name.find(':') != std::string::npos || name.find_first_not_of("0123456789.") == std::string::npos;
    text.append(text.empty() ? "" : ",").append(is_address ? "IP:" : "DNS:").append(name);
  }
  return text;
}

void add_extension(X509& certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
  const openssl_ptr<X509_EXTENSION> made = owned_if(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(X509_add_ext(&certificate, made.get(), -1) == 1);
}

/// Browsers remember a serial number with its issuer: no two the same.
void set_random_serial(X509& certificate) {
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(&certificate), serial >> 1) == 1);
}

}  // namespace

made_up_certificate make_up_certificate(const std::vector<std::string>& names, std::chrono::hours valid) {
  constexpr long day = 24L * 60 * 60;
  if (names.empty()) throw std::invalid_argument{"a certificate for nobody"};
  for (const std::string& name : names) check_name(name);

  const openssl_ptr<EVP_PKEY> key = owned_if(EVP_EC_gen("P-256"));
  const openssl_ptr<X509> made = owned_if(X509_new());
  X509& certificate = *made;
  require(X509_set_version(&certificate, X509_VERSION_3) == 1);
  set_random_serial(certificate);
  X509_gmtime_adj(X509_getm_notBefore(&certificate), -day);
  X509_gmtime_adj(X509_getm_notAfter(&certificate), std::chrono::seconds{valid}.count());
  require(X509_set_pubkey(&certificate, key.get()) == 1);
  X509_NAME* const subject = X509_get_subject_name(&certificate);
  const std::string common_name = names.front().substr(0, 64);  // no longer one is allowed; nobody reads it
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) == 1);
  require(X509_set_issuer_name(&certificate, subject) == 1);
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");  // so that it can be trusted as its own issuer
  add_extension(certificate, NID_subject_alt_name, alternative_names(names));
  add_extension(certificate, NID_ext_key_usage, "serverAuth");
  require(X509_sign(&certificate, key.get(), EVP_sha256()) != 0);

  return {.certificate = written([&](BIO* to) { return PEM_write_bio_X509(to, &certificate); }),
          .key = written(
              [&](BIO* to) { return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}

}  // namespace weft
