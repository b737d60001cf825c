#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#include <weft/http/cookie.hpp>
#include <weft/http/url.hpp>

namespace weft::http {

/// How much a cookie_jar keeps and sends.
struct cookie_limits {
  std::size_t per_domain = 180;  ///< cookies of one domain; the least recently used go first, insecure ones before all
  std::size_t total = 3000;      ///< cookies in all; the least recently used go first
  std::size_t header_bytes = 8190;  ///< length of a Cookie field; the cookies that do not fit are left out
};
static_assert(std::is_trivially_destructible_v<cookie_limits>);

/// The cookies that servers have set, and which of them go with a request. RFC 6265bis; the list of public suffixes
/// (see is_public_suffix()) says for which domains nobody may set any.
///
///     cookie_jar jar;
///     jar.store("id=42; Path=/; Secure; Max-Age=3600", url{"https://example.org/login"}, now);
///     jar.header_for(url{"https://example.org/inbox"}, now);  // id=42
///
/// Cookies last for 400 days at most. Secure cookies are set and sent over TLS only, also on this computer. Neither
/// reads a clock nor a file: time is an argument, and a jar is saved as text. Belongs to one thread. A value: a copy is
/// a jar of its own.
class cookie_jar {
 public:
  using time_point = std::chrono::system_clock::time_point;

  explicit cookie_jar(const cookie_limits& limits = {}) noexcept : limits_{limits} {}

  /// Takes the value of a Set-Cookie field. RFC 6265bis, sections 5.6 and 5.7.
  /// @param from the URL of the request that was answered with it.
  /// @return false if it must be ignored: because the URL is not of http, https, ws or wss, because of control bytes,
  /// more than 4096 bytes of name and value, a domain that is not the server's or a public suffix, a secure cookie that
  /// came without TLS or is in the way of this one, or a broken promise of a `__Secure-` or `__Host-` name. A cookie
  /// that has expired removes the one it replaces.
  bool store(std::string_view set_cookie, const url& from, time_point now);

  /// The value of the Cookie field for a request; empty if no cookie goes with it. Longer paths first, then older
  /// cookies. RFC 6265bis, section 5.8.3.
  [[nodiscard]] std::string header_for(const url& to, time_point now);

  /// Adds a cookie by hand, or replaces the one of the same name, domain, host_only and path. What servers may not do
  /// is allowed here, but for what cannot be sent. An expired one removes what it replaces.
  /// @throws std::invalid_argument if name and value are both empty or longer than 4096 bytes, if they hold control
  /// bytes, a semicolon or spaces around them, or the name a `=`; if the path holds control bytes or does not begin
  /// with
  /// `/`; if there is no domain or a dot before it; url_error if the domain is no host.
  void add(cookie one, time_point now);

  /// The cookies, in the order of their domains, then of their age. Expired ones may be among them.
  [[nodiscard]] std::vector<cookie> all() const;

  /// How many cookies there are, perhaps expired ones among them.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// Drops the cookies that have expired. They are never sent, and are the first to go where a limit is reached.
  void remove_expired(time_point now);

  /// Drops the cookies that last as long as the session: a new one begins.
  void end_session();

  /// Drops all cookies.
  void clear() noexcept;

  /// The jar as text, in the format of cookies.txt (Netscape's, as curl, wget and yt-dlp read and write it): one line
  /// for each cookie, with tabs between its fields. Cookies of the session are written with the time 0. The format
  /// has no place for same_site, nor for a cookie with a tab in its name or path, which is left out.
  [[nodiscard]] std::string text(time_point now) const;

  /// Adds the cookies of such a text. Lines that are not cookies are skipped, and so are expired ones and those that
  /// no server could have set.
  /// @return how many were added.
  std::size_t add_text(std::string_view text, time_point now);

 private:
  struct entry {
    cookie value;
    std::uint64_t created;  // both count events, since many happen at one time
    std::uint64_t used;
  };
  using entries = std::vector<entry>;

  [[nodiscard]] bool hidden_by_secure(const cookie& one, std::chrono::sys_seconds now) const;
  void put(cookie one, std::chrono::sys_seconds now);
  void keep_domain_limit(entries& of_domain, std::chrono::sys_seconds now);
  void keep_total_limit(std::chrono::sys_seconds now);
  template <class Predicate>
  std::size_t remove_if(Predicate gone);

  cookie_limits limits_;
  std::map<std::string, entries, std::less<>> domains_;
  std::size_t size_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace weft::http
