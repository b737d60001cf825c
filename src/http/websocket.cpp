#include <weft/http/websocket.hpp>

#include <stdexcept>
#include <utility>

#include "http/websocket_core.hpp"

namespace weft::http {

bool detail::websocket_send::try_now() {
  return prepared_ != nullptr ? core_->try_send(*prepared_) : core_->try_send(kind_, bytes_);
}
task<> detail::websocket_send::wait_for_room() {
  return prepared_ != nullptr ? core_->send(*prepared_) : core_->send(kind_, bytes_);
}

websocket::websocket(byte_stream stream, websocket_role role, const websocket_options& options)
    : websocket{std::make_shared<detail::websocket_core>(std::move(stream), role, options)} {
  core_->keep_alive();
}
websocket::websocket(std::shared_ptr<detail::websocket_core> core) noexcept : core_{std::move(core)} {}
websocket::websocket(websocket&& other) noexcept = default;
websocket& websocket::operator=(websocket&& other) noexcept {
  if (core_) core_->drop();
  core_ = std::move(other.core_);
  return *this;
}
websocket::~websocket() {
  if (core_) core_->drop();
}

detail::websocket_core* websocket::core() const {
  if (!core_) throw std::logic_error{"the WebSocket was moved from"};
  return core_.get();
}

task<std::optional<message>> websocket::receive() { return core()->receive(); }
task<std::optional<message_piece>> websocket::receive_piece() { return core()->receive_piece(); }
task<> websocket::send_owned(websocket& self, std::string text) { co_await self.send(std::string_view{text}); }
task<> websocket::flush() { return core()->flush(); }
task<std::chrono::nanoseconds> websocket::ping() { return core()->ping(); }
task<> websocket::close(websocket_code code, std::string reason) { return core()->close(code, std::move(reason)); }

bool websocket::is_open() const noexcept { return core_ && core_->is_open(); }
websocket_code websocket::close_code() const noexcept { return core_ ? core_->close_code() : websocket_code::abnormal; }
std::string_view websocket::close_reason() const noexcept { return core_ ? core_->close_reason() : std::string_view{}; }
std::string_view websocket::subprotocol() const noexcept { return core_ ? core_->subprotocol() : std::string_view{}; }
bool websocket::compressed() const noexcept { return core_ && core_->compressed(); }
std::string websocket::peer_name() const { return core()->stream().peer_name(); }

}  // namespace weft::http
