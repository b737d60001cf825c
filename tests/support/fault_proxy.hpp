#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <weft/net/endpoint.hpp>

namespace weft::testing {

/// What a fault_proxy does at some point of a connection.
enum class fault : std::uint8_t {
  none,
  end,         ///< both sides see an orderly end
  reset,       ///< both sides see a reset
  half_close,  ///< no more in this direction, orderly; the other one goes on
  silence      ///< no more in this direction, and nobody is told
};

/// What becomes of one direction of a connection.
struct flow {
  std::size_t passes = std::numeric_limits<std::size_t>::max();  ///< bytes that get through
  fault then = fault::none;                                      ///< when they have
  std::size_t piece = std::size_t{64} << 10;                     ///< bytes that are passed on at a time
};

struct faults {
  flow to_server = {};
  flow to_client = {};
};

/// Stands between TCP clients and their server and spoils their connections, on a thread of its own and with nothing
/// of what is under test. Connections that are still open go with it.
class fault_proxy {
 public:
  /// @param plan gives what becomes of the first connection, for 0, of the second, for 1, ...; it is called on the
  ///             proxy's thread.
  fault_proxy(const endpoint& server, std::function<faults(std::size_t)> plan);
  fault_proxy(const fault_proxy&) = delete;
  fault_proxy& operator=(const fault_proxy&) = delete;
  ~fault_proxy();

  /// What clients connect to.
  endpoint address() const;
  /// How many bytes have passed, of all connections.
  std::size_t passed_to_server() const noexcept;
  std::size_t passed_to_client() const noexcept;

 private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace weft::testing
