#include "net/openssl.hpp"

#include <openssl/err.h>

#include <climits>
#include <new>
#include <stdexcept>

namespace weft::detail {

std::string take_openssl_reasons() {
  std::string text;
  const char* details = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &details, &flags)) {
    if (!text.empty()) text += "; ";
    if (const char* reason = ERR_reason_error_string(code)) {
      text += reason;
    } else {
      text += "error " + std::to_string(ERR_GET_REASON(code));
    }
    if ((flags & ERR_TXT_STRING) != 0 && details != nullptr && *details != '\0') {
      text.append(" (").append(details).append(")");
    }
  }
  return text;
}

openssl_ptr<BIO> bio_over(std::string_view text) {
  if (text.size() > INT_MAX) throw std::length_error{"PEM text is too long"};
  openssl_ptr<BIO> bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!bio) throw std::bad_alloc{};
  return bio;
}

}  // namespace weft::detail
