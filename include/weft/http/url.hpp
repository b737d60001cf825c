#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weft::http {

namespace detail {
struct url_parts;
}

/// What was given is not a URL. what() names the part of the URL and says why.
class url_error : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// A URL of any scheme, parsed, resolved and written as browsers do it. WHATWG URL.
///
///     url page{"https://example.org/a/b?page=2#top"};
///     url link{"../c", page};                        // https://example.org/c
///     page.set_query("page=3");
///
/// Takes what people paste: spaces around it are trimmed, tabs and line breaks dropped, what must be percent-encoded
/// is, dot segments are resolved, `bücher.example` is `xn--bcher-kva.example`. The schemes that browsers know (http,
/// https, ws, wss, ftp and file: is_special()) get more: `\` is `/`, `0x7f.1` is 127.0.0.1. All text is UTF-8; other
/// bytes are percent-encoded as they are. A value: copy, compare and keep it freely; its parts are views into it, valid
/// until it is changed.
class url {
 public:
  /// Parses an absolute URL.
  /// @throws url_error if it has no scheme, or its host or port is not valid.
  explicit url(std::string_view text);

  /// Parses a reference as a link or a Location header has it, which may be relative to `base`.
  /// @throws url_error as above, and if `base` is one that nothing is relative to (`mailto:`).
  url(std::string_view reference, const url& base);

  /// What stands before the first colon, in lower case: `https`.
  [[nodiscard]] std::string_view scheme() const noexcept { return part(0, scheme_end_); }

  /// True for the schemes that browsers know: http, https, ws, wss, ftp and file.
  [[nodiscard]] bool is_special() const noexcept;

  /// What stands before the `@`, percent-encoded; mostly empty.
  [[nodiscard]] std::string_view username() const noexcept;
  [[nodiscard]] std::string_view password() const noexcept;

  /// False if there is no `//` with a host behind the scheme, as in `mailto:ada@example.org`.
  [[nodiscard]] bool has_host() const noexcept { return has_host_; }

  /// The host in lower case, an IPv4 address in its usual form, or an IPv6 address in brackets. Never empty in http,
  /// https, ws, wss and ftp; of other schemes as it was given, percent-encoded.
  [[nodiscard]] std::string_view host() const noexcept { return part(host_begin_, host_end_); }

  /// The host as a resolver takes it: host(), but without the brackets of an IPv6 address.
  [[nodiscard]] std::string_view host_without_brackets() const noexcept;

  /// The port that is connected to: the one given, or the scheme's own (80 for http, 443 for https); 0 without either.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// The port if it is given and not the scheme's own.
  [[nodiscard]] std::optional<std::uint16_t> explicit_port() const noexcept { return port_; }

  /// The path, percent-encoded. Begins with `/` in the special schemes; may be empty in others.
  [[nodiscard]] std::string_view path() const noexcept { return part(path_begin_, query_begin_); }

  /// True if the path is text of the scheme's own, as in `mailto:` and `data:`, to which nothing is relative.
  [[nodiscard]] bool has_opaque_path() const noexcept { return opaque_path_; }

  /// What stands after the `?`, percent-encoded, without it; empty if there is nothing. url_query reads it.
  [[nodiscard]] std::string_view query() const noexcept { return behind(query_begin_, fragment_begin_); }

  /// True if there is a `?`, even with nothing behind it.
  [[nodiscard]] bool has_query() const noexcept { return query_begin_ != fragment_begin_; }

  /// What stands after the `#`, percent-encoded, without it; empty if there is nothing. Never sent to a server.
  [[nodiscard]] std::string_view fragment() const noexcept { return behind(fragment_begin_, text_.size()); }

  /// True if there is a `#`, even with nothing behind it.
  [[nodiscard]] bool has_fragment() const noexcept { return fragment_begin_ != text_.size(); }

  /// What the request line asks for: path and query. RFC 9112, section 3.2.1.
  [[nodiscard]] std::string_view target() const noexcept { return part(path_begin_, fragment_begin_); }

  /// The value of the Host field: the host, and the port unless it is the scheme's own. RFC 9110, section 7.2.
  [[nodiscard]] std::string_view host_header() const noexcept;

  /// Scheme, host and port of http, https, ws, wss and ftp (and of what a `blob:` names): what two URLs must share to
  /// share a connection or a user's trust. `null` for all others, which are of no other's origin, not even their own.
  /// RFC 6454.
  [[nodiscard]] std::string origin() const;

  /// The whole URL. Parsing it again gives an equal one.
  [[nodiscard]] const std::string& str() const noexcept { return text_; }

  // The setters take what is not encoded yet and may be given views into this URL. All throw url_error and change
  // nothing where browsers ignore what is assigned.

  /// Another scheme, with or without a colon. A port that is the new scheme's own goes.
  /// @throws url_error if it is none, or a special one for a URL that is not or the reverse, or file with credentials.
  void set_scheme(std::string_view scheme);

  /// @throws url_error if there is no host, or the scheme is file.
  void set_username(std::string_view username);
  void set_password(std::string_view password);

  /// Another host, with or without a port, which otherwise stays. What follows them is dropped; so is a bad port.
  /// @throws url_error if it is no host, or the path is opaque.
  void set_host(std::string_view host);

  /// Another host; the port stays. @throws url_error as set_host() does, and if a port follows.
  void set_hostname(std::string_view host);

  /// Another port: the digits at the begin of `port`. Empty for the scheme's own.
  /// @throws url_error if it is none, or there is no host, or the scheme is file.
  void set_port(std::string_view port);
  void set_port(std::uint16_t port);

  /// Another path; `?` and `#` are encoded. @throws url_error if the path is opaque.
  void set_path(std::string_view path);

  /// Another query; a `?` at the begin is dropped. Empty for none. url_query::str() builds one.
  void set_query(std::string_view query);

  /// Another fragment; a `#` at the begin is dropped. Empty for none.
  void set_fragment(std::string_view fragment);

  friend bool operator==(const url& a, const url& b) noexcept { return a.text_ == b.text_; }

 private:
  void assemble(const detail::url_parts& parts);
  [[nodiscard]] detail::url_parts parts() const;
  void set_host(std::string_view given, bool with_port);
  void require_host_for(std::string_view what) const;

  std::string_view part(std::size_t begin, std::size_t end) const noexcept {
    return std::string_view{text_}.substr(begin, end - begin);
  }
  std::string_view behind(std::size_t mark, std::size_t end) const noexcept {
    return mark == end ? std::string_view{} : part(mark + 1, end);
  }

  // scheme ":" ["//" [username [":" password] "@"] host [":" port]] path ["?" query] ["#" fragment]
  std::string text_;
  std::uint32_t scheme_end_ = 0;
  std::uint32_t username_end_ = 0;  // behind the colon of the scheme if there is no host, as the two below
  std::uint32_t host_begin_ = 0;
  std::uint32_t host_end_ = 0;
  std::uint32_t path_begin_ = 0;
  std::uint32_t query_begin_ = 0;     // at the "?", or where it would be
  std::uint32_t fragment_begin_ = 0;  // at the "#", or the end
  std::optional<std::uint16_t> port_;
  bool has_host_ = false;
  bool opaque_path_ = false;
};

}  // namespace weft::http
