#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace weft::tool {

/// What `weft serve` is to do.
struct serve_request {
  std::string directory = ".";
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  bool tls = false;         ///< with a made-up certificate unless there is one
  std::string certificate;  ///< PEM
  std::string key;          ///< PEM; in the same file if empty
  bool no_listing = false;
  bool hidden = false;
  bool quiet = false;
  std::string cache_control;
  std::size_t workers = 1;
  double drain = 10;  ///< seconds
};

/// Adds the command and its options; parsing fills `request`, which must outlive it.
void add_serve_command(CLI::App& program, serve_request& request);

/// Runs the command until SIGINT or SIGTERM; gives the program's exit status. Throws std::system_error for a directory
/// or an address that cannot be used, tls_error for a certificate.
int serve(const serve_request& request);

}  // namespace weft::tool
