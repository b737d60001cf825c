#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/stream_core.hpp"
#include "net/tls_engine.hpp"

namespace weft::detail {

/// What a tls_stream consists of: an engine over another stream's core.
class tls_core final : public stream_core, private tls_source {
 public:
  /// @param name of the peer, for messages.
  tls_core(std::shared_ptr<stream_core> below, std::string name, std::shared_ptr<tls_context_state> context,
           std::shared_ptr<const tls_setup> setup, tls_peer peer);
  ~tls_core() override { close(); }

  std::string describe() const override { return name_; }
  void watch_it() override { below_->watch_it(); }
  [[noreturn]] void throw_error(int error, const char* what) const override;

  ssize_t receive(std::span<char> room) noexcept override;
  ssize_t send(const msghdr& message) noexcept override;
  int flush() noexcept override;
  int shut_down_writing() noexcept override;
  int native_handle() const noexcept override { return below_->native_handle(); }

  /// As far as it goes now; -1 and EAGAIN: the peer's turn, or output() to be flushed.
  int handshake() noexcept;
  void renew_keys();

  const tls_engine& engine() const noexcept { return engine_; }
  const stream_core& below() const noexcept { return *below_; }

 private:
  ssize_t receive_ciphertext(std::span<char> room) noexcept override;
  void release(int fd) noexcept override;
  int failed() const noexcept;
  tls_engine::progress encrypt(const msghdr& message, std::size_t& taken) noexcept;
  tls_engine::progress encrypt_piece(std::string_view piece, std::size_t& taken) noexcept;
  void offer_what_was_read_ahead() noexcept;
  void end_orderly() noexcept;
  bool go_on_behind(bool await_end) noexcept;

  std::shared_ptr<stream_core> below_;
  std::string name_;
  tls_engine engine_;
  std::shared_ptr<std::string> rest_;  ///< what shutdown_write() could not send at once
  bool writer_needs_input_ = false;    ///< a write waits for a message that must come first
  std::uint64_t until_new_keys_;       ///< bytes that may still be sent with the same keys
};

}  // namespace weft::detail
