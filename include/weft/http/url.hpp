#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weft::http {

/// What was given is not a URL that can be fetched. what() names the part of the URL and says why.
class url_error : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// A URL of the schemes http and https, in the form in which it goes over the wire.
///
/// Takes what browsers take (WHATWG URL): spaces around it are trimmed, tabs and line breaks dropped, what must be
/// percent-encoded is, `\` is `/`, dot segments are resolved, `0x7f.1` is 127.0.0.1. Internationalized host names
/// (IDNA) are not supported yet: give them in their `xn--` form. A value: copy, compare and keep it freely; its parts
/// are views into it.
class url {
 public:
  /// Parses an absolute URL.
  /// @throws url_error if it has no scheme or another one than http and https, or its host or port is not valid.
  explicit url(std::string_view text);

  /// Parses a reference as a link or a Location header has it, which may be relative to `base`.
  /// @throws url_error as above.
  url(std::string_view reference, const url& base);

  /// `http` or `https`.
  [[nodiscard]] std::string_view scheme() const noexcept { return part(0, scheme_end_); }

  /// What stands before the `@`, percent-encoded; mostly empty.
  [[nodiscard]] std::string_view username() const noexcept { return part(scheme_end_ + 3, username_end_); }
  [[nodiscard]] std::string_view password() const noexcept;

  /// The host in lower case, an IPv4 address in its usual form, or an IPv6 address in brackets. Never empty.
  [[nodiscard]] std::string_view host() const noexcept { return part(host_begin_, host_end_); }

  /// The host as a resolver takes it: host(), but without the brackets of an IPv6 address.
  [[nodiscard]] std::string_view host_without_brackets() const noexcept;

  /// The port that is connected to: the one given, or 80 for http and 443 for https.
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// The path, percent-encoded; begins with `/`.
  [[nodiscard]] std::string_view path() const noexcept { return part(path_begin_, query_begin_); }

  /// What stands after the `?`, percent-encoded, without it; empty if there is nothing.
  [[nodiscard]] std::string_view query() const noexcept { return behind(query_begin_, fragment_begin_); }

  /// What stands after the `#`, percent-encoded, without it; empty if there is nothing. Never sent to a server.
  [[nodiscard]] std::string_view fragment() const noexcept { return behind(fragment_begin_, text_.size()); }

  /// What the request line asks for: path and query. RFC 9112, section 3.2.1.
  [[nodiscard]] std::string_view target() const noexcept { return part(path_begin_, fragment_begin_); }

  /// The value of the Host field: the host, and the port unless it is the scheme's own. RFC 9110, section 7.2.
  [[nodiscard]] std::string_view host_header() const noexcept { return part(host_begin_, path_begin_); }

  /// Scheme, host and port: what two URLs must share to share a connection or a cookie jar's trust. RFC 6454.
  [[nodiscard]] std::string origin() const;

  /// The whole URL. Parsing it again gives an equal one.
  [[nodiscard]] const std::string& str() const noexcept { return text_; }

  friend bool operator==(const url& a, const url& b) noexcept { return a.text_ == b.text_; }

 private:
  void parse(std::string_view given, const url* base);

  std::string_view part(std::size_t begin, std::size_t end) const noexcept {
    return std::string_view{text_}.substr(begin, end - begin);
  }
  std::string_view behind(std::size_t mark, std::size_t end) const noexcept {
    return mark == end ? std::string_view{} : part(mark + 1, end);
  }

  // scheme "://" [username [":" password] "@"] host [":" port] path ["?" query] ["#" fragment]
  std::string text_;
  std::size_t scheme_end_ = 0;
  std::size_t username_end_ = 0;
  std::size_t host_begin_ = 0;
  std::size_t host_end_ = 0;
  std::size_t path_begin_ = 0;
  std::size_t query_begin_ = 0;     // at the "?", or where it would be
  std::size_t fragment_begin_ = 0;  // at the "#", or the end
  std::uint16_t port_ = 0;
};

}  // namespace weft::http
