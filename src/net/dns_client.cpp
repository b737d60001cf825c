#include "net/dns_client.hpp"

#include <ares.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/core/create_task.hpp>
#include <weft/core/future.hpp>
#include <weft/core/sleep.hpp>
#include <weft/net/detail/socket_leaf.hpp>
#include <weft/net/stream_errors.hpp>

#include "net/resolver.hpp"
#include "net/socket_address.hpp"
#include "net/socket_core.hpp"

namespace weft {

namespace detail {

/// A socket of c-ares, which closes it.
class dns_socket final : public socket_core {
 public:
  using socket_core::socket_core;
  ~dns_socket() override { close(); }
  std::string describe() const override { return "a DNS server"; }
  bool attended_to_read = false;
  bool attended_to_write = false;

 private:
  void release(int) noexcept override {}
};

namespace {

/// Waits until a socket is ready: c-ares does not always read all there is, so an edge is not enough.
class ready_leaf final : public socket_leaf {
 public:
  ready_leaf(dns_socket& socket, direction way) noexcept
      : socket_leaf{socket, way}, events_{static_cast<short>(way == direction::read ? POLLIN : POLLOUT)} {}
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "resolve"; }

 private:
  bool attempt() noexcept override {
    if (!socket_->is_open()) return true;
    if (must_yield()) return false;
    pollfd asked{socket_->watch.fd, events_, 0};
    return ::poll(&asked, 1, 0) > 0;
  }
  short events_;
};

/// As getaddrinfo would have it.
int code_of(int status) noexcept {
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
      return EAI_NONAME;
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
    case ARES_ESERVFAIL:
      return EAI_AGAIN;
    case ARES_ENOMEM:
      return EAI_MEMORY;
    default:
      return EAI_FAIL;
  }
}

[[noreturn]] void throw_setup_error(int status) {
  throw std::system_error{code_of(status), resolve_category(), std::string{"DNS: "} + ares_strerror(status)};
}

/// c-ares's own initialization, once for the process.
void initialize_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) throw_setup_error(status);
}

std::vector<endpoint> addresses_in(const ares_addrinfo& answer) {
  std::vector<endpoint> addresses;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    sockaddr_storage address{};
    std::copy_n(reinterpret_cast<const char*>(node->ai_addr), node->ai_addrlen, reinterpret_cast<char*>(&address));
    const endpoint e = endpoint_access::with_port(endpoint_access::from(address), 0);
    if (std::find(addresses.begin(), addresses.end(), e) == addresses.end()) addresses.push_back(e);
  }
  return addresses;
}

}  // namespace

/// A look-up that waits, as c-ares knows it. The look-up may end before the answer comes.
class dns_client::question {
 public:
  explicit question(dns_client& client, std::string name) : client_{&client}, host_{std::move(name)} {}

  future<std::vector<endpoint>> answer() { return waiting_->get_future(); }
  void forget() noexcept { waiting_.reset(); }

  /// ares_addrinfo_callback: comes once for each question, at the latest when the channel is destroyed.
  static void callback(void* argument, int status, int, ares_addrinfo* result) noexcept {
    const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> owner{result, &ares_freeaddrinfo};
    const std::unique_ptr<std::shared_ptr<question>> self{static_cast<std::shared_ptr<question>*>(argument)};
    (*self)->client_->answered();
    (*self)->set(status, result);
  }

 private:
  /// Without memory for the answer it is all over.
  void set(int status, const ares_addrinfo* result) noexcept {
    if (!waiting_) return;
    std::vector<endpoint> found;
    if (status == ARES_SUCCESS && result != nullptr) found = addresses_in(*result);
    if (!found.empty()) {
      waiting_->set_value(std::move(found));
      return;
    }
    const int code = status == ARES_SUCCESS ? EAI_NONAME : code_of(status);
    waiting_->set_exception(std::make_exception_ptr(std::system_error{code, resolve_category(), "resolve " + host_}));
  }

  dns_client* client_;
  std::string host_;
  std::optional<promise<std::vector<endpoint>>> waiting_{std::in_place};
};

dns_client::dns_client(event_loop& home, task_owner& owner, const dns_options& options) : home_{&home}, owner_{&owner} {
  initialize_library();
  if (options.tries < 1) throw std::invalid_argument{"dns_options.tries: less than one"};
  if (options.timeout.count() < 1) throw std::invalid_argument{"dns_options.timeout: less than a millisecond"};
  ares_options how{};
  how.timeout = static_cast<int>(std::min<std::chrono::milliseconds::rep>(options.timeout.count(), 1'000'000));
  how.tries = options.tries;
  how.sock_state_cb_data = this;
  how.sock_state_cb = [](void* self, ares_socket_t fd, int to_read, int to_write) noexcept {
    static_cast<dns_client*>(self)->wants(fd, to_read != 0, to_write != 0);
  };
  const int status = ares_init_options(&channel_, &how, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) throw_setup_error(status);
  if (options.servers.empty()) return;
  const std::string servers{options.servers};
  if (ares_set_servers_ports_csv(channel_, servers.c_str()) != ARES_SUCCESS) {
    ares_destroy(channel_);
    throw std::invalid_argument{"dns_options.servers: \"" + servers + "\" is no list of addresses"};
  }
}

dns_client::~dns_client() {
  ++open_questions_;  // the loop may have ended: those that are told now stop nothing
  ares_destroy(channel_);
}

task<std::vector<endpoint>> dns_client::look_up(std::shared_ptr<dns_client> self, std::string host) {
  struct forgetting {
    std::shared_ptr<question> asked;
    ~forgetting() { asked->forget(); }
  };
  const forgetting here{std::make_shared<question>(*self, host)};
  const future<std::vector<endpoint>> answer = here.asked->answer();
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  self->asked();
  ares_getaddrinfo(self->channel_, host.c_str(), nullptr, &hints, &question::callback,
                   std::make_unique<std::shared_ptr<question>>(here.asked).release());
  std::vector<endpoint> found = co_await answer;
  co_return found;
}

void dns_client::asked() {
  if (++open_questions_ == 1) time_keeper_ = start_task(*home_, *owner_, keep_time(shared_from_this()), {});
}

void dns_client::answered() noexcept {
  if (--open_questions_ == 0) time_keeper_.cancel();
}

void dns_client::wants(int fd, bool to_read, bool to_write) {
  if (!to_read && !to_write) {
    if (const auto known = sockets_.find(fd); known != sockets_.end()) {
      known->second->close();
      sockets_.erase(known);
    }
    return;
  }
  std::shared_ptr<dns_socket>& socket = sockets_[fd];
  if (!socket) socket = std::make_shared<dns_socket>(fd);
  if (to_read && !std::exchange(socket->attended_to_read, true)) {
    start_task(*home_, *owner_, attend(shared_from_this(), socket, false), {});
  }
  if (to_write && !std::exchange(socket->attended_to_write, true)) {
    start_task(*home_, *owner_, attend(shared_from_this(), socket, true), {});
  }
}

/// Lets c-ares read from a socket whenever it can, or write to it once.
task<> dns_client::attend(std::shared_ptr<dns_client> self, std::shared_ptr<dns_socket> socket, bool to_write) {
  const auto way = to_write ? socket_leaf::direction::write : socket_leaf::direction::read;
  for (;;) {
    co_await ready_leaf{*socket, way};
    if (!socket->is_open()) co_return;
    const int fd = socket->watch.fd;
    if (to_write) {
      socket->attended_to_write = false;
      ares_process_fd(self->channel_, ARES_SOCKET_BAD, fd);
      co_return;
    }
    ares_process_fd(self->channel_, fd, ARES_SOCKET_BAD);
  }
}

std::chrono::nanoseconds dns_client::until_timeout() const noexcept {
  timeval most{1, 0};
  timeval left{};
  ares_timeout(channel_, &most, &left);
  return std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
}

task<> dns_client::keep_time(std::shared_ptr<dns_client> self) {
  for (;;) {
    co_await sleep(self->until_timeout() + std::chrono::milliseconds{1});
    ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }
}

}  // namespace detail

void use_dns_resolver(dns_options options) { detail::resolver::of_this_loop().use_dns(options); }
void use_system_resolver() { detail::resolver::of_this_loop().use_system(); }

}  // namespace weft
