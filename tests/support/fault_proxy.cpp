#include "support/fault_proxy.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "net/socket_address.hpp"

namespace weft::testing {

namespace {

using detail::descriptor;

int checked(int result) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), "the fault proxy"};
  return result;
}

/// One direction of a connection.
struct direction {
  int from;
  int to;
  flow plan;
  std::atomic<std::size_t>* count;
  std::size_t passed = 0;
  std::string held = {};  // received, and not sent yet
  bool discards = false;  // what comes is dropped until its end
  bool silent = false;
  bool over = false;
};

class connection {
 public:
  connection(descriptor client, descriptor server, const faults& what, std::atomic<std::size_t>& up,
             std::atomic<std::size_t>& down)
      : client_{std::move(client)},
        server_{std::move(server)},
        ways_{direction{client_.get(), server_.get(), what.to_server, &up},
              direction{server_.get(), client_.get(), what.to_client, &down}} {
    const int on = 1;
    for (const int fd : {client_.get(), server_.get()}) {
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    for (direction& way : ways_) suffer_if_due(way);
  }

  bool over() const noexcept { return dead_ || (ways_[0].over && ways_[1].over); }

  void ask(std::vector<pollfd>& polls) const {
    polls.push_back({client_.get(), events_of(client_.get()), 0});
    polls.push_back({server_.get(), events_of(server_.get()), 0});
    for (pollfd* p = &polls.back() - 1; p <= &polls.back(); ++p) {
      if (p->events == 0) p->fd = -1;
    }
  }

  void act(const pollfd& client, const pollfd& server) {
    for (direction& way : ways_) {
      const pollfd& source = way.from == client_.get() ? client : server;
      const pollfd& target = way.from == client_.get() ? server : client;
      if (dead_ || way.over) continue;
      if (way.silent) {
        if (source.revents != 0 && (source.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) reset();
      } else if (source.revents != 0 || (!way.held.empty() && target.revents != 0)) {
        move(way);
      }
    }
  }

 private:
  short events_of(int fd) const noexcept {
    int events = 0;
    for (const direction& way : ways_) {
      if (way.over) continue;
      if (way.from == fd && way.silent) events |= POLLRDHUP;
      if (way.from == fd && !way.silent && way.held.empty()) events |= POLLIN;
      if (way.to == fd && !way.held.empty()) events |= POLLOUT;
    }
    return static_cast<short>(events);
  }

  void move(direction& way) {
    if (way.held.empty() && !receive(way)) return;
    if (way.discards) return way.held.clear();
    const std::size_t all = way.held.size();
    *way.count += all;  // before whoever gets it may ask
    const ssize_t sent = ::send(way.to, way.held.data(), all, MSG_NOSIGNAL | MSG_DONTWAIT);
    *way.count -= all - static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    if (sent < 0) {
      if (errno != EAGAIN) reset();
      return;
    }
    way.held.erase(0, static_cast<std::size_t>(sent));
    way.passed += static_cast<std::size_t>(sent);
    suffer_if_due(way);
  }

  bool receive(direction& way) {
    std::array<char, 65536> room;
    const std::size_t left = way.discards ? room.size() : way.plan.passes - way.passed;
    const std::size_t wanted = std::min({room.size(), way.discards ? room.size() : way.plan.piece, left});
    const ssize_t got = ::recv(way.from, room.data(), wanted, MSG_DONTWAIT);
    if (got > 0) {
      way.held.assign(room.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      if (!way.discards) ::shutdown(way.to, SHUT_WR);
      way.over = true;
    } else if (errno != EAGAIN) {
      reset();
    }
    return got > 0;
  }

  void suffer_if_due(direction& way) {
    if (dead_ || way.discards || way.passed != way.plan.passes) return;
    switch (way.plan.then) {
      case fault::none:
        break;
      case fault::end:
        for (direction& each : ways_) discard(each);
        break;
      case fault::half_close:
        discard(way);
        break;
      case fault::reset:
        reset();
        break;
      case fault::silence:
        way.silent = true;
        break;
    }
  }

  static void discard(direction& way) noexcept {
    ::shutdown(way.to, SHUT_WR);
    way.discards = true;
    way.held.clear();
  }

  void reset() noexcept {
    const linger hard{1, 0};
    for (descriptor* each : {&client_, &server_}) {
      ::setsockopt(each->get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      each->reset();
    }
    dead_ = true;
  }

  descriptor client_;
  descriptor server_;
  std::array<direction, 2> ways_;
  bool dead_ = false;
};

}  // namespace

class fault_proxy::state {
 public:
  state(const endpoint& server, std::function<faults(std::size_t)> plan)
      : server_{server},
        plan_{std::move(plan)},
        listening_{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))},
        stop_{checked(::eventfd(0, EFD_CLOEXEC))} {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    checked(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any));
    checked(::listen(listening_.get(), 1024));
    thread_ = std::thread{[this] { run(); }};
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }

  endpoint address() const { return endpoint_access::local(listening_.get()); }
  std::size_t up() const noexcept { return up_; }
  std::size_t down() const noexcept { return down_; }

 private:
  void run() {
    std::vector<pollfd> polls;
    for (;;) {
      polls.assign({{listening_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}});
      for (const connection& each : connections_) each.ask(polls);
      if (::poll(polls.data(), polls.size(), -1) < 0) continue;
      if (polls[1].revents != 0) return;
      auto next = polls.begin() + 2;
      for (connection& each : connections_) {
        each.act(next[0], next[1]);
        next += 2;
      }
      connections_.remove_if([](const connection& each) { return each.over(); });
      if (polls[0].revents != 0) accept();
    }
  }

  void accept() {
    descriptor client{::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!client) return;
    descriptor server{checked(::socket(server_.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
    sockaddr_storage to{};
    const socklen_t length = endpoint_access::to(server_, to);
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&to), length) != 0) return;
    connections_.emplace_back(std::move(client), std::move(server), plan_(accepted_++), up_, down_);
  }

  endpoint server_;
  std::function<faults(std::size_t)> plan_;
  descriptor listening_;
  descriptor stop_;
  std::list<connection> connections_;
  std::size_t accepted_ = 0;
  std::atomic<std::size_t> up_ = 0;
  std::atomic<std::size_t> down_ = 0;
  std::thread thread_;
};

fault_proxy::fault_proxy(const endpoint& server, std::function<faults(std::size_t)> plan)
    : state_{std::make_unique<state>(server, std::move(plan))} {}
fault_proxy::~fault_proxy() = default;

endpoint fault_proxy::address() const { return state_->address(); }
std::size_t fault_proxy::passed_to_server() const noexcept { return state_->up(); }
std::size_t fault_proxy::passed_to_client() const noexcept { return state_->down(); }

}  // namespace weft::testing
