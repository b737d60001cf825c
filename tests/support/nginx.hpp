#pragma once

#include <string>
#include <string_view>
#include <support/daemon.hpp>

namespace weft::testing {

/// nginx. Each answer tells in x-connection which connection it came over.
class nginx {
 public:
  /// @param servers what stands in its "http" block. "@0", "@1", ... stand for ports, as many as there are.
  explicit nginx(const std::string& servers)
      : daemon_{configuration(servers), [](const std::string& file) {
                  return std::vector<std::string>{"nginx", "-p", "/", "-c", file, "-e", "stderr"};
                }} {}

  /// On "@n".
  std::string url(std::string_view path, std::size_t n = 0) const {
    return "http://127.0.0.1:" + std::to_string(daemon_.port(n)) + std::string{path};
  }
  std::uint16_t port(std::size_t n = 0) const { return daemon_.port(n); }
  /// What it has written in its log.
  std::string log() const { return daemon_.output(); }

 private:
  static std::string configuration(const std::string& servers) {
    std::string text =
        "daemon off;\nmaster_process off;\npid @dirpid;\nerror_log stderr;\nevents { worker_connections 512; }\n"
        "http {\naccess_log off;\nadd_header x-connection $connection always;\n";
    for (const char* const what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      text += std::string{what} + "_temp_path @dir" + what + ";\n";
    }
    return text + servers + "\n}\n";
  }

  daemon_program daemon_;
};

}  // namespace weft::testing
