#include <stdexcept>
#include <typeinfo>
#include <utility>
#include <weft/core/background_group.hpp>
#include <weft/core/with.hpp>
#include <weft/net/hand_over.hpp>

#include "net/tcp_core.hpp"

namespace weft {

tcp_handover::tcp_handover(tcp_stream&& connection) {
  detail::stream_core& stream = stream_access::core(connection);
  if (typeid(stream) != typeid(detail::tcp_core)) throw std::logic_error{"only a TCP connection can be handed over"};
  auto* const core = static_cast<detail::tcp_core*>(&stream);
  core->check_loop();
  if (!core->is_open()) throw std::logic_error{"a closed stream cannot be handed over"};
  if (core->reading || core->writing) {
    throw std::logic_error{"a stream cannot be handed over while somebody waits to read or write"};
  }
  core->use_system_calls();
  remote_ = core->remote;
  unread_ = core->in.view();
  at_end_ = core->at_end;
  cannot_read_ = core->cannot_read;
  cannot_write_ = core->cannot_write;
  fd_ = owned_descriptor{core->give_up()};
  connection = {};
}

tcp_stream tcp_handover::take() {
  if (!fd_) throw std::logic_error{"the connection has been taken already"};
  auto core = std::make_unique<detail::tcp_core>(fd_.release(), remote_);
  if (!unread_.empty()) core->in.append(unread_);
  core->at_end = at_end_;
  core->cannot_read = cannot_read_;
  core->cannot_write = cannot_write_;
  core->use_ring();
  return stream_access::make<tcp_stream>(std::move(core));
}

namespace detail {

namespace {

/// Tasks for the time of a block; when it is left they are stopped.
class open_connections {
 public:
  background_group& enter() noexcept { return tasks_; }
  task<> exit() { return tasks_.shutdown(); }

 private:
  background_group tasks_;
};

}  // namespace

task<> send_handover(channel<tcp_handover> to, tcp_stream connection) {
  tcp_handover handed{std::move(connection)};
  try {
    co_await to.send(std::move(handed));
  } catch (const channel_closed_error&) {  // NOLINT(bugprone-empty-catch): nobody is there to serve it
  }
}

task<> serve_handed_over(channel<tcp_handover> from, std::unique_ptr<connection_handler<tcp_stream>> handler) {
  open_connections open;
  co_await with(open, [&](background_group& tasks) -> task<> {
    while (std::optional<tcp_handover> next = co_await from.receive()) {
      try {
        tasks.create_task(handler->serve(next->take()));
      } catch (...) {
        require_loop("serve_handed_over").report("A connection's handler failed", std::current_exception());
      }
    }
    co_await tasks.join();
  });
}

}  // namespace detail
}  // namespace weft
