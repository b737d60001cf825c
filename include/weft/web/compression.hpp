#pragma once

#include <cstddef>
#include <type_traits>
#include <weft/core/task.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/web/middleware.hpp>

namespace weft::web {

/// What is compressed.
struct compression_options {
  /// Smaller bodies, as far as their size is known, stay as they are.
  std::size_t min_size = 1024;
};
static_assert(std::is_trivially_destructible_v<compression_options>);

/// A middleware that compresses bodies for clients that say they can take it: zstd, br or gzip, whichever they like
/// best. RFC 9110, section 12.5.3. starlette's GZipMiddleware.
///
///     app.use_middleware(web::compression{});
///
/// It compresses text, JSON, XML, scripts and the like, streamed or not; what is streamed goes out piece by piece as it
/// is written. Left alone: what is encoded already, parts of bodies (206), and `Cache-Control: no-transform`. An ETag
/// becomes weak.
///
/// Over TLS, do not compress a body that holds both a secret and something that a stranger can choose: its size tells
/// of the secret (BREACH).
class compression {
 public:
  explicit compression(const compression_options& options = {}) noexcept : min_size_{options.min_size} {}

  task<http::server_response> operator()(http::server_request& asked, next rest) const {
    return run(*this, asked, rest);
  }

 private:
  static task<http::server_response> run(const compression& self, http::server_request& request, next rest);

  std::size_t min_size_;
};

}  // namespace weft::web
