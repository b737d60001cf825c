#include "core/inspector.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/descriptor.hpp"
#include "core/environment.hpp"
#include "core/inspect_path.hpp"
#include "core/loop.hpp"
#include "core/task_tree.hpp"

namespace weft::detail {

namespace {

using namespace std::chrono_literals;

/// A loop that does not answer within this is busy.
constexpr auto patience = 200ms;

enum class question : unsigned char { table, tree };

/// Asks the loop, in its turn.
class snapshot_request final : public posted {
 public:
  explicit snapshot_request(question wanted) noexcept : wanted_{wanted} {}
  std::future<std::string> answer() { return answer_.get_future(); }
  void* run() noexcept override {
    event_loop& on = *loop;
    on.current = nullptr;
    try {
      answer_.set_value(wanted_ == question::table ? format_table(on) : format_tree(on));
    } catch (...) {
      answer_.set_exception(std::current_exception());
    }
    delete this;
    return nullptr;
  }

 private:
  question wanted_;
  std::promise<std::string> answer_;
};

std::string busy_text(const step_watch& watch) {
  const step_watch::step now = watch.current();
  if (now.began == 0) return "# the loop does not answer, and runs no task: it waits in a blocking call of its own\n";
  const auto for_ms = (monotonic_now() - now.began) / 1'000'000;
  std::string text =
      "# the loop does not answer: " + now.task + " has been running for " + std::to_string(for_ms) + " ms";
  if (now.from.line() != 0) text.append(", from ").append(describe(now.from));
  if (now.made_at.line() != 0) text.append("; made at ").append(describe(now.made_at));
  return text + "\n";
}

descriptor opened(int fd, const char* what) {
  if (fd < 0) throw std::system_error{errno, std::system_category(), what};
  return descriptor{fd};
}

void send_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool same_user(int fd) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace

class inspector::registration {
 public:
  registration(std::shared_ptr<shared_state> asked, const step_watch& steps) : loop{std::move(asked)}, watch{&steps} {}
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;
  ~registration();

  std::shared_ptr<shared_state> loop;
  const step_watch* watch;
};

namespace {

/// The process's socket and the thread behind it.
class service {
 public:
  explicit service(std::string path)
      : path_{std::move(path)},
        listening_{opened(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket for WEFT_INSPECT")},
        stop_{opened(::eventfd(0, EFD_CLOEXEC), "eventfd")} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path)
      throw error{"WEFT_INSPECT: the path is too long for a socket: " + path_};
    std::memcpy(&address.sun_path[0], path_.c_str(), path_.size() + 1);
    ::unlink(path_.c_str());  // of a process that had the same number and was killed
    if (::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening_.get(), 8) != 0) {
      throw std::system_error{errno, std::system_category(), "WEFT_INSPECT: " + path_};
    }
    thread_ = std::thread{[this] { serve(); }};
  }
  service(const service&) = delete;
  service& operator=(const service&) = delete;
  ~service() {
    const std::uint64_t one = 1;
    while (::write(stop_.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
    thread_.join();
    ::unlink(path_.c_str());
  }

  void add(inspector::registration& loop) {
    const std::lock_guard held{mutex_};
    loops_.push_back(&loop);
  }
  /// Waits for an answer that uses the loop; true if none is left.
  bool remove(inspector::registration& loop) {
    const std::lock_guard held{mutex_};
    std::erase(loops_, &loop);
    return loops_.empty();
  }

 private:
  void serve() noexcept {
    for (;;) {
      std::array<pollfd, 2> wait{{{listening_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
      if (::poll(wait.data(), wait.size(), -1) < 0) continue;
      if (wait[1].revents != 0) return;
      const int peer = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      if (same_user(peer)) answer(peer);
      ::close(peer);
    }
  }

  void answer(int peer) noexcept {
    pollfd wait{peer, POLLIN, 0};
    std::array<char, 16> request{};
    if (::poll(&wait, 1, 1000) != 1) return;
    const ssize_t size = ::recv(peer, request.data(), request.size(), 0);
    if (size <= 0) return;
    const std::string_view asked{request.data(), static_cast<std::size_t>(size)};
    try {
      send_all(peer, ask_all(asked.starts_with("pstree") ? question::tree : question::table));
    } catch (const std::exception& failed) {
      send_all(peer, "# " + std::string{failed.what()} + "\n");
    }
  }

  std::string ask_all(question wanted) {
    const std::lock_guard held{mutex_};
    std::string text;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      if (loops_.size() > 1) text.append("# loop ").append(std::to_string(i + 1)).append("\n");
      text.append(ask(*loops_[i], wanted));
    }
    return text;
  }

  static std::string ask(const inspector::registration& loop, question wanted) {
    auto request = make_owned<snapshot_request>(wanted);
    std::future<std::string> answer = request->answer();
    try {
      loop.loop->post(std::move(request));
      if (answer.wait_for(patience) == std::future_status::timeout) return busy_text(*loop.watch);
      return answer.get();
    } catch (const loop_closed_error&) {  // NOLINT(bugprone-empty-catch)
    } catch (const std::future_error&) {  // NOLINT(bugprone-empty-catch)
      // The loop ended with the request in its queue.
    }
    return "# the loop has ended\n";
  }

  std::string path_;
  descriptor listening_;
  descriptor stop_;
  std::mutex mutex_;
  std::vector<inspector::registration*> loops_;
  std::thread thread_;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): one socket for all loops of the process
std::mutex service_mutex;
std::unique_ptr<service> the_service;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

bool inspector::wanted() noexcept { return switched_on("WEFT_INSPECT"); }

std::shared_ptr<inspector::registration> inspector::add(std::shared_ptr<shared_state> loop, const step_watch& watch) {
  const std::lock_guard held{service_mutex};
  if (!the_service) {
    the_service = std::make_unique<service>(make_inspect_directory(::geteuid()) + inspect_socket_name(::getpid()));
  }
  auto added = std::make_shared<registration>(std::move(loop), watch);
  the_service->add(*added);
  return added;
}

inspector::registration::~registration() {
  const std::lock_guard held{service_mutex};
  if (the_service && the_service->remove(*this)) the_service.reset();
}

}  // namespace weft::detail
