#include <array>
#include <string_view>
#include <weft/net/tls_error.hpp>

namespace weft {

namespace {

class tls_errors final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int code) const override {
    static constexpr std::array<std::string_view, 18> texts{
        "the certificate has expired",
        "the certificate is not valid yet",
        "the certificate is for another host",
        "the certificate is self-signed",
        "the certificate's issuer is not trusted",
        "the certificate was revoked",
        "it is unknown whether the certificate was revoked",
        "bad certificate",
        "a certificate is required",
        "the peer refuses the certificate",
        "no common version of TLS",
        "no common cipher",
        "no common application protocol",
        "the peer has refused",
        "the peer does not speak TLS",
        "a violation of the TLS protocol",
        "the connection was cut",
        "TLS cannot be set up",
    };
    if (code < 1 || code > static_cast<int>(texts.size())) return "unknown TLS error";
    return std::string{texts[static_cast<std::size_t>(code - 1)]};
  }
};

}  // namespace

const std::error_category& tls_category() noexcept {
  static const tls_errors instance;
  return instance;
}

struct tls_error::texts {
  std::string what;
  std::string reasons;
};

tls_error::tls_error(tls_errc code, const std::string& text, const std::string& reasons)
    : std::system_error{make_error_code(code), text},
      texts_{std::make_shared<const texts>(texts{reasons.empty() ? text : text + " [" + reasons + "]", reasons})} {}

const char* tls_error::what() const noexcept { return texts_->what.c_str(); }
const std::string& tls_error::openssl_reasons() const noexcept { return texts_->reasons; }

}  // namespace weft
