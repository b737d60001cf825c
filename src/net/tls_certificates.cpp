#include "net/tls_certificates.hpp"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <span>

namespace weft::detail {

namespace {

std::string text_in(BIO* memory) {
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory, &begin);
  return {begin, static_cast<std::size_t>(size)};
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  const int size = ASN1_STRING_length(bytes);
  if (size != 4 && size != 16) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text.data(), text.size());
  return text.data();
}

}  // namespace

std::string name_text(const X509_NAME* name) {
  const openssl_ptr<BIO> memory{BIO_new(BIO_s_mem())};
  if (!memory || name == nullptr) return {};
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return text_in(memory.get());
}

std::vector<std::string> host_names(const X509& certificate) {
  std::vector<std::string> found;
  const openssl_ptr<GENERAL_NAMES> names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      found.push_back(address_text(name->d.iPAddress));
    }
  }
  return found;
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string time_text(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return {text.data(), size};
}

tls_certificate describe_certificate(const X509& certificate) {
  tls_certificate all;
  all.subject = name_text(X509_get_subject_name(&certificate));
  all.issuer = name_text(X509_get_issuer_name(&certificate));
  all.names = host_names(certificate);
  all.not_before = time_of(X509_get0_notBefore(&certificate));
  all.not_after = time_of(X509_get0_notAfter(&certificate));
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(&certificate);
  all.serial_number =
      hexadecimal({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  if (X509_digest(&certificate, EVP_sha256(), hash.data(), &size) == 1) {
    all.fingerprint = hexadecimal(std::span{hash}.first(size));
  }
  const openssl_ptr<BIO> memory{BIO_new(BIO_s_mem())};
  if (memory && PEM_write_bio_X509(memory.get(), &certificate) == 1) all.pem = text_in(memory.get());
  return all;
}

}  // namespace weft::detail
