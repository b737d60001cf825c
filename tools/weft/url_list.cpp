#include "url_list.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace weft::tool {

namespace {

constexpr std::size_t piece_size = 64 * 1024;

task<> put_all(queue<std::string>& into, std::vector<std::string> lines) {
  for (std::string& line : lines) co_await into.put(std::move(line));
}

task<> end_of(queue<std::string>& list) {
  list.shutdown();
  co_return;
}

std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

}  // namespace

void line_splitter::feed(std::string_view piece, std::vector<std::string>& lines) {
  for (;;) {
    const std::size_t end = piece.find('\n');
    if (end == std::string_view::npos) break;
    const std::string_view line = piece.substr(0, end);
    if (incomplete_.empty()) {
      add(line, lines);
    } else {
      keep(line);
      finish(lines);
    }
    piece.remove_prefix(end + 1);
  }
  keep(piece);
}

void line_splitter::finish(std::vector<std::string>& lines) {
  add(incomplete_, lines);
  incomplete_.clear();
}

void line_splitter::add(std::string_view line, std::vector<std::string>& lines) {
  constexpr std::string_view blanks = " \t\r\f\v";
  const std::size_t first = line.find_first_not_of(blanks);
  if (first == std::string_view::npos) return;
  line = line.substr(first, line.find_last_not_of(blanks) + 1 - first);
  lines.emplace_back(line.substr(0, longest_line + 1));
}

void line_splitter::keep(std::string_view part) {
  constexpr std::size_t enough = 2 * longest_line;
  if (incomplete_.size() < enough) incomplete_.append(part.substr(0, enough - incomplete_.size()));
}

url_list::url_list(const std::string& path) {
  if (path == "-") {
    file_ = descriptor{STDIN_FILENO};
  } else {
    file_ = descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file_.get() < 0) throw std::system_error{last_error(), path};
  }
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) throw std::system_error{last_error(), path};
  if (S_ISDIR(status.st_mode)) throw std::system_error{EISDIR, std::generic_category(), path};
  if (S_ISREG(status.st_mode)) file_size_ = static_cast<std::uint64_t>(status.st_size);
  wake_ = descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (wake_.get() < 0) throw std::system_error{last_error(), "eventfd"};
}

url_list::~url_list() { stop(); }

void url_list::start(loop_handle loop, queue<std::string>& into) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the loop's thread
  thread_ = std::thread{[this, loop = std::move(loop), &into] {
    try {
      read_all(loop, into);
    } catch (const weft::error&) {
      ended_ = true;  // the loop has ended first
    }
  }};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void url_list::stop() noexcept {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

std::optional<std::uint64_t> url_list::total() const noexcept {
  const std::uint64_t lines = lines_read_.load();
  if (ended_.load()) return lines;
  const std::uint64_t bytes = bytes_read_.load();
  if (file_size_ == 0 || bytes == 0) return std::nullopt;
  return static_cast<std::uint64_t>(static_cast<double>(lines) * static_cast<double>(file_size_) /
                                    static_cast<double>(bytes));
}

void url_list::read_all(const loop_handle& loop, queue<std::string>& into) {
  std::vector<char> piece(piece_size);
  line_splitter splitter;
  while (wait_until_readable()) {
    const ssize_t count = ::read(file_.get(), piece.data(), piece.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) error_ = last_error();

    std::vector<std::string> lines;
    if (count > 0) {
      splitter.feed({piece.data(), static_cast<std::size_t>(count)}, lines);
    } else {
      splitter.finish(lines);
    }
    bytes_read_ += static_cast<std::uint64_t>(count > 0 ? count : 0);
    lines_read_ += lines.size();
    if (count <= 0) ended_ = true;
    if (!lines.empty()) loop.run_coroutine_threadsafe(put_all(into, std::move(lines))).get();
    if (count <= 0) {
      loop.run_coroutine_threadsafe(end_of(into)).get();
      return;
    }
  }
}

/// False if it has been told to stop.
bool url_list::wait_until_readable() {
  std::array<pollfd, 2> either{pollfd{file_.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
  while (::poll(either.data(), either.size(), -1) < 0) {
  }
  return either[1].revents == 0;
}

}  // namespace weft::tool
