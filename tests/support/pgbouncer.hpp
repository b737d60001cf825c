#pragma once

#include <unistd.h>
#include <string>
#include <support/daemon.hpp>
#include <vector>

namespace weft::testing {

/// pgbouncer in transaction mode: each transaction may run on another of two connections to the server.
class pgbouncer {
 public:
  /// @param server a keyword string of how to get to the server
  explicit pgbouncer(const std::string& server)
      : daemon_{"[databases]\n* = " + server +
                    "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = @0\nauth_type = any\n"
                    "unix_socket_dir =\npool_mode = transaction\ndefault_pool_size = 2\n",
                [](const std::string& file) {
                  std::vector<std::string> command{"pgbouncer"};
                  if (::geteuid() == 0) command.insert(command.end(), {"-u", "postgres"});  // it refuses to be root
                  command.push_back(file);
                  return command;
                }} {}

  std::string uri() const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(daemon_.port()) + "/postgres?sslmode=disable";
  }

 private:
  daemon_program daemon_;
};

}  // namespace weft::testing
