#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>
#include <type_traits>
#include <weft/core/task.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>

namespace weft::http {

namespace detail {
class static_files_state;
}

/// How static_files serves. The views are copied.
struct static_files_options {
  /// What a directory shows, if there is a file of that name in it.
  std::string_view index = "index.html";
  /// Show what is in a directory without such a file, instead of 404.
  bool listing = false;
  /// Serve files and directories whose names begin with a dot; .well-known (RFC 8615) is served in any case.
  bool hidden = false;
  /// Serve FILE.br, FILE.zst or FILE.gz in FILE's place to clients that can decompress them.
  bool precompressed = true;
  /// The value of Cache-Control, for all files; none if empty.
  std::string_view cache_control = {};
  /// How many bytes of small files are kept in memory. Whether they have changed is looked at for each request.
  std::size_t cache_bytes = std::size_t{32} << 20;
};
static_assert(std::is_trivially_destructible_v<static_files_options>);

/// Serves the files below a directory, to GET and HEAD: media types by their names, ETag and Last-Modified with all
/// preconditions, ranges, precompressed variants, index files.
///
///     http::server{http::static_files{"public"}, {.port = 8080}}
///
/// Nothing outside of the directory is served, whatever the path and symbolic links say. Copies share what they know.
/// Belongs to one loop.
class static_files {
 public:
  /// Throws std::system_error that names the directory if it cannot be opened.
  explicit static_files(const std::filesystem::path& directory, const static_files_options& options = {});

  /// Answers a request, whose path is that of a file.
  [[nodiscard]] task<server_response> operator()(server_request& request) const;
  /// Answers a request with what is at another path, percent-encoded: for files that are not at the root of a site.
  /// `path` must live until this is done. It has no slash in front, or one.
  [[nodiscard]] task<server_response> serve(server_request& request, std::string_view path) const;

 private:
  std::shared_ptr<detail::static_files_state> state_;
};

}  // namespace weft::http
