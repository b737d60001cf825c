#include "http/opened_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <utility>

#include "http/file_pages.hpp"

namespace weft::http::detail {

namespace {

using weft::detail::descriptor;

[[noreturn]] void fail(int error, const std::string& path) {
  throw std::system_error{error, std::generic_category(), "open " + path};
}

/// Resolved by the kernel: neither `..` nor a symbolic link leads out. openat2(2), Linux 5.6.
/// @return none, and errno, if that fails.
descriptor try_open_inside(int root, const std::string& path, int flags, std::uint64_t more = 0) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | more;
  const long opened = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  return descriptor{static_cast<int>(opened)};
}

descriptor open_inside(int root, const std::string& path, int flags) {
  descriptor opened = try_open_inside(root, path, flags);
  if (!opened) fail(errno, path);
  return opened;
}

constexpr int to_read = O_RDONLY | O_NONBLOCK | O_NOCTTY;  // a pipe without a writer would block

/// At most `size` bytes: the file may be cut short meanwhile.
std::string read_whole(int file, std::size_t size, const std::string& path) {
  std::string content(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(file, content.data() + got, size - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno, path);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  content.resize(got);
  return content;
}

struct close_directory {
  void operator()(DIR* open) const noexcept { ::closedir(open); }
};

}  // namespace

file_identity identity_of(const struct ::stat& about) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  return {.device = about.st_dev,
          .inode = about.st_ino,
          .changed = about.st_mtim.tv_sec * second + about.st_mtim.tv_nsec,
          .size = static_cast<std::uint64_t>(about.st_size)};
}

namespace {

opened_file look_at(descriptor file, const std::string& path, std::size_t most_content) {
  struct ::stat about{};
  if (::fstat(file.get(), &about) != 0) fail(errno, path);
  opened_file found;
  found.identity = identity_of(about);
  if (S_ISDIR(about.st_mode)) {
    found.what = opened_file::kind::directory;
    return found;
  }
  if (!S_ISREG(about.st_mode)) fail(ENOENT, path);
  if (found.identity.size <= most_content) {
    found.content = read_whole(file.get(), static_cast<std::size_t>(found.identity.size), path);
    found.has_content = true;
  } else {
    found.descriptor = std::make_shared<descriptor>(std::move(file));
  }
  return found;
}

}  // namespace

opened_file open_below(int root, const std::string& path, std::size_t most_content) {
  return look_at(open_inside(root, path, to_read), path, most_content);
}

std::optional<opened_file> open_below_at_once(int root, const std::string& path, std::size_t most_content) {
  descriptor file = try_open_inside(root, path, to_read, RESOLVE_CACHED);
  if (!file) {
    if (errno == ENOENT) fail(errno, path);
    return std::nullopt;  // it must be looked for on the disk, or the kernel is older than 5.12
  }
  struct ::stat about{};
  if (::fstat(file.get(), &about) != 0) fail(errno, path);
  const auto size = static_cast<std::size_t>(about.st_size);
  const bool is_read = S_ISREG(about.st_mode) && size <= most_content && size != 0;
  if (is_read && !lies_in_memory(file.get(), 0, size)) return std::nullopt;
  return look_at(std::move(file), path, most_content);
}

std::vector<directory_entry> list_below(int root, const std::string& path) {
  descriptor directory = open_inside(root, path, O_RDONLY | O_DIRECTORY);
  const std::unique_ptr<DIR, close_directory> open{::fdopendir(directory.get())};
  if (!open) fail(errno, path);
  (void)directory.release();  // closedir() closes it
  std::vector<directory_entry> all;
  for (errno = 0; const dirent* const entry = ::readdir(open.get()); errno = 0) {
    const std::string name{static_cast<const char*>(entry->d_name)};
    struct ::stat about{};
    if (name == "." || name == ".." || ::fstatat(::dirfd(open.get()), name.c_str(), &about, 0) != 0) continue;
    if (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode)) continue;
    all.push_back({.name = name,
                   .is_directory = S_ISDIR(about.st_mode),
                   .size = static_cast<std::uint64_t>(about.st_size),
                   .changed = about.st_mtim.tv_sec});
  }
  if (errno != 0) fail(errno, path);
  return all;
}

}  // namespace weft::http::detail
