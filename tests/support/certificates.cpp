#include "certificates.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace weft::testing {

namespace {

struct free_it {
  void operator()(BIO* p) const { BIO_free_all(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_CRL* p) const { X509_CRL_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(ASN1_TIME* p) const { ASN1_TIME_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, free_it>;

template <class T>
T* need(T* made) {
  if (made == nullptr) throw std::runtime_error{"OpenSSL could not make a certificate"};
  return made;
}

owned<EVP_PKEY> make_key(bool rsa) { return owned<EVP_PKEY>{need(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"))}; }

template <class F>
std::string written(F write) {
  const owned<BIO> memory{need(BIO_new(BIO_s_mem()))};
  write(memory.get());
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &begin);
  return {begin, static_cast<std::size_t>(size)};
}

std::string pem_of(X509& certificate) {
  return written([&](BIO* to) { PEM_write_bio_X509(to, &certificate); });
}
std::string pem_of(EVP_PKEY& key) {
  return written([&](BIO* to) { PEM_write_bio_PrivateKey(to, &key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void set_name(X509& certificate, const std::string& name) {
  X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
}

void add_extension(X509& certificate, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const owned<X509_EXTENSION> made{need(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()))};
  X509_add_ext(&certificate, made.get(), -1);
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool address =
        name.find_first_not_of("0123456789.") == std::string::npos || name.find(':') != std::string::npos;
    text.append(text.empty() ? "" : ",").append(address ? "IP:" : "DNS:").append(name);
  }
  return text;
}

owned<X509> unsigned_certificate(const std::string& name, EVP_PKEY& key, std::chrono::seconds from,
                                 std::chrono::seconds until) {
  static std::atomic<long> serial{1000};
  owned<X509> made{need(X509_new())};
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), from.count());
  X509_gmtime_adj(X509_getm_notAfter(made.get()), until.count());
  X509_set_pubkey(made.get(), &key);
  set_name(*made, name);
  return made;
}

void sign(X509& certificate, X509& issuer, EVP_PKEY& issuer_key) {
  X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer));
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
  if (X509_sign(&certificate, &issuer_key, EVP_sha256()) == 0) throw std::runtime_error{"X509_sign"};
}

owned<X509> leaf(const certificate_wish& wish, EVP_PKEY& key) {
  owned<X509> made = unsigned_certificate(wish.common_name, key, wish.from, wish.until);
  add_extension(*made, *made, NID_basic_constraints, "critical,CA:FALSE");
  if (!wish.names.empty()) add_extension(*made, *made, NID_subject_alt_name, alternative_names(wish.names));
  return made;
}

owned<X509> authority_certificate(const std::string& name, EVP_PKEY& key, std::chrono::seconds until) {
  owned<X509> made = unsigned_certificate(name, key, -std::chrono::hours{48}, until);
  add_extension(*made, *made, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(*made, *made, NID_key_usage, "critical,keyCertSign,cRLSign");
  return made;
}

}  // namespace

struct authority::state {
  owned<EVP_PKEY> key;
  owned<X509> certificate;
  std::string pem;
  std::string chain;  // what goes behind a leaf
};

authority::authority(std::unique_ptr<state> made) : state_{std::move(made)} {}
authority::authority(authority&&) noexcept = default;
authority::~authority() = default;

authority::authority(const std::string& name) : state_{std::make_unique<state>()} {
  state_->key = make_key(false);
  state_->certificate = authority_certificate(name, *state_->key, std::chrono::hours{48});
  sign(*state_->certificate, *state_->certificate, *state_->key);
  state_->pem = pem_of(*state_->certificate);
}

authority authority::intermediate(const std::string& name, std::chrono::seconds until) {
  auto made = std::make_unique<state>();
  made->key = make_key(false);
  made->certificate = authority_certificate(name, *made->key, until);
  sign(*made->certificate, *state_->certificate, *state_->key);
  made->pem = pem_of(*made->certificate);
  made->chain = made->pem + state_->chain;
  return authority{std::move(made)};
}

identity authority::issue(const certificate_wish& wish) {
  const owned<EVP_PKEY> key = make_key(wish.rsa);
  const owned<X509> made = leaf(wish, *key);
  sign(*made, *state_->certificate, *state_->key);
  return {pem_of(*made) + state_->chain, pem_of(*key)};
}

const std::string& authority::certificate() const { return state_->pem; }

std::string authority::revoke(const std::vector<std::string>& certificates, std::chrono::seconds until) const {
  const owned<X509_CRL> list{need(X509_CRL_new())};
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(state_->certificate.get()));
  const owned<ASN1_TIME> begin{need(X509_gmtime_adj(nullptr, -3600 * 24))};
  const owned<ASN1_TIME> end{need(X509_gmtime_adj(nullptr, until.count()))};
  X509_CRL_set1_lastUpdate(list.get(), begin.get());
  X509_CRL_set1_nextUpdate(list.get(), end.get());
  for (const std::string& pem : certificates) {
    const owned<BIO> text{need(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())))};
    const owned<X509> revoked{need(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr))};
    X509_REVOKED* const entry = need(X509_REVOKED_new());
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked.get()));
    X509_REVOKED_set_revocationDate(entry, begin.get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509_CRL_sign(list.get(), state_->key.get(), EVP_sha256());
  return written([&](BIO* to) { PEM_write_bio_X509_CRL(to, list.get()); });
}

identity self_signed(const certificate_wish& wish) {
  const owned<EVP_PKEY> key = make_key(wish.rsa);
  const owned<X509> made = leaf(wish, *key);
  sign(*made, *made, *key);
  return {pem_of(*made), pem_of(*key)};
}

// ---- files ----------------------------------------------------------------------------------------------------------

temporary_text::temporary_text(const std::string& text) {
  std::string name = (std::filesystem::temp_directory_path() / "weft-test-XXXXXX").string();
  const int fd = ::mkstemp(name.data());
  if (fd < 0) throw std::runtime_error{"mkstemp"};
  ::close(fd);
  path_ = name;
  replace(text);
}

temporary_text::~temporary_text() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void temporary_text::replace(const std::string& text) const {
  const int fd = ::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw std::runtime_error{"write"};
  ::close(fd);
}

}  // namespace weft::testing
