// URLs. Input: a URL; if it has several lines, also a base (the first line) and a reference (the others).

#include <weft/http/url.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
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

void check(const url& u) {
  const std::optional<url> again = parsed(u.str());
  require(again && *again == u, "str() parses to itself", u);
  require(again->port() == u.port() && again->path() == u.path() && again->query() == u.query() &&
              again->fragment() == u.fragment() && again->host() == u.host() && again->username() == u.username() &&
              again->password() == u.password(),
          "and so do its parts", u);
  for (const char c : u.str()) require(c > 0x20 && c < 0x7f, "no bytes but printable ASCII", u);
  require(!u.host().empty() && u.host_header().starts_with(u.host()), "there is a host", u);
  require(u.path().starts_with('/') && u.target().starts_with(u.path()), "the path begins with a slash", u);
  require(u.str().starts_with(u.scheme()) && u.str().find(u.host_header()) != std::string::npos, "parts of it", u);

  // It can be asked for.
  weft::http::request_head head;
  head.target = u.target();
  head.headers.add("Host", u.host_header());
  std::string out;
  weft::http::write_request_head(out, head);

  const url same{"", u};
  require(same.target() == u.target() && same.origin() == u.origin() && same.fragment().empty(),
          "an empty reference is the same but for the fragment", u);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const std::optional<url> u = parsed(text)) check(*u);
  if (const std::size_t line = text.find('\n'); line != std::string_view::npos) {
    if (const std::optional<url> base = parsed(text.substr(0, line)))
      if (const std::optional<url> u = parsed(text.substr(line + 1), &*base)) check(*u);
  }
  return 0;
}
