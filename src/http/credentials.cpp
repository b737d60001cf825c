#include "http/credentials.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>
#include <weft/http/percent_encoding.hpp>

namespace weft::http::detail {

std::string basic_credentials(std::string_view user, std::string_view password) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (user.find(':') != std::string_view::npos || std::any_of(user.begin(), user.end(), is_control)) {
    throw std::invalid_argument{"a user name for basic authentication holds no colon and no control bytes"};
  }
  if (std::any_of(password.begin(), password.end(), is_control)) {
    throw std::invalid_argument{"a password for basic authentication holds no control bytes"};
  }
  const std::string plain = std::string{user} + ":" + std::string{password};
  std::string encoded((plain.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

std::string take_credentials(http::url& from) {
  if (from.username().empty() && from.password().empty()) return {};
  const std::string user = percent_decode(from.username());
  const std::string password = percent_decode(from.password());
  from.set_username({});
  from.set_password({});
  return basic_credentials(user, password);
}

}  // namespace weft::http::detail
