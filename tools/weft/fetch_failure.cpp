#include "fetch_failure.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <weft/core/errors.hpp>
#include <weft/http/client_error.hpp>
#include <weft/http/content_decoder.hpp>
#include <weft/http/error.hpp>
#include <weft/net/stream_errors.hpp>
#include <weft/net/tls_error.hpp>

namespace weft::tool {

namespace {

template <std::size_t N>
bool is_one_of(const std::error_code& error, const std::array<int, N>& codes) noexcept {
  if (error.category() != std::generic_category() && error.category() != std::system_category()) return false;
  for (const int code : codes) {
    if (error.value() == code) return true;
  }
  return false;
}

constexpr std::array shortages{EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL};
constexpr std::array ends_of_connections{ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN, ESHUTDOWN};

bool is_distrust(const std::error_code& error) noexcept {
  return error == tls_errc::self_signed || error == tls_errc::unknown_ca;
}

fetch_failure of_system(const std::system_error& error) {
  const std::error_code& code = error.code();
  if (code.category() == resolve_category()) {
    return {.kind = failure::resolve, .unsent = true, .passing = code == std::errc::resource_unavailable_try_again};
  }
  if (code.category() == tls_category()) {
    const bool cut = code == tls_errc::truncated;
    return {.kind = cut ? failure::connection : failure::tls,
            .message = is_distrust(code) ? "; --cacert FILE trusts an authority of your own" : "",
            .passing = cut};
  }
  if (is_one_of(code, shortages)) return {.kind = failure::system, .out_of_descriptors = true, .unsent = true};
  if (is_one_of(code, ends_of_connections)) return {.kind = failure::connection, .passing = true};
  return {.kind = failure::connect, .unsent = true, .passing = true};
}

fetch_failure of_request(const http::request_error& error) {
  if (!error.cause()) return {.kind = failure::protocol};
  try {
    std::rethrow_exception(error.cause());
  } catch (const std::system_error& e) {
    return of_system(e);
  } catch (const http::truncated_error&) {
    return {.kind = failure::connection, .passing = true};
  } catch (const http::content_error&) {
    return {.kind = failure::encoding};
  } catch (const std::exception&) {
    return {.kind = failure::protocol};
  }
}

/// Without its text; `message` is what is added to that.
fetch_failure by_kind(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const http::too_many_redirects&) {
    return {.kind = failure::redirects};
  } catch (const http::request_error& e) {
    return of_request(e);
  } catch (const timeout_error&) {
    return {.kind = failure::timeout, .passing = true};
  } catch (const limit_error&) {
    return {.kind = failure::limit};
  } catch (const std::exception&) {
    return {.kind = failure::system};
  }
}

}  // namespace

fetch_failure failure_of(const std::exception_ptr& error, const std::string& request) {
  fetch_failure found = by_kind(error);
  std::string text = what(error);
  if (text.starts_with(request + ": ")) text.erase(0, request.size() + 2);
  found.message.insert(0, text);
  return found;
}

}  // namespace weft::tool
