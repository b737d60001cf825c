#include <idn2.h>
#include <libpsl.h>

#include <algorithm>
#include <memory>
#include <weft/http/domain.hpp>
#include <weft/http/url.hpp>

#include "characters.hpp"
#include "idna_symbols.hpp"
#include "url_host.hpp"

namespace weft::http {

namespace {

constexpr std::size_t longest_name = 2048;
constexpr std::size_t longest_in_dns = 253;  // libidn2's limit, for what it encodes

struct idn2_freer {
  void operator()(void* memory) const noexcept { idn2_free(memory); }
};

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// True if a label claims to be an encoded one.
bool has_encoded_label(std::string_view name) noexcept {
  for (;;) {
    if (name.size() >= 4 && detail::equal_ignoring_case(name.substr(0, 4), "xn--")) return true;
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return false;
    name.remove_prefix(dot + 1);
  }
}

[[noreturn, gnu::cold]] void refuse(std::string_view name, std::string_view why) {
  throw url_error{"bad host " + detail::quoted(name, 80) + ": " + std::string{why}};
}

}  // namespace

std::string domain_to_ascii(std::string_view name) {
  std::string out{name};
  if (is_ascii(name) && !has_encoded_label(name)) {
    std::ranges::transform(out, out.begin(), detail::lower);
    return out;
  }
  // Far above what DNS can have; libidn2's time grows with the square.
  if (name.size() > longest_name) refuse(name, "it is too long");
  if (name.find('\0') != std::string_view::npos) refuse(name, "it must not contain 0x00");

  std::uint8_t* result = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(out.c_str()), &result,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, idn2_freer> owner{result};
  if (status == IDN2_DISALLOWED || status == IDN2_2HYPHEN || status == IDN2_HYPHEN_STARTEND) {
    if (std::optional<std::string> symbolic = detail::symbolic_domain_to_ascii(name)) {
      if (symbolic->size() > longest_in_dns + (symbolic->ends_with('.') ? 1 : 0))
        refuse(name, idn2_strerror(IDN2_TOO_BIG_DOMAIN));
      return *std::move(symbolic);
    }
  }
  if (status != IDN2_OK) refuse(name, idn2_strerror(status));
  out = reinterpret_cast<const char*>(result);
  if (out.empty()) refuse(name, "nothing is left of it");
  return out;
}

std::string domain_to_unicode(std::string_view name) {
  const std::string text{name};
  char* result = nullptr;
  const int status = idn2_to_unicode_8z8z(text.c_str(), &result, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, idn2_freer> owner{result};
  return status == IDN2_OK ? std::string{result} : text;
}

bool is_public_suffix(std::string_view host) {
  if (host.empty() || detail::is_address(host)) return false;
  if (host.ends_with('.')) host.remove_suffix(1);
  return psl_is_public_suffix(psl_builtin(), std::string{host}.c_str()) != 0;
}

std::optional<std::string_view> registrable_domain(std::string_view host) {
  if (host.empty() || detail::is_address(host)) return std::nullopt;
  const bool rooted = host.ends_with('.');
  const std::string text{host.substr(0, host.size() - (rooted ? 1 : 0))};
  const char* const found = psl_registrable_domain(psl_builtin(), text.c_str());
  if (found == nullptr) return std::nullopt;
  return host.substr(static_cast<std::size_t>(found - text.c_str()));
}

}  // namespace weft::http
