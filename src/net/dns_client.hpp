#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/detail/running_task.hpp>
#include <weft/core/task.hpp>
#include <weft/core/task_handle.hpp>
#include <weft/net/dns_resolver.hpp>
#include <weft/net/endpoint.hpp>

struct ares_channeldata;

namespace weft::detail {

class dns_socket;

/// Asks DNS servers, on the loop on which it was made. c-ares makes the sockets and the messages; this waits.
class dns_client : public std::enable_shared_from_this<dns_client> {
 public:
  /// The tasks that wait belong to `owner`. Throws std::invalid_argument, std::system_error.
  dns_client(event_loop& home, task_owner& owner, const dns_options& options);
  dns_client(const dns_client&) = delete;
  dns_client& operator=(const dns_client&) = delete;
  ~dns_client();

  /// The addresses of a name, without ports; or throws like resolve().
  static task<std::vector<endpoint>> look_up(std::shared_ptr<dns_client> self, std::string host);

 private:
  class question;

  /// c-ares tells what it wants to know of a socket: nothing, before it closes it.
  void wants(int fd, bool to_read, bool to_write);
  static task<> attend(std::shared_ptr<dns_client> self, std::shared_ptr<dns_socket> socket, bool to_write);
  static task<> keep_time(std::shared_ptr<dns_client> self);
  void asked();
  void answered() noexcept;
  std::chrono::nanoseconds until_timeout() const noexcept;

  event_loop* home_;
  task_owner* owner_;
  ares_channeldata* channel_ = nullptr;
  std::unordered_map<int, std::shared_ptr<dns_socket>> sockets_;
  std::size_t open_questions_ = 0;
  any_task_handle time_keeper_;
};

}  // namespace weft::detail
