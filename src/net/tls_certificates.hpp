#pragma once

#include <optional>
#include <string>
#include <vector>
#include <weft/net/tls_certificate.hpp>

#include "net/openssl.hpp"

namespace weft::detail {

tls_certificate describe_certificate(const X509& certificate);

/// "CN=example.org,O=Example"; for messages and tls_certificate.
std::string name_text(const X509_NAME* name);
/// The hosts that a certificate is for.
std::vector<std::string> host_names(const X509& certificate);
std::chrono::system_clock::time_point time_of(const ASN1_TIME* time);
/// "2026-01-02 03:04 UTC".
std::string time_text(std::chrono::system_clock::time_point time);

}  // namespace weft::detail
