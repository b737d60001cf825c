#include "files/file_state.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <exception>

namespace weft::detail {

namespace {

/// What one visit to a thread reads at most, so that a stop is noticed in between.
constexpr std::size_t largest_piece = std::size_t{4} << 20;

}  // namespace

file_state::file_state(std::filesystem::path path, descriptor opened, bool appends)
    : path_{std::move(path)}, fd_{std::move(opened)}, appends_{appends} {
  struct stat about{};
  regular_ = ::fstat(fd_.get(), &about) == 0 && (S_ISREG(about.st_mode) || S_ISBLK(about.st_mode));
}

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

void file_state::fill(std::size_t wanted) {
  drain();
  if (taken_ != 0) in_.erase(0, std::exchange(taken_, 0));
  const std::size_t before = in_.size();
  in_.resize(before + std::clamp(wanted, file_buffer_size, largest_piece));
  const ssize_t n = without_interrupts([&] {
    char* const into = in_.data() + before;
    const std::size_t room = in_.size() - before;
    return regular_ ? ::pread(fd(), into, room, static_cast<off_t>(position_)) : ::read(fd(), into, room);
  });
  in_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  if (n < 0) throw_file_error("read", path_);
  at_end_ = n == 0;
  position_ += static_cast<std::uint64_t>(n);
}

void file_state::drain() {
  std::size_t written = 0;
  int error = 0;
  while (written < out_.size() && error == 0) {
    const ssize_t n = without_interrupts([&] {
      const char* const from = out_.data() + written;
      const std::size_t size = out_.size() - written;
      if (!regular_ || appends_) return ::write(fd(), from, size);
      return ::pwrite(fd(), from, size, static_cast<off_t>(position_));
    });
    if (n < 0) {
      error = errno;
    } else {
      written += static_cast<std::size_t>(n);
      position_ += static_cast<std::uint64_t>(n);
    }
  }
  out_.erase(0, written);
  if (error != 0) throw_file_error("write", path_, error);
  if (appends_ && written != 0) position_ = end();
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
