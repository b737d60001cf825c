#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/openssl.hpp"

namespace weft::detail {

/// What a client needs to resume its sessions with the servers it has talked to last. Thread-safe.
class tls_sessions {
 public:
  /// @param server stands for the server and all that makes a session with it good or bad.
  void keep(const std::string& server, openssl_ptr<SSL_SESSION> session);
  /// The newest one; null if there is none. One of TLS 1.3 is given once (RFC 8446, appendix C.4).
  openssl_ptr<SSL_SESSION> take(const std::string& server);
  void clear();

 private:
  static constexpr std::size_t most_servers = 256;
  static constexpr std::size_t most_of_one = 4;

  struct entry {
    std::string server;
    std::vector<openssl_ptr<SSL_SESSION>> sessions;  // the newest last
  };
  std::mutex mutex_;
  std::list<entry> entries_;  // what was used last is the first
  std::unordered_map<std::string, std::list<entry>::iterator> by_server_;
};

}  // namespace weft::detail
