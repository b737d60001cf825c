#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>
#include <weft/net/unix_listener.hpp>

#include "core/descriptor.hpp"
#include "net/inherited.hpp"
#include "net/listening_core.hpp"
#include "net/unix_address.hpp"
#include "net/unix_core.hpp"

namespace weft {

namespace detail {

namespace {

/// The file that a path names, by what it keeps when it is renamed; nothing for an abstract name.
struct file_identity {
  dev_t device = 0;
  ino_t number = 0;
  mode_t mode = 0;

  static file_identity of(const std::string& path) noexcept {
    struct stat found{};
    if (path.front() == '\0' || ::lstat(path.c_str(), &found) != 0) return {};
    return {found.st_dev, found.st_ino, found.st_mode};
  }
  bool same_as(const file_identity& other) const noexcept { return device == other.device && number == other.number; }
};

descriptor new_socket(const std::string& what) {
  descriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) throw_system_error(errno, what);
  return fd;
}

/// Of those who replace files in the same directory, one at a time.
class directory_lock {
 public:
  explicit directory_lock(const std::string& path) {
    const std::string directory = std::filesystem::path{path}.parent_path().string();
    fd_ = descriptor{::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    // Others hold it for microseconds; one that does not let go of it is none of us.
    for (int i = 0; i < 20 && fd_ && ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }

 private:
  descriptor fd_;
};

/// True if the path's file was left behind by a server that is no more.
bool nobody_listens(const unix_address& address, const std::string& path, const std::string& what) {
  if (!S_ISSOCK(file_identity::of(path).mode)) return false;
  const descriptor probe = new_socket(what);
  return ::connect(probe.get(), address.get(), address.length) != 0 && errno == ECONNREFUSED;
}

void bind_to(int fd, const unix_address& address, const std::string& path, const std::string& what) {
  if (::bind(fd, address.get(), address.length) == 0) return;
  if (errno != EADDRINUSE || path.front() == '\0') throw_system_error(errno, what);
  const directory_lock alone{path};
  if (nobody_listens(address, path, what)) ::unlink(path.c_str());
  if (::bind(fd, address.get(), address.length) != 0) throw_system_error(errno, what);
}

}  // namespace

class unix_listener_core final : public listening_core {
 public:
  /// Of a socket that others have made, and whose file is theirs to remove.
  explicit unix_listener_core(int fd) : listening_core{fd}, path_{unix_address::bound_to(fd)} {}
  unix_listener_core(int fd, std::string path)
      : listening_core{fd},
        path_{std::move(path)},
        place_{path_.front() == '\0' ? path_ : std::filesystem::absolute(path_).string()},
        file_{file_identity::of(path_)} {}
  ~unix_listener_core() override { close(); }

  std::string describe() const override { return unix_address::display(path_); }
  const std::string& path() const noexcept { return path_; }

 private:
  void release(int fd) noexcept override {
    // Another server may have replaced it.
    if (file_.number != 0 && file_identity::of(place_).same_as(file_)) ::unlink(place_.c_str());
    listening_core::release(fd);
  }

  std::string path_;
  std::string place_;  // wherever this process may go
  file_identity file_;
};

unix_accept_leaf::unix_accept_leaf(unix_listener_core& listener) noexcept : accept_leaf{listener} {}

namespace {

unix_stream stream_of(int accepted, const socket_core& listener) {
  return stream_access::make<unix_stream>(std::make_unique<unix_core>(accepted, "a client of " + listener.describe()));
}

}  // namespace

unix_stream unix_accept_leaf::await_resume() { return stream_of(take(), *socket_); }

namespace {

std::unique_ptr<unix_listener_core> take_over(owned_descriptor listening) {
  (void)require_loop("unix_listener");
  check_listening(listening.get(), AF_UNIX);
  return std::make_unique<unix_listener_core>(listening.release());
}

std::unique_ptr<unix_listener_core> listen_at(const std::string& path, const unix_listen_options& options) {
  (void)require_loop("unix_listener");
  const unix_address address{path, "listen on"};
  const std::string what = "listen on " + unix_address::display(path);
  descriptor fd = new_socket(what);
  bind_to(fd.get(), address, path, what);
  auto core = std::make_unique<unix_listener_core>(fd.release(), path);
  // Nobody can connect before listen().
  if (path.front() != '\0' && options.permissions != std::filesystem::perms::unknown &&
      ::chmod(path.c_str(), static_cast<mode_t>(options.permissions & std::filesystem::perms::mask)) != 0) {
    throw_system_error(errno, what);
  }
  if (::listen(core->watch.fd, options.backlog) != 0) throw_system_error(errno, what);
  return core;
}

}  // namespace
}  // namespace detail

unix_listener::unix_listener(const std::string& path, unix_listen_options options)
    : core_{detail::listen_at(path, options)} {}
unix_listener::unix_listener(owned_descriptor listening) : core_{detail::take_over(std::move(listening))} {}
unix_listener::unix_listener(unix_listener&& other) noexcept = default;
unix_listener& unix_listener::operator=(unix_listener&& other) noexcept = default;
unix_listener::~unix_listener() = default;

detail::unix_accept_operation unix_listener::accept() {
  if (!core_) throw std::logic_error{"the listener was moved from"};
  return {core_.get()};
}

std::vector<unix_stream> unix_listener::close_and_take() {
  std::vector<unix_stream> came;
  if (!core_ || !core_->is_open()) return came;
  core_->stop_listening();
  endpoint nowhere;
  for (int fd = core_->accept(nowhere); fd >= 0; fd = core_->accept(nowhere)) {
    came.push_back(detail::stream_of(fd, *core_));
  }
  core_->close();
  return came;
}

int unix_listener::native_handle() const noexcept { return core_ ? core_->watch.fd : -1; }

void unix_listener::close() noexcept {
  if (core_) core_->close();
}

const std::string& unix_listener::path() const {
  if (!core_) throw std::logic_error{"the listener was moved from"};
  return core_->path();
}

}  // namespace weft
