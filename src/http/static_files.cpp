#include <fcntl.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>
#include <weft/core/thread_pool.hpp>
#include <weft/http/http_date.hpp>
#include <weft/http/percent_encoding.hpp>

#include "http/accepted_coding.hpp"
#include "http/directory_page.hpp"
#include "http/file_response.hpp"
#include "http/media_types.hpp"
#include "http/static_files_state.hpp"

namespace weft::http {

namespace detail {

namespace {

constexpr std::chrono::milliseconds file_system_tick{20};  ///< twice the longest of Linux
constexpr std::size_t small_file = std::size_t{64} << 10;

struct variant {
  std::string_view coding;
  const char* extension;
};
// Those that compress best first.
constexpr std::array<variant, 3> variants{{{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}}};

const char* extension_of(std::string_view coding) noexcept {
  for (const variant& one : variants) {
    if (one.coding == coding) return one.extension;
  }
  return "";
}

std::chrono::sys_seconds seconds_of(const file_identity& identity) noexcept {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::sys_time{std::chrono::nanoseconds{identity.changed}});
}

/// Strong: another content of the same length within a nanosecond is not to be expected.
std::string etag_of(const file_identity& identity, std::string_view coding) {
  std::array<char, 48> text{};
  char* at = text.data();
  *at++ = '"';
  at = std::to_chars(at, text.data() + text.size(), identity.changed, 16).ptr;
  *at++ = '-';
  at = std::to_chars(at, text.data() + text.size(), identity.size, 16).ptr;
  std::string tag{text.data(), at};
  if (!coding.empty()) tag.append("-").append(coding);
  return tag + '"';
}

/// What a client is told when something cannot be opened.
int status_of(const std::system_error& e) {
  switch (e.code().value()) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EXDEV:  // it leads out of the directory
    case EINVAL:
      return 404;
    case EACCES:
    case EPERM:
      return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return 503;
    default:
      return 500;
  }
}

server_response refusal(int status) {
  return server_response::text(status == 404 ? "not found\n" : "not to be had\n").status(status);
}

}  // namespace

validators served_file::present() const noexcept { return {etag, seconds_of(identity)}; }

static_files_state::static_files_state(const std::filesystem::path& directory, const static_files_options& options)
    : root_{::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)},
      index_{options.index},
      cache_control_{options.cache_control},
      listing_{options.listing},
      hidden_{options.hidden},
      precompressed_{options.precompressed},
      cache_bytes_{options.cache_bytes} {
  if (!root_) throw std::system_error{errno, std::generic_category(), "open directory " + directory.string()};
}

task<server_response> static_files_state::serve(server_request& request, std::string_view encoded_path) {
  if (request.method() != "GET" && request.method() != "HEAD") {
    co_return refusal(405).header("allow", "GET, HEAD");
  }
  std::optional<std::string> path = relative_path(encoded_path);
  if (!path) co_return refusal(404);
  int status = 0;
  try {
    co_return co_await serve_at(request, std::move(*path));
  } catch (const std::system_error& e) {
    status = status_of(e);
    if (status == 500) throw;
  }
  co_return refusal(status);
}

std::optional<std::string> static_files_state::relative_path(std::string_view encoded) const {
  while (encoded.starts_with('/')) encoded.remove_prefix(1);
  std::string path;
  const std::size_t slashes = static_cast<std::size_t>(std::ranges::count(encoded, '/'));
  path = percent_decode(encoded);
  if (path.find('\0') != path.npos) return std::nullopt;
  if (static_cast<std::size_t>(std::ranges::count(path, '/')) != slashes) return std::nullopt;  // an encoded one
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = std::string_view{path}.substr(at, end - at);
    if (segment == "." || segment == "..") return std::nullopt;
    if (!hidden_ && segment.starts_with('.') && segment != ".well-known") return std::nullopt;
    at = end + 1;
  }
  return path;
}

task<server_response> static_files_state::serve_at(server_request& request, std::string path) {
  if (path.empty() || path.ends_with('/')) co_return co_await serve_directory(request, std::move(path));
  std::shared_ptr<served_file> file = known_file(path);
  if (!file) {
    opened_file found = co_await open(path);
    if (found.what == opened_file::kind::directory) {
      std::string to = "/" + percent_encode(path, percent_encode_set::path) + "/";
      if (const std::string_view own = request.path(); own.size() > path.size()) {  // it may be below another path
        const std::size_t first = own.find_first_not_of('/');
        to = "/" + std::string{own.substr(std::min(first, own.size()))} + "/";
      }
      if (!request.query().empty()) to.append("?").append(request.query());
      co_return server_response::redirect(to, 301);
    }
    const std::string_view type = media_type_of(path);
    file = made_file(std::move(found), std::move(path), {}, type);
    keep(file);
  }
  co_return co_await serve_file(request, std::move(file));
}

task<opened_file> static_files_state::open(std::string path) const {
  std::optional<opened_file> found = open_below_at_once(root_.get(), path, small_file);
  if (found) co_return std::move(*found);
  co_return co_await to_thread(open_below, root_.get(), std::move(path), small_file);
}

task<server_response> static_files_state::serve_directory(server_request& request, std::string path) {
  std::string index = path + index_;
  bool has_index = !index_.empty();
  if (has_index) {
    try {
      std::shared_ptr<served_file> file = known_file(index);
      if (!file) {
        opened_file found = co_await open(index);
        if (found.what == opened_file::kind::directory) throw std::system_error{ENOENT, std::generic_category()};
        const std::string_view type = media_type_of(index);
        file = made_file(std::move(found), index, {}, type);
        keep(file);
      }
      co_return co_await serve_file(request, std::move(file));
    } catch (const std::system_error& e) {
      if (e.code() != std::errc::no_such_file_or_directory || !listing_) throw;
      has_index = false;
    }
  }
  if (!listing_) co_return refusal(404);
  co_return co_await serve_listing(request, std::move(path));
}

task<server_response> static_files_state::serve_listing(server_request& request, std::string path) {
  if (path.empty()) path = ".";
  std::vector<directory_entry> all = co_await to_thread(list_below, root_.get(), path);
  if (!hidden_) std::erase_if(all, [](const directory_entry& one) { return one.name.starts_with('.'); });
  co_return server_response::html(directory_page(percent_decode(request.path()), std::move(all)));
}

task<server_response> static_files_state::serve_file(server_request& request, std::shared_ptr<served_file> file) {
  if (precompressed_) look_for_variants(*file);
  const bool varies = !file->codings.empty();
  if (varies && !request.headers().contains("range")) {
    if (const auto coding = accepted_coding(request.headers(), file->codings)) {
      const std::string beside = file->path + extension_of(*coding);
      std::shared_ptr<served_file> compressed = known_file(beside);
      if (!compressed || compressed->coding != *coding) {
        try {
          opened_file found = co_await open(beside);
          compressed = made_file(std::move(found), beside, *coding, media_type_of(file->path));
          keep(compressed);
        } catch (const std::system_error&) {
          compressed = nullptr;  // it has gone, leads out of the directory, or must not be read
        }
      }
      if (compressed) file = std::move(compressed);
    }
  }
  server_response response = respond_with_file(request, *file);
  if (varies) response.header("vary", "accept-encoding");
  co_return response;
}

std::shared_ptr<served_file> static_files_state::known_file(std::string_view path) {
  const auto known = by_path_.find(path);
  if (known == by_path_.end()) return nullptr;
  const entries::iterator at = known->second;
  struct ::stat about{};
  if (::fstatat(root_.get(), (*at)->path.c_str(), &about, 0) != 0 || identity_of(about) != (*at)->identity) {
    forget(at);
    return nullptr;
  }
  kept_.splice(kept_.begin(), kept_, at);
  return *at;
}

std::shared_ptr<served_file> static_files_state::made_file(opened_file found, std::string path, std::string_view coding,
                                                           std::string_view type) {
  auto file = std::make_shared<served_file>();
  file->identity = found.identity;
  file->path = std::move(path);
  file->coding = coding;
  file->etag = etag_of(found.identity, coding);
  if (found.has_content) file->content = std::make_shared<const std::string>(std::move(found.content));
  file->descriptor = std::move(found.descriptor);
  file->fields.add("content-type", type);
  if (!coding.empty()) file->fields.add("content-encoding", coding);
  file->fields.add("etag", file->etag);
  file->fields.add("last-modified", format_http_date(seconds_of(found.identity)));
  file->fields.add("accept-ranges", "bytes");
  if (!cache_control_.empty()) file->fields.add("cache-control", cache_control_);
  return file;
}

/// At most once a second for each file.
void static_files_state::look_for_variants(served_file& file) const {
  constexpr std::chrono::seconds often{1};
  const bool never = file.looked_for_variants == time_point{};
  if (!file.coding.empty() || (!never && now() - file.looked_for_variants < often)) return;
  file.looked_for_variants = now();
  file.codings.clear();
  for (const variant& one : variants) {
    struct ::stat about{};
    const std::string beside = file.path + one.extension;
    if (::fstatat(root_.get(), beside.c_str(), &about, 0) == 0 && S_ISREG(about.st_mode)) {
      file.codings.push_back(one.coding);
    }
  }
}

/// Not a large one: the descriptors of many would use up what the process may have. Nor one that was written just now:
/// it may be written again within the same tick of the file system's clock, and nothing would tell.
void static_files_state::keep(std::shared_ptr<served_file> file) {
  if (!file->content || file->content->size() > cache_bytes_) return;
  const auto age =
      std::chrono::system_clock::now().time_since_epoch() - std::chrono::nanoseconds{file->identity.changed};
  if (age < file_system_tick) return;
  if (const auto known = by_path_.find(file->path); known != by_path_.end()) forget(known->second);
  kept_bytes_ += file->content->size();
  kept_.push_front(std::move(file));
  by_path_.emplace(kept_.front()->path, kept_.begin());
  while (kept_bytes_ > cache_bytes_) forget(std::prev(kept_.end()));
}

void static_files_state::forget(entries::iterator at) {
  kept_bytes_ -= (*at)->content->size();
  by_path_.erase((*at)->path);
  kept_.erase(at);
}

}  // namespace detail

static_files::static_files(const std::filesystem::path& directory, const static_files_options& options)
    : state_{std::make_shared<detail::static_files_state>(directory, options)} {}

task<server_response> static_files::operator()(server_request& request) const { return serve(request, request.path()); }

task<server_response> static_files::serve(server_request& request, std::string_view path) const {
  return state_->serve(request, path);
}

}  // namespace weft::http
