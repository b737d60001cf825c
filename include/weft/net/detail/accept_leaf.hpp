#pragma once

#include <weft/net/detail/socket_leaf.hpp>
#include <weft/net/endpoint.hpp>

namespace weft::detail {

class listening_core;

/// Accepts one connection. What kind of stream it becomes is up to the derived class.
class accept_leaf : public socket_leaf {
 protected:
  explicit accept_leaf(listening_core& listener) noexcept;
  ~accept_leaf();

  /// The accepted connection's descriptor, which is the caller's from now on. Throws std::system_error.
  int take();
  /// Where it comes from; without meaning for other families than IPv4 and IPv6.
  const endpoint& peer() const noexcept { return peer_; }

 private:
  bool attempt() noexcept override;
  endpoint peer_;
  int accepted_ = -1;
};

}  // namespace weft::detail
