#include <algorithm>
#include <stdexcept>
#include <weft/core/thread_pool.hpp>
#include <weft/files/file.hpp>
#include <weft/net/stream_errors.hpp>

#include "files/file_state.hpp"
#include "files/file_steps.hpp"
#include "net/line_search.hpp"

namespace weft {
namespace detail {

namespace {

task<std::string> read_some(file_state& file, std::size_t size) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("read");
  while (file.unread().size() < size) {
    co_await fill(file, size - file.unread().size());
    if (file.at_end()) break;
  }
  std::string text{file.unread().substr(0, size)};
  file.take(text.size());
  co_return text;
}

task<std::string> read_rest(file_state& file, std::size_t limit) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("read");
  do {
    if (file.unread().size() > limit) throw limit_error{"what was left of " + file.path().string(), limit};
    co_await fill(file, std::max(file_buffer_size, file.unread().size()));
  } while (!file.at_end());
  std::string text{file.unread()};
  file.take(text.size());
  co_return text;
}

task<std::optional<std::string>> read_one_line(file_state& file, std::size_t limit) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("read");
  line_search search{limit};
  for (bool ended = false;; ended = file.at_end()) {
    const auto line = search.next(file.unread(), ended, [&] { return "a line of " + file.path().string(); });
    if (line) {
      std::optional<std::string> text{line->text};
      file.take(line->size);
      co_return text;
    }
    if (ended) co_return std::nullopt;
    co_await fill(file, file_buffer_size);
  }
}

async_generator<std::string> each_line(file_state& file, std::size_t limit) {
  for (;;) {
    std::optional<std::string> line = co_await read_one_line(file, limit);
    if (!line) co_return;
    co_yield *std::move(line);
  }
}

task<std::string> read_part(file_state& file, std::uint64_t offset, std::size_t size) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("read");
  if (file.has_unwritten()) co_await write_what_is_buffered(file);
  co_return co_await read_at(file, offset, size);
}

task<> write_text(file_state& file, std::string text) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("write");
  file.put(text);
  if (file.must_drain()) co_await write_what_is_buffered(file);
}

task<> write_part(file_state& file, std::uint64_t offset, std::string text) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("write");
  if (file.has_unwritten()) co_await write_what_is_buffered(file);
  co_await write_at(file, offset, text);
}

task<> drain(file_state& file) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("write");
  if (file.has_unwritten()) co_await write_what_is_buffered(file);
}

task<> sync(file_state& file) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("fsync");
  co_await synchronize(file);
}

task<std::uint64_t> seek(file_state& file, std::int64_t offset, seek_from whence) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("seek");
  std::int64_t base = 0;
  if (whence == seek_from::current) base = static_cast<std::int64_t>(file.position());
  const bool from_end = whence == seek_from::end;
  if (from_end || file.has_unwritten()) {
    const std::uint64_t end = co_await to_thread([&] {
      file.drain();
      return file.end();
    });
    if (from_end) base = static_cast<std::int64_t>(end);
  }
  if (base + offset < 0) throw_file_error("seek", file.path(), EINVAL);
  file.move_to(static_cast<std::uint64_t>(base + offset));
  co_return file.position();
}

task<std::uint64_t> size_of(file_state& file) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("stat");
  co_return co_await to_thread([&] {
    file.drain();
    return file.end();
  });
}

task<> truncate(file_state& file, std::uint64_t size) {
  const lock::guard turn = co_await file.turn.acquire();
  file.check_open("truncate");
  co_await to_thread([&] { file.truncate(size); });
}

task<> close(file_state& file) {
  const lock::guard turn = co_await file.turn.acquire();
  if (file.fd() < 0) co_return;
  co_await to_thread([&] { file.close(); });
}

int flags_of(open_mode mode) {
  const bool reads = mode & open_mode::read;
  const bool writes = mode & (open_mode::write | open_mode::append);
  if (!reads && !writes) throw std::invalid_argument{"open_file needs open_mode::read, write or append"};
  int flags = O_CLOEXEC | (reads && writes ? O_RDWR : writes ? O_WRONLY : O_RDONLY);
  if (mode & open_mode::append) flags |= O_APPEND;
  if (mode & open_mode::create) flags |= O_CREAT;
  if (mode & open_mode::truncate) flags |= O_TRUNC;
  if (mode & open_mode::exclusive) flags |= O_EXCL;
  return flags;
}

task<file> open_with(std::filesystem::path path, int flags, unsigned permissions) {
  descriptor opened = co_await open_descriptor(path, flags, permissions);
  co_return file{std::make_unique<file_state>(std::move(path), std::move(opened), (flags & O_APPEND) != 0)};
}

}  // namespace
}  // namespace detail

file::file() noexcept = default;
file::file(std::unique_ptr<detail::file_state> state) noexcept : state_{std::move(state)} {}
file::file(file&& other) noexcept = default;
file& file::operator=(file&& other) noexcept = default;
file::~file() = default;

detail::file_state& file::state() const {
  if (!state_) throw std::logic_error{"the file was never opened, or was moved from"};
  return *state_;
}

task<std::string> file::read(std::size_t size) { return detail::read_some(state(), size); }
task<std::string> file::read_all(std::size_t limit) { return detail::read_rest(state(), limit); }
task<std::optional<std::string>> file::read_line(std::size_t limit) { return detail::read_one_line(state(), limit); }
async_generator<std::string> file::lines(std::size_t limit) { return detail::each_line(state(), limit); }
task<std::string> file::read_at(std::uint64_t offset, std::size_t size) {
  return detail::read_part(state(), offset, size);
}
task<> file::write(std::string text) { return detail::write_text(state(), std::move(text)); }
task<> file::write_at(std::uint64_t offset, std::string text) {
  return detail::write_part(state(), offset, std::move(text));
}
task<> file::flush() { return detail::drain(state()); }
task<> file::sync() { return detail::sync(state()); }
task<std::uint64_t> file::seek(std::int64_t offset, seek_from whence) { return detail::seek(state(), offset, whence); }
std::uint64_t file::tell() const { return state().position(); }
task<std::uint64_t> file::size() { return detail::size_of(state()); }
task<> file::truncate(std::uint64_t size) { return detail::truncate(state(), size); }
task<> file::close() { return detail::close(state()); }
bool file::is_open() const noexcept { return state_ && state_->fd() >= 0; }
const std::filesystem::path& file::path() const { return state().path(); }
int file::native_handle() const noexcept { return state_ ? state_->fd() : -1; }

task<file> open_file(std::filesystem::path path, open_mode mode, unsigned permissions) {
  return detail::open_with(std::move(path), detail::flags_of(mode), permissions);
}

}  // namespace weft
