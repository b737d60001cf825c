#include "files/file_state.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <exception>

namespace weft::detail {

namespace {

/// What is read at once at most, so that a stop is noticed in between.
constexpr std::size_t largest_piece = std::size_t{1} << 20;

}  // namespace

file_state::file_state(std::filesystem::path path, descriptor opened, bool appends)
    : path_{std::move(path)}, fd_{std::move(opened)}, appends_{appends} {}

file_state::~file_state() {
  if (temporary) ::unlink(path_.c_str());
  if (!fd_ || out_.empty() || temporary) return;
  try {
    drain();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // close() would have told.
  }
}

void file_state::check_open(const char* operation) const {
  if (!fd_) throw_file_error(operation, path_, EBADF);
}

void file_state::put(const std::string& text) {
  forget_unread();
  out_.append(text);
}

void file_state::move_to(std::uint64_t position) noexcept {
  in_.clear();
  taken_ = 0;
  at_end_ = false;
  position_ = position;
}

file_state::transfer file_state::begin_fill(std::size_t wanted) {
  if (taken_ != 0) in_.erase(0, std::exchange(taken_, 0));
  filled_ = in_.size();
  in_.resize(filled_ + std::clamp(wanted, file_buffer_size, largest_piece));
  return {in_.data() + filled_, in_.size() - filled_, has_positions_ ? static_cast<std::int64_t>(position_) : -1};
}

void file_state::end_fill(ssize_t n) noexcept {
  const auto got = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  in_.resize(filled_ + got);
  if (n == -ESPIPE) has_positions_ = false;
  at_end_ = n == 0;
  position_ += got;
}

file_state::transfer file_state::next_write() noexcept {
  return {out_.data(), out_.size(), has_positions_ && !appends_ ? static_cast<std::int64_t>(position_) : -1};
}

void file_state::end_write(ssize_t n) noexcept {
  if (n == -ESPIPE) has_positions_ = false;
  if (n <= 0) return;
  out_.erase(0, static_cast<std::size_t>(n));
  position_ += static_cast<std::size_t>(n);
  if (!appends_) return;
  const off_t end = ::lseek(fd(), 0, SEEK_CUR);  // another may have appended too
  if (end >= 0) position_ = static_cast<std::uint64_t>(end);
}

void file_state::fill(std::size_t wanted) {
  drain();
  for (;;) {
    const transfer next = begin_fill(wanted);
    ssize_t n = next.offset < 0 ? ::read(fd(), next.data, next.size) : ::pread(fd(), next.data, next.size, next.offset);
    if (n < 0) n = -errno;
    end_fill(n);
    if (n >= 0) return;
    if (!next.may_try_again(n)) throw_file_error("read", path_, static_cast<int>(-n));
  }
}

void file_state::drain() {
  while (!out_.empty()) {
    const transfer next = next_write();
    ssize_t n =
        next.offset < 0 ? ::write(fd(), next.data, next.size) : ::pwrite(fd(), next.data, next.size, next.offset);
    if (n < 0) n = -errno;
    end_write(n);
    if (n < 0 && !next.may_try_again(n)) throw_file_error("write", path_, static_cast<int>(-n));
  }
}

std::string file_state::read_at(std::uint64_t offset, std::size_t size) const {
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = without_interrupts(
        [&] { return ::pread(fd(), text.data() + got, size - got, static_cast<off_t>(offset + got)); });
    if (n < 0) throw_file_error("read", path_);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  text.resize(got);
  return text;
}

void file_state::write_at(std::uint64_t offset, std::string_view text) const {
  while (!text.empty()) {
    const ssize_t n =
        without_interrupts([&] { return ::pwrite(fd(), text.data(), text.size(), static_cast<off_t>(offset)); });
    if (n < 0) throw_file_error("write", path_);
    offset += static_cast<std::uint64_t>(n);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::uint64_t file_state::end() const {
  struct stat about{};
  if (::fstat(fd(), &about) != 0) throw_file_error("stat", path_);
  return static_cast<std::uint64_t>(about.st_size);
}

void file_state::sync() {
  drain();
  if (::fsync(fd()) != 0) throw_file_error("fsync", path_);
}

void file_state::truncate(std::uint64_t size) {
  drain();
  if (without_interrupts([&] { return ::ftruncate(fd(), static_cast<off_t>(size)); }) != 0) {
    throw_file_error("truncate", path_);
  }
  forget_unread();
}

void file_state::close() {
  std::exception_ptr failed;
  try {
    drain();
  } catch (...) {
    failed = std::current_exception();
  }
  out_.clear();
  const int status = ::close(fd_.release());
  if (failed) std::rethrow_exception(failed);
  if (status != 0 && errno != EINTR) throw_file_error("close", path_);
}

void file_state::forget_unread() noexcept {
  position_ -= unread().size();
  in_.clear();
  taken_ = 0;
  at_end_ = false;
}

}  // namespace weft::detail
