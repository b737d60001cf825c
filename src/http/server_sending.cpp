// The output of a connection on its way.

#include "http/server_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <span>
#include <system_error>

#include "http/output_turn.hpp"

namespace weft::http::detail {

/// Sends what has been written.
task<> server_connection::flush() { return flush_output(*this); }

task<> server_connection::flush_output(server_connection& self) {
  while (self.sending_in_background_) co_await output_turn{self};
  if (self.lost_) {
    if (self.stops() || self.handling_in_ == nullptr) {
      throw std::system_error{std::make_error_code(std::errc::connection_reset), "the HTTP client has gone"};
    }
    self.work_->out.cut(0);
    co_return;
  }
  if (self.work_->out.empty()) co_return;
  const raised writing{self.writing_};
  self.begin_sending();
  co_await self.stream_.write(self.work_->out.view());
  self.end_sending();
  self.work_->out.cut(0);
}

task<> server_connection::send_large(server_connection& self, server_response& response) {
  const std::array<std::string_view, 2> parts = {self.work_->out.view(), response.body()};
  const raised writing{self.writing_};
  self.begin_sending();
  co_await self.stream_.write(std::span{parts});
  self.no_deadline();
  self.work_->out.cut(0);
}

/// So that the client notices that the response is not complete.
void server_connection::cut_off() noexcept {
  closing_ = lost_ = true;
  reset();
}

void server_connection::reset() noexcept {
  const ::linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(stream_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  stream_.close();
}

}  // namespace weft::http::detail
