#include "web/session_cookie.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <weft/describe/json.hpp>
#include <weft/http/headers.hpp>
#include <weft/web/security.hpp>

#include "http/set_cookie.hpp"

namespace weft::web {

std::optional<std::string_view> session::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void session::set(std::string_view name, std::string value) {
  values_.insert_or_assign(std::string{name}, std::move(value));
  changed_ = true;
}

void session::erase(std::string_view name) {
  const auto found = values_.find(name);
  if (found == values_.end()) return;
  values_.erase(found);
  changed_ = true;
}

void session::clear() {
  changed_ = changed_ || !values_.empty();
  values_.clear();
}

namespace detail {

namespace {

constexpr std::size_t least_secret = 32;
constexpr std::size_t largest_cookie = 4096;
using values = std::map<std::string, std::string, std::less<>>;

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

/// Of what base64url() has made.
std::string from_base64url(std::string_view text) {
  std::string padded{text};
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const std::size_t padding = (4 - padded.size() % 4) % 4;
  padded.append(padding, '=');
  std::string bytes(padded.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(padded.data()), static_cast<int>(padded.size()));
  if (size < 0 || static_cast<std::size_t>(size) < padding) return {};
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

session_cookie::session_cookie(const session_options& options)
    : name_{options.cookie},
      secret_{options.secret},
      old_secret_{options.old_secret},
      max_age_{options.max_age},
      secure_{options.secure} {
  if (secret_.size() < least_secret || (!old_secret_.empty() && old_secret_.size() < least_secret))
    throw std::invalid_argument{"the secret of sessions must have 32 bytes at least"};
  http::headers{}.add(name_, {});  // the name of a cookie is a token, as that of a field is
}

/// The name is signed too, so that a cookie of another name is no session.
std::string session_cookie::signature(std::string_view text, const std::string& secret) const {
  const std::string whole = name_ + "=" + std::string{text};
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(whole.data()), whole.size(), bytes.data(), &size) == nullptr)
    throw std::runtime_error{"OpenSSL could not sign a session"};
  return base64url({reinterpret_cast<const char*>(bytes.data()), size});
}

session session_cookie::read(std::string_view text, std::chrono::sys_seconds now) const {
  if (text.size() > largest_cookie) return {};
  const std::size_t last = text.rfind('.');
  if (last == text.npos) return {};
  const std::string_view is_signed = text.substr(0, last);
  const std::string_view given = text.substr(last + 1);
  const bool right = same_secret(given, signature(is_signed, secret_)) ||
                     (!old_secret_.empty() && same_secret(given, signature(is_signed, old_secret_)));
  const std::size_t dot = is_signed.find('.');
  if (!right || dot == is_signed.npos) return {};
  std::int64_t made = 0;
  const std::string_view time = is_signed.substr(dot + 1);
  if (std::from_chars(time.data(), time.data() + time.size(), made).ec != std::errc{}) return {};
  const std::chrono::sys_seconds at{std::chrono::seconds{made}};
  if (now - at > max_age_) return {};
  values found;
  if (!read_json(from_base64url(is_signed.substr(0, dot)), found).none()) return {};
  return session{std::move(found)};
}

std::string session_cookie::write(const session& of, std::chrono::sys_seconds now) const {
  std::string text = base64url(to_json(of.values())) + "." + std::to_string(now.time_since_epoch().count());
  text += "." + signature(text, secret_);
  return text;
}

std::string session_cookie::field(const session& of, std::chrono::sys_seconds now) const {
  std::string text =
      http::detail::write_set_cookie(name_, of.empty() ? std::string{} : write(of, now),
                                     {.max_age = of.empty() ? std::chrono::seconds{0} : max_age_, .secure = secure_});
  if (text.size() > largest_cookie) throw std::length_error{"a session is larger than a cookie may be"};
  return text;
}

}  // namespace detail
}  // namespace weft::web
