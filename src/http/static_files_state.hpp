#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/http/static_files.hpp>

#include "core/descriptor.hpp"
#include "http/byte_ranges.hpp"
#include "http/opened_file.hpp"
#include "http/preconditions.hpp"

namespace weft::http::detail {

/// A file as it is served.
struct served_file {
  file_identity identity;
  std::string path;
  std::string_view coding;  ///< in which it lies there: br, zstd, gzip; empty for none
  std::string etag;
  http::headers fields;                                  ///< of every response that has or would have its content
  std::shared_ptr<const std::string> content;            ///< if it is small
  std::vector<std::string_view> codings;                 ///< in which variants of it lie beside it
  std::shared_ptr<weft::detail::descriptor> descriptor;  ///< of the content, if it is not here
  time_point looked_for_variants;

  std::uint64_t size() const noexcept { return content ? content->size() : identity.size; }
  validators present() const noexcept;
};

/// What a static_files and its copies share.
class static_files_state {
 public:
  static_files_state(const std::filesystem::path& directory, const static_files_options& options);

  task<server_response> serve(server_request& request, std::string_view encoded_path);

 private:
  using entries = std::list<std::shared_ptr<served_file>>;

  /// The path in the file system, relative to the directory; nothing for one that must not be.
  std::optional<std::string> relative_path(std::string_view encoded) const;
  task<opened_file> open(std::string path) const;
  task<server_response> serve_at(server_request& request, std::string path);
  task<server_response> serve_directory(server_request& request, std::string path);
  task<server_response> serve_file(server_request& request, std::shared_ptr<served_file> file);
  task<server_response> serve_listing(server_request& request, std::string path);
  /// The file at a path if it is known and has not changed.
  std::shared_ptr<served_file> known_file(std::string_view path);
  std::shared_ptr<served_file> made_file(opened_file found, std::string path, std::string_view coding,
                                         std::string_view type);
  void look_for_variants(served_file& file) const;
  void keep(std::shared_ptr<served_file> file);
  void forget(entries::iterator at);

  weft::detail::descriptor root_;
  std::string index_;
  std::string cache_control_;
  bool listing_;
  bool hidden_;
  bool precompressed_;
  std::size_t cache_bytes_;

  entries kept_;  // used last in front
  std::unordered_map<std::string_view, entries::iterator> by_path_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace weft::http::detail
