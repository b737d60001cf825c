#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <weft/core/thread_pool.hpp>
#include <weft/files/walk.hpp>

#include "files/system_calls.hpp"

namespace weft {
namespace detail {
namespace {

/// How many entries a visit to the thread brings about.
constexpr std::size_t batch_size = 512;

std::filesystem::file_type type_of(mode_t mode) noexcept {
  using std::filesystem::file_type;
  if (S_ISREG(mode)) return file_type::regular;
  if (S_ISDIR(mode)) return file_type::directory;
  if (S_ISLNK(mode)) return file_type::symlink;
  if (S_ISFIFO(mode)) return file_type::fifo;
  if (S_ISSOCK(mode)) return file_type::socket;
  if (S_ISCHR(mode)) return file_type::character;
  if (S_ISBLK(mode)) return file_type::block;
  return file_type::unknown;
}

struct close_directory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// Reads directories one after the other, the innermost first. On a thread, but for its construction.
class walker {
 public:
  walker(std::filesystem::path root, walk_options options) : options_{options} {
    waiting_.push_back({std::move(root), 0});
  }

  struct problem {
    std::filesystem::path path;
    std::error_code error;
  };

  /// Fills `batch` and `problems`; both stay empty at the end.
  void read_batch() {
    batch.clear();
    problems.clear();
    while (batch.size() < batch_size && problems.empty()) {
      if (!open_ && !open_next()) return;
      errno = 0;
      const dirent* const found = ::readdir(open_.get());
      if (found == nullptr) {
        if (errno != 0) note(current_.path, errno);
        open_.reset();
        continue;
      }
      const std::string_view name{&found->d_name[0]};
      if (name != "." && name != "..") add(*found);
    }
  }

  std::vector<directory_entry> batch;
  std::vector<problem> problems;

 private:
  struct place {
    std::filesystem::path path;
    int depth;
  };

  bool open_next() {
    while (!waiting_.empty()) {
      current_ = std::move(waiting_.back());
      waiting_.pop_back();
      open_.reset(::opendir(current_.path.c_str()));
      if (open_ && !seen_before()) return true;
      if (!open_) note(current_.path, errno);
      open_.reset();
      if (!problems.empty()) return false;
    }
    return false;
  }

  /// Links can lead into a ring.
  bool seen_before() {
    if (!options_.follow_symlinks) return false;
    struct stat about{};
    if (::fstat(::dirfd(open_.get()), &about) != 0 || seen_.emplace(about.st_dev, about.st_ino).second) return false;
    note(current_.path, ELOOP);
    return true;
  }

  void add(const dirent& found) {
    directory_entry entry;
    entry.path = current_.path / &found.d_name[0];
    entry.depth = current_.depth;
    mode_t mode = static_cast<mode_t>(DTTOIF(found.d_type));
    struct stat about{};
    if (mode == 0 && ::lstat(entry.path.c_str(), &about) == 0) mode = about.st_mode;  // some file systems do not say
    entry.type = type_of(mode);
    bool enter = S_ISDIR(mode);
    if (S_ISLNK(mode) && options_.follow_symlinks) {
      enter = ::stat(entry.path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
    }
    if (enter && (options_.max_depth < 0 || current_.depth < options_.max_depth)) {
      waiting_.push_back({entry.path, current_.depth + 1});
    }
    batch.push_back(std::move(entry));
  }

  void note(const std::filesystem::path& path, int error) {
    problems.push_back({path, std::error_code{error, std::generic_category()}});
  }

  walk_options options_;
  std::vector<place> waiting_;
  place current_{{}, 0};
  std::unique_ptr<DIR, close_directory> open_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

task<std::vector<directory_entry>> list_whole(std::filesystem::path directory) {
  std::vector<directory_entry> entries = co_await to_thread([&] {
    std::vector<directory_entry> all;
    walker reader{directory, {.max_depth = 0}};
    do {
      reader.read_batch();
      if (!reader.problems.empty()) throw_file_error("read", directory, reader.problems.front().error.value());
      std::move(reader.batch.begin(), reader.batch.end(), std::back_inserter(all));
    } while (!reader.batch.empty());
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return all;
  });
  co_return entries;
}

}  // namespace
}  // namespace detail

async_generator<directory_entry> walk(std::filesystem::path directory, walk_options options) {
  detail::walker reader{std::move(directory), options};
  for (;;) {
    co_await to_thread([&] { reader.read_batch(); });
    if (reader.batch.empty() && reader.problems.empty()) co_return;
    for (directory_entry& entry : reader.batch) co_yield std::move(entry);
    for (const auto& problem : reader.problems) {
      if (options.on_error == nullptr) detail::throw_file_error("read", problem.path, problem.error.value());
      options.on_error(problem.path, problem.error);
    }
  }
}

task<std::vector<directory_entry>> list_directory(std::filesystem::path directory) {
  return detail::list_whole(std::move(directory));
}

}  // namespace weft
