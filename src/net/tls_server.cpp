#include <optional>
#include <system_error>
#include <weft/core/errors.hpp>
#include <weft/net/tls_server.hpp>

#include "net/tls_handshake.hpp"

namespace weft {

namespace detail {

/// What a server and its connections share. The server object may move.
class tls_server_state {
 public:
  tls_server_state(tls_context shared, std::unique_ptr<connection_handler<tls_stream>> serves, tls_server_options how)
      : context{std::move(shared)}, handler{std::move(serves)}, options{how} {}

  void failed(const endpoint& client, const std::exception_ptr& failure) {
    ++failed_handshakes;
    if (hook) hook(client, failure);
  }

  tls_context context;
  std::unique_ptr<connection_handler<tls_stream>> handler;
  tls_server_options options;
  tls_server::failure_hook hook;
  std::uint64_t completed_handshakes = 0;
  std::uint64_t failed_handshakes = 0;
};

namespace {

/// A stream, unless the handshake fails.
task<std::optional<tls_stream>> shake_hands(tls_server_state& server, tcp_stream connection) {
  const endpoint client = connection.remote_address();
  try {
    tls_stream stream = co_await accept_tls(stream_access::take(std::move(connection)), server.context,
                                            server.options.handshake_timeout);
    ++server.completed_handshakes;
    co_return std::optional<tls_stream>{std::move(stream)};
  } catch (const std::system_error&) {
    server.failed(client, std::current_exception());
  } catch (const timeout_error&) {
    server.failed(client, std::current_exception());
  }
  co_return std::nullopt;
}

task<> serve_with_tls(tls_server_state& server, tcp_stream connection) {
  std::optional<tls_stream> stream = co_await shake_hands(server, std::move(connection));
  if (!stream) co_return;
  task<> served = server.handler->serve(std::move(*stream));
  stream.reset();
  co_await std::move(served);
}

class tls_adaptor final : public connection_handler<tcp_stream> {
 public:
  explicit tls_adaptor(std::shared_ptr<tls_server_state> server) noexcept : server_{std::move(server)} {}
  task<> serve(tcp_stream connection) override { return serve_with_tls(*server_, std::move(connection)); }

 private:
  std::shared_ptr<tls_server_state> server_;
};

}  // namespace
}  // namespace detail

tls_server::tls_server(std::string host, std::uint16_t port, tls_context context,
                       std::unique_ptr<detail::connection_handler<tls_stream>> handler, tls_server_options options)
    : state_{std::make_shared<detail::tls_server_state>(std::move(context), std::move(handler), options)},
      server_{std::move(host), port, std::make_unique<detail::tls_adaptor>(state_), options.listen} {}
tls_server::tls_server(tls_server&& other) noexcept = default;
tls_server::~tls_server() = default;

void tls_server::on_failed_handshake(failure_hook hook) { state_->hook = std::move(hook); }
std::uint64_t tls_server::completed_handshakes() const noexcept { return state_->completed_handshakes; }
std::uint64_t tls_server::failed_handshakes() const noexcept { return state_->failed_handshakes; }

task<tls_server&> tls_server::enter() { return listen(*this); }

task<tls_server&> tls_server::listen(tls_server& self) {
  self.state_->context.load();
  co_await self.server_.enter();
  co_return self;
}

}  // namespace weft
