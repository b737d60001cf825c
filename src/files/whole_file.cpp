#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <random>
#include <span>
#include <string_view>
#include <weft/core/thread_pool.hpp>
#include <weft/files/whole_file.hpp>
#include <weft/net/stream_errors.hpp>

#include "core/ring_call.hpp"
#include "files/file_steps.hpp"
#include "net/block_pool.hpp"

namespace weft {
namespace detail {
namespace {

constexpr std::size_t piece = std::size_t{4} << 20;

/// Reads up to `wanted` bytes and appends them; false at the end of the file.
bool read_piece(const descriptor& from, const std::filesystem::path& path, std::string& content, std::size_t wanted) {
  const std::size_t before = content.size();
  content.resize(before + wanted);
  std::size_t got = 0;
  ssize_t n = 1;
  while (got < wanted && n > 0) {
    n = without_interrupts([&] { return ::read(from.get(), content.data() + before + got, wanted - got); });
    if (n > 0) got += static_cast<std::size_t>(n);
  }
  content.resize(before + got);
  if (n < 0) throw_file_error("read", path);
  return n > 0;
}

/// With as few visits to a thread as possible.
task<std::string> read_on_thread(std::filesystem::path path, std::size_t limit) {
  descriptor from;
  std::string content;
  std::size_t expected = 0;
  bool more = co_await to_thread([&] {
    from = descriptor{without_interrupts([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); })};
    if (!from) throw_file_error("open", path);
    struct stat about{};
    if (::fstat(from.get(), &about) != 0) throw_file_error("stat", path);
    if (S_ISREG(about.st_mode)) expected = static_cast<std::size_t>(about.st_size);
    if (expected > limit) throw limit_error{path.string(), limit};
    content.reserve(expected + 1);
    return read_piece(from, path, content, std::min(expected, piece) + 1);  // one more, to see the end
  });
  while (more) {
    if (content.size() > limit) throw limit_error{path.string(), limit};
    more = co_await to_thread([&] { return read_piece(from, path, content, piece); });
  }
  if (content.size() > limit) throw limit_error{path.string(), limit};
  co_return content;
}

/// A block to read into, of those that the thread keeps.
class block {
 public:
  block() = default;
  block(const block&) = delete;
  block& operator=(const block&) = delete;
  ~block() { block_pool::free(memory_, block_pool::block_size); }
  std::span<char> room() const noexcept { return {memory_, block_pool::block_size}; }

 private:
  char* memory_ = block_pool::allocate(block_pool::block_size);
};

/// Most files are small: they come into a block first, so that their text has the size it needs and no more.
task<std::string> read_by_ring(std::filesystem::path path, std::size_t limit) {
  constexpr std::size_t largest_piece = std::size_t{1} << 20;
  const descriptor from = co_await open_descriptor(path, O_RDONLY | O_CLOEXEC, 0);
  const block first;
  std::string content;
  for (;;) {
    std::size_t got = 0;
    if (content.size() < block_pool::block_size) {
      got = co_await read_next(from, path, first.room());
      content.append(first.room().data(), got);
    } else {
      const std::size_t before = content.size();
      content.resize(before + std::min(before, largest_piece));
      got = co_await read_next(from, path, std::span{content}.subspan(before));
      content.resize(before + got);
    }
    if (content.size() > limit) throw limit_error{path.string(), limit};
    if (got == 0) co_return content;
  }
}

task<std::string> read_whole(std::filesystem::path path, std::size_t limit) {
  task<std::string> reading =
      ring_of_this_loop() != nullptr ? read_by_ring(std::move(path), limit) : read_on_thread(std::move(path), limit);
  co_return co_await std::move(reading);
}

void write_all(const descriptor& to, const std::filesystem::path& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = without_interrupts([&] { return ::write(to.get(), text.data(), text.size()); });
    if (n < 0) throw_file_error("write", path);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void sync_directory_of(const std::filesystem::path& path) {
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  const descriptor opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened || ::fsync(opened.get()) != 0) throw_file_error("fsync", directory);
}

void finish(descriptor& written, const std::filesystem::path& path, bool durable) {
  if (durable && ::fsync(written.get()) != 0) throw_file_error("fsync", path);
  if (::close(written.release()) != 0 && errno != EINTR) throw_file_error("close", path);
}

void write_in_place(const std::filesystem::path& path, std::string_view content, const write_file_options& options) {
  descriptor to{without_interrupts(
      [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, options.permissions); })};
  if (!to) throw_file_error("open", path);
  write_all(to, path, content);
  finish(to, path, options.durable);
}

/// A new file in the directory of `path`, with a name like its own, which `beside` gets.
descriptor make_file_beside(const std::filesystem::path& path, mode_t permissions, std::string& beside) {
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::array<char, 8> suffix{};
    const auto end = std::to_chars(suffix.data(), suffix.data() + suffix.size(), random(), 36).ptr;
    beside = path.string() + "." + std::string{suffix.data(), end};
    descriptor made{without_interrupts(
        [&] { return ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions); })};
    if (made) return made;
    if (errno != EEXIST) break;
  }
  throw_file_error("make a file beside", path);
}

void write_beside_and_rename(const std::filesystem::path& asked, std::string_view content,
                             const write_file_options& options) {
  std::error_code is_new;
  const std::filesystem::path target = std::filesystem::canonical(asked, is_new);
  const std::filesystem::path path = is_new ? asked : target;
  struct stat old{};
  const bool replaces = ::stat(path.c_str(), &old) == 0;
  std::string beside;
  descriptor to = make_file_beside(path, replaces ? 0600 : options.permissions, beside);
  try {
    if (replaces && ::fchmod(to.get(), old.st_mode & 07777) != 0) throw_file_error("chmod", beside);
    write_all(to, path, content);
    finish(to, path, options.durable);
    if (::rename(beside.c_str(), path.c_str()) != 0) throw_file_error("rename to", path);
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
  if (options.durable) sync_directory_of(path);
}

task<> write_whole(std::filesystem::path path, std::string content, write_file_options options) {
  co_await to_thread([&] {
    if (options.atomic) {
      write_beside_and_rename(path, content, options);
    } else {
      write_in_place(path, content, options);
    }
  });
}

}  // namespace
}  // namespace detail

task<std::string> read_file(std::filesystem::path path, std::size_t limit) {
  return detail::read_whole(std::move(path), limit);
}

task<> write_file(std::filesystem::path path, std::string content, write_file_options options) {
  return detail::write_whole(std::move(path), std::move(content), options);
}

}  // namespace weft
