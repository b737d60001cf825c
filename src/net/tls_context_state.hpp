#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "net/tls_sessions.hpp"
#include "net/tls_setup.hpp"

namespace weft::detail {

/// What the copies of a tls_context share. Thread-safe.
class tls_context_state {
 public:
  explicit tls_context_state(bool server);

  template <class F>
  void change(F&& change_settings) {
    const std::lock_guard held{mutex_};
    change_settings(settings_);
    changed_ = true;
  }
  /// What connections that begin now work with. Throws as tls_setup's constructor does.
  std::shared_ptr<const tls_setup> setup(bool read_again = false);
  bool is_server() const noexcept { return server_; }

  tls_sessions sessions;

 private:
  const bool server_;
  std::mutex mutex_;
  tls_settings settings_;
  bool changed_ = true;
  std::shared_ptr<const tls_setup> setup_;
};

class tls_context_access {
 public:
  static const std::shared_ptr<tls_context_state>& state(const tls_context& context) { return context.state_; }
};

}  // namespace weft::detail
