// URLs. Input: a URL; if it has several lines, also a base (the first line) and a reference, or another part of the
// base (the others).

#include <weft/http/url.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <weft/http/domain.hpp>
#include <weft/http/url_query.hpp>
#include <weft/http/writer.hpp>

namespace {

using weft::http::url;

void require(bool holds, const char* what, const url& u) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s: %s\n", what, u.str().c_str());
  std::abort();
}

std::optional<url> parsed(std::string_view text, const url* base = nullptr) {
  try {
    return base != nullptr ? url{text, *base} : url{text};
  } catch (const weft::http::url_error& error) {
    for (const char* c = error.what(); *c != '\0'; ++c)
      if (*c < 0x20 || *c > 0x7e) std::abort();
    return std::nullopt;
  }
}

void require_same_parts(const url& u, const url& v) {
  require(v == u && v.has_host() == u.has_host() && v.port() == u.port() && v.path() == u.path() &&
              v.has_opaque_path() == u.has_opaque_path() && v.query() == u.query() && v.fragment() == u.fragment() &&
              v.host() == u.host() && v.username() == u.username() && v.password() == u.password() &&
              v.origin() == u.origin(),
          "str() parses to itself, and so do its parts", u);
}

/// Changes parts of it; whatever comes out is a URL.
void check_setters(const url& u, std::string_view value) {
  constexpr std::array setters = {+[](url& v, std::string_view to) { v.set_scheme(to); },
                                  +[](url& v, std::string_view to) { v.set_username(to); },
                                  +[](url& v, std::string_view to) { v.set_password(to); },
                                  +[](url& v, std::string_view to) { v.set_host(to); },
                                  +[](url& v, std::string_view to) { v.set_hostname(to); },
                                  +[](url& v, std::string_view to) { v.set_port(to); },
                                  +[](url& v, std::string_view to) { v.set_path(to); },
                                  +[](url& v, std::string_view to) { v.set_query(to); },
                                  +[](url& v, std::string_view to) { v.set_fragment(to); }};
  for (const auto set : setters) {
    url changed = u;
    try {
      set(changed, value);
    } catch (const weft::http::url_error&) {
      require_same_parts(u, changed);
      continue;
    }
    const std::optional<url> again = parsed(changed.str());
    require(again.has_value(), "a changed URL is one", changed);
    require_same_parts(changed, *again);
  }
}

void check(const url& u) {
  const std::optional<url> again = parsed(u.str());
  require(again.has_value(), "str() parses", u);
  require_same_parts(u, *again);
  // An opaque path may have spaces.
  for (const char c : u.str()) require(c > 0x1f + !u.has_opaque_path() && c < 0x7f, "only printable ASCII", u);
  require(u.str().starts_with(u.scheme()) && u.str().find(u.host_header()) != std::string::npos, "parts of it", u);
  require(u.target().starts_with(u.path()), "the target begins with the path", u);
  require(!u.host().empty() || u.scheme() == "file" || !u.is_special(), "there is a host", u);

  const weft::http::url_query query{u.query()};
  require(weft::http::url_query{query.str()} == query, "a query that is written reads as it was", u);
  if (const auto site = weft::http::registrable_domain(u.host()))
    require(u.host().ends_with(*site) && !weft::http::is_public_suffix(*site), "a site is the end of a host", u);
  if (u.has_opaque_path()) return;

  const url same{"", u};
  require(same.target() == u.target() && same.origin() == u.origin() && !same.has_fragment(),
          "an empty reference is the same but for the fragment", u);

  if (!u.is_special()) return;
  require(u.path().starts_with('/') && u.host_header().starts_with(u.host()), "the path begins with a slash", u);
  if (u.scheme() == "file") return;
  // It can be asked for.
  weft::http::request_head head;
  head.target = u.target();
  head.headers.add("Host", u.host_header());
  std::string out;
  weft::http::write_request_head(out, head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const std::optional<url> u = parsed(text)) check(*u);
  if (const std::size_t line = text.find('\n'); line != std::string_view::npos) {
    if (const std::optional<url> base = parsed(text.substr(0, line))) {
      check_setters(*base, text.substr(line + 1));
      if (const std::optional<url> u = parsed(text.substr(line + 1), &*base)) check(*u);
    }
  }
  return 0;
}
