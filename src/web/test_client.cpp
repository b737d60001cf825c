#include <string>
#include <utility>
#include <weft/testing/fake_peer.hpp>
#include <weft/web/test_client.hpp>

namespace weft::web {

namespace {

constexpr std::string_view base = "http://app.test";

http::client_options with_base(http::client_options options) {
  if (options.base_url.empty()) options.base_url = base;
  options.use_environment = false;
  return options;
}

task<byte_stream> connect(std::shared_ptr<server> to) {
  testing::stream_pair pair;
  tcp_stream theirs = std::move(pair.peer);
  const endpoint from = theirs.remote_address();
  to->engine().serve(std::move(theirs), from);
  co_return std::move(pair.stream);
}

}  // namespace

test_client::test_client(app& of, const http::client_options& options)
    : http::client{with_base(options)},
      server_{std::make_shared<web::server>(of.server({.listen = false, .end_means_gone = true}))} {
  connect_with([server = std::weak_ptr<web::server>{server_}](const http::url&) { return connect(server.lock()); });
}

http::websocket_connection test_client::websocket(std::string_view path, const http::websocket_options& options) const {
  return http::websocket_connection{*this, path, options};
}

task<test_client&> test_client::begin(test_client& self) {
  co_await self.server_->enter();
  co_return self;
}
task<> test_client::end(test_client& self) {
  self.close_idle();
  co_await self.server_->exit();
}
task<test_client&> test_client::enter() { return begin(*this); }
task<> test_client::exit() { return end(*this); }

}  // namespace weft::web
