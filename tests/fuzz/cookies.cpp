// The cookie jar. Input: lines, each the value of a Set-Cookie field, but for those that begin with `@`, which say from
// what URL the next ones come. If the first byte is a tab, a cookies.txt.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <http/set_cookie.hpp>
#include <string>
#include <string_view>
#include <weft/http/cookie_jar.hpp>
#include <weft/http/domain.hpp>

namespace {

using weft::http::cookie;
using weft::http::cookie_jar;
using weft::http::url;

constexpr cookie_jar::time_point now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};

void require(bool holds, const char* what, const std::string& about) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s: %s\n", what, about.c_str());
  std::abort();
}

bool starts_with_url(std::string_view line, url& out) {
  if (!line.starts_with('@')) return false;
  try {
    url given{line.substr(1)};
    if (given.has_host()) out = std::move(given);
  } catch (const weft::http::url_error&) {
    return true;
  }
  return true;
}

void check(cookie_jar& jar, const url& from) {
  require(jar.size() <= 8, "the limit in all", std::to_string(jar.size()));
  require(jar.all().size() == jar.size(), "the count", std::to_string(jar.size()));
  for (const cookie& one : jar.all()) {
    require(!weft::http::detail::has_cookie_control(one.name + one.value + one.path), "no controls", one.name);
    require(one.path.starts_with('/'), "a path", one.path);
    require(one.host_only || !weft::http::is_public_suffix(one.domain), "nobody's for a public suffix", one.domain);
    require(!one.expires || (*one.expires > now && *one.expires <= now + std::chrono::days{400}), "its life", one.name);
  }
  for (const url& to : {from, url{"https://example.org/"}, url{"http://www.example.org/a/b"}}) {
    const std::string header = jar.header_for(to, now);
    require(header.size() <= 100, "the limit of the header", header);
    require(header.find_first_of("\r\n") == std::string::npos, "one line", header);
    cookie_jar copy = jar;
    require(copy.header_for(to, now) == header, "asking changes nothing", header);
  }

  // What is written can be read and is the same then.
  const std::string text = jar.text(now);
  cookie_jar again{{.per_domain = 4, .total = 8, .header_bytes = 100}};
  again.add_text(text, now);
  require(again.text(now) == text, "saved and loaded", text + "---\n" + again.text(now));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  url from{"https://www.example.org/a/b"};
  cookie_jar jar{{.per_domain = 4, .total = 8, .header_bytes = 100}};

  if (text.starts_with('\t')) {
    jar.add_text(text.substr(1), now);
    check(jar, from);
    return 0;
  }
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!starts_with_url(line, from)) jar.store(line, from, now);
  }
  check(jar, from);
  return 0;
}
