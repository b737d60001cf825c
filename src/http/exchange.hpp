#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/http/content_decoder.hpp>
#include <weft/http/request.hpp>

#include "http/client_state.hpp"
#include "http/connection_pool.hpp"

namespace weft::http::detail {

/// A request that has been sent, and the response to it as far as it has been read. Holds the connection.
class exchange {
 public:
  exchange(std::shared_ptr<client_state> client, request_spec spec) noexcept
      : client_{std::move(client)},
        spec_{std::move(spec)},
        wire_{client_->take_buffer()},
        number_{++client_->requests} {}
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  ~exchange();

  /// Sends it, as often as redirects and connections that had died while they were idle make it necessary, and reads
  /// the head of the response. Throws request_error, timeout_error.
  task<> begin();

  const response_head& head() const noexcept { return mocked_ ? mocked_->head : connection().head(); }
  /// A copy, so that the connection's parser keeps its memory.
  response_head take_head() const { return head(); }
  const http::url& url() const noexcept { return spec_.url; }
  /// Once the body has been read.
  http::url take_url() noexcept { return std::move(spec_.url); }
  std::string take_method() noexcept { return std::move(spec_.method); }
  const request_spec& spec() const noexcept { return spec_; }
  int redirects() const noexcept { return redirects_; }
  /// "GET http://example.org/"
  std::string name() const { return spec_.method + " " + spec_.url.str(); }

  /// The next piece of the body, valid until the next call; empty at its end. Throws request_error, timeout_error.
  task<std::string_view> read();
  /// Appends the rest of the body. Throws limit_error if it is more than `limit` bytes, and as read() does.
  task<> read_into(std::string& body, std::size_t limit);
  bool at_end() const noexcept { return ended_; }

 private:
  client_connection& connection() const noexcept { return *lease_->connection(); }
  /// To the present URL, up to the head of the response.
  task<> send();
  task<> send_once(std::optional<std::uint64_t> length);
  std::string_view route() const;
  /// Through a proxy that sees nothing of it.
  bool tunnels() const noexcept;
  void add_own_headers(headers& own) const;
  void write_head(std::optional<std::uint64_t> length);
  void keep_cookies();
  /// Sent on a connection that had been idle, it did not reach the server, and may be sent again.
  bool may_repeat() const noexcept;
  /// True if the response sends the client elsewhere, which is where the request is for then.
  bool follow();
  task<> pass_over_body();
  task<> read_a_little();
  task<> mock();
  task<> write_and_wait();
  void end();
  void drop_connection() noexcept;
  void tell(request_stage stage) const;
  task<> read_piece();
  task<std::string_view> read_raw();
  void begin_decoding();

  std::shared_ptr<client_state> client_;
  request_spec spec_;
  std::optional<connection_pool::lease> lease_;  // until the body has been read
  std::optional<proxy_server> proxy_;
  std::string wire_;
  std::string_view piece_;
  std::optional<content_decoder> decoder_;
  std::string_view encoded_;         // what came and has not been decoded
  std::unique_ptr<char[]> decoded_;  // a piece that was
  int redirects_ = 0;
  int status_ = 0;
  std::uint64_t number_;
  bool ended_ = false;     ///< the body has been read
  bool complete_ = false;  ///< all of the request was sent

  /// What takes the connection's place where there is none.
  struct mocked {
    response_head head;
    std::string body;
  };
  std::optional<mocked> mocked_;
};

}  // namespace weft::http::detail
