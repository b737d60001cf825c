#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace weft {

/// A certificate and its private key, as PEM text: for tls_context::add_certificate_pem.
struct made_up_certificate {
  std::string certificate;
  std::string key;
};

/// Makes a certificate that is signed by nobody but itself (X.509 version 3, P-256), for trying things out: clients
/// must be told not to verify it, or to trust it (tls_context::trust_pem).
/// @param names the names and addresses in numbers that it is for; at least one.
/// @param valid for how long, from a day ago on.
/// @throws std::invalid_argument without names, or for one that holds control bytes or a comma; tls_error if the
/// library below refuses.
[[nodiscard]] made_up_certificate make_up_certificate(const std::vector<std::string>& names,
                                                      std::chrono::hours valid = std::chrono::hours{24 * 30});

}  // namespace weft
