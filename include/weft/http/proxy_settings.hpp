#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/http/url.hpp>
#include <weft/net/detail/ip_network.hpp>

namespace weft::http {

/// Which proxy the environment wants for which URL, as curl and Python's urllib read it.
///
/// - `http_proxy` is for http and ws, `https_proxy` for https and wss, `all_proxy` for those that have none. Each is a
///   URL; without a scheme it is of http. A variable that is set to nothing says that there is no proxy.
/// - `no_proxy` lists, with commas or spaces between them, what is asked without a proxy: `example.org` or
///   `.example.org` (that name and all below it), an address, a range of addresses like `10.0.0.0/8`, each perhaps with
///   a `:port` behind it, or `*` for everything. Names are not looked up.
/// - The small letters win. Capitals do as well, but not `HTTP_PROXY` in a CGI program (one with `REQUEST_METHOD`):
///   there the client can set it with a header field.
///
/// A value.
class proxy_settings {
 public:
  /// What a variable of the environment says; nullptr if it is not set.
  using lookup = const char* (*)(const char* variable);

  /// No proxies.
  proxy_settings() noexcept = default;

  /// Reads the environment, once.
  /// @throws url_error that names the variable if its value is no URL with a host. What cannot be read in no_proxy is
  /// skipped.
  [[nodiscard]] static proxy_settings from_environment();

  /// The same, from something else than the environment.
  [[nodiscard]] static proxy_settings from(lookup variables);

  /// The proxy to ask for `target`; nullptr if its server is to be asked directly. Of any scheme, such as socks5: it is
  /// for the caller to see whether it can speak that. Valid as long as this is.
  [[nodiscard]] const url* proxy_for(const url& target) const;

 private:
  /// One entry of no_proxy: a name or a range of addresses.
  struct exception {
    std::string name;  // empty for addresses
    std::optional<weft::detail::ip_network> addresses;
    std::optional<std::uint16_t> port;
  };

  static std::optional<exception> parse_exception(std::string_view text);
  [[nodiscard]] bool is_exempt(const url& target) const;

  std::optional<url> http_;
  std::optional<url> https_;
  std::vector<exception> exceptions_;
  bool never_ = false;  // no_proxy=*
};

}  // namespace weft::http
