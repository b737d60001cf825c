#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <optional>
#include <string>
#include <weft/web/detail/parameter.hpp>
#include <weft/web/security.hpp>

#include "http/characters.hpp"
#include "web/request_scope.hpp"

namespace weft::web {

bool same_secret(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

namespace detail {

namespace {

/// RFC 4648, section 4; nullopt for what is no base64.
std::optional<std::string> base64_decoded(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > 8192) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

std::string take_credentials(request_context& in, std::string_view scheme) {
  const std::string_view field = in.request().header("authorization");
  if (field.size() > scheme.size() + 1 && field[scheme.size()] == ' ' &&
      http::detail::equal_ignoring_case(field.substr(0, scheme.size()), scheme)) {
    const std::string_view token = http::detail::trimmed(field.substr(scheme.size() + 1));
    if (!token.empty()) return std::string{token};
  }
  throw unauthorized{std::string{scheme} + (scheme == "Basic" ? R"( realm="restricted", charset="UTF-8")" : "")};
}

basic_credentials take_basic(request_context& in) {
  const std::optional<std::string> both = base64_decoded(take_credentials(in, "Basic"));
  const std::size_t colon = both ? both->find(':') : std::string::npos;
  if (colon == std::string::npos) throw unauthorized{R"(Basic realm="restricted", charset="UTF-8")"};
  return {both->substr(0, colon), both->substr(colon + 1)};
}

std::string take_key(request_context& in, std::string_view name) {
  const std::string_view key = in.request().header(name);
  if (key.empty()) throw unauthorized{"ApiKey name=\"" + std::string{name} + "\""};
  return std::string{key};
}

}  // namespace detail
}  // namespace weft::web
