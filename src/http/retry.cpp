#include <algorithm>
#include <array>
#include <weft/core/errors.hpp>
#include <weft/http/client_error.hpp>
#include <weft/http/retry.hpp>

namespace weft::http {

bool is_transient_status(int status) noexcept {
  constexpr std::array<int, 7> all{408, 425, 429, 500, 502, 503, 504};
  return std::ranges::find(all, status) != all.end();
}

bool is_transient(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const status_error& e) {
    return is_transient_status(e.status());
  } catch (const too_many_redirects&) {
    return false;
  } catch (const request_error&) {
    return true;
  } catch (const timeout_error&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace weft::http
