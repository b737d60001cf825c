#include "record_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <string_view>
#include <utility>

namespace weft::tool {

record_writer::record_writer(const std::string& path) {
  if (postgres_sink::is_meant_by(path)) {
    server_.emplace(path);
  } else if (path == "-") {
    file_ = descriptor{STDOUT_FILENO};
  } else {
    file_ = descriptor{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (file_.get() < 0) throw std::system_error{errno, std::generic_category(), path};
  }
}

record_writer::~record_writer() { finish(); }

void record_writer::start(loop_handle loop) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the loop's thread
  thread_ = std::thread{[this, loop = std::move(loop)]() mutable { write_all(std::move(loop)); }};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void record_writer::commit() {
  if (buffer_.size() >= worth_writing) flush();
}

void record_writer::flush() {
  if (failed()) {
    buffer_.clear();
  } else if (!buffer_.empty() && !busy_) {
    hand_over();
  }
}

void record_writer::hand_over() {
  const std::lock_guard held{mutex_};
  piece_.swap(buffer_);
  buffer_.clear();
  busy_ = true;
  changed_.notify_one();
}

task<> record_writer::room() {
  while (crowded()) {
    room_.clear();
    co_await room_.wait();
  }
}

void record_writer::written() {
  commit();
  if (!crowded()) room_.set();
}

void record_writer::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard held{mutex_};
    ending_ = true;
    changed_.notify_one();
  }
  thread_.join();
  buffer_.clear();
}

void record_writer::write_all(std::optional<loop_handle> loop) {
  for (;;) {
    {
      std::unique_lock held{mutex_};
      changed_.wait(held, [&] { return busy_ || ending_; });
      if (!busy_) break;
    }
    write_piece(piece_);
    {
      const std::lock_guard held{mutex_};
      busy_ = false;
    }
    try {
      if (loop) loop->call_soon_threadsafe([this] { written(); });
    } catch (const loop_closed_error&) {  // nobody waits for room any more
      loop.reset();
    }
  }
  write_piece(buffer_);  // what is left: the loop's thread waits
  if (server_) server_->close();
}

void record_writer::write_piece(const std::string& piece) {
  if (piece.empty() || failed()) return;
  if (!server_) return write_to_file(piece);
  try {
    server_->write(piece);
  } catch (const std::exception& e) {
    fail(e.what());
  }
}

void record_writer::write_to_file(std::string_view piece) {
  while (!piece.empty() && !failed()) {
    const ssize_t count = ::write(file_.get(), piece.data(), piece.size());
    if (count >= 0) {
      piece.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // somebody else has made it non-blocking
      pollfd writable{file_.get(), POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      fail(std::error_code{errno, std::generic_category()}.message());
    }
  }
}

void record_writer::fail(std::string why) {
  error_ = std::move(why);
  failed_ = true;
}

}  // namespace weft::tool
