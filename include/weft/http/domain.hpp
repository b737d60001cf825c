#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::http {

/// An internationalized name in the form that DNS and HTTP take: `bücher.example` is `xn--bcher-kva.example`.
/// UTS #46, nontransitional, with the checks of WHATWG URL, section 3.3. Labels of more than 63 bytes that are not
/// plain ASCII, and names of more than 253 with such labels, are refused, which browsers refuse only when they look the
/// name up.
/// @param name UTF-8, or ASCII of any case. @throws url_error if it is no such name.
[[nodiscard]] std::string domain_to_ascii(std::string_view name);

/// The same name for people to read: `xn--` labels decoded, as far as they are valid.
[[nodiscard]] std::string domain_to_unicode(std::string_view name);

/// True if anybody may register names under this one, such as `com`, `co.uk` or `github.io`: nobody gets cookies for
/// all of it. Also true for a name of one label that the list does not know. https://publicsuffix.org
/// @param host as url::host() gives it.
[[nodiscard]] bool is_public_suffix(std::string_view host);

/// The part of a host that somebody has registered, `example.co.uk` of `www.example.co.uk`; hosts that share it are
/// one site. A view into `host`. nullopt for public suffixes, addresses and what is empty.
/// @param host as url::host() gives it.
[[nodiscard]] std::optional<std::string_view> registrable_domain(std::string_view host);

}  // namespace weft::http
