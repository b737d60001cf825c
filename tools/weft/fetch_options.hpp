#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <weft/http/headers.hpp>

namespace weft::tool {

/// How URLs are fetched, and how much is asked of their servers. Of times, 0 is no limit.
struct fetch_options {
  // ---- what is sent ----
  std::string method = "GET";
  http::headers headers;
  std::string body;
  std::filesystem::path body_file;  ///< holds the body instead, if that is long; empty: none
  std::string content_type;         ///< of the body
  bool has_body = false;

  // ---- how ----
  int redirects = 10;  ///< that are followed
  bool verify = true;
  std::string authorities;  ///< a file with those to trust instead of the system's; empty: the system's
  std::string certificate;  ///< a file with the client's own; empty: none
  std::string key;          ///< a file with its key; empty: in the same file
  std::string proxy;        ///< empty: as the environment says
  bool use_environment = true;
  bool decompress = true;
  bool keep_cookies = true;

  // ---- how much at a time ----
  std::size_t connections = 64;                ///< at the same time
  std::size_t per_host = 0;                    ///< of these, to one host; 0: all
  double rate = 0;                             ///< attempts a second; 0: as many as there can be
  double per_host_rate = 0;                    ///< of these, to one host
  std::chrono::nanoseconds timeout{};          ///< for one attempt, from connecting to the last byte
  std::chrono::nanoseconds connect_timeout{};  ///< for connecting, and for the TLS handshake
  std::chrono::nanoseconds read_timeout{};     ///< for a server that says nothing, or takes nothing

  // ---- what fails ----
  int retries = 0;
  std::chrono::nanoseconds retry_delay{};  ///< before the first of them; doubled for each further one
  std::chrono::nanoseconds longest_retry_delay{};
  bool retry_any_method = false;  ///< also those that may do more when they are sent twice
  int break_after = 0;            ///< failures in a row, after which a host is left alone; 0: never
  std::chrono::nanoseconds break_for{};

  // ---- what becomes of bodies ----
  bool bodies = false;                      ///< put them into the records
  std::size_t body_bytes = 0;               ///< of a body that is put there; what comes after is only counted
  std::filesystem::path save;               ///< the file for the body; empty: none
  std::filesystem::path save_below;         ///< the directory for files, one for each body; empty: none
  std::optional<std::uint64_t> file_bytes;  ///< of a body in a file, above which it fails
};

}  // namespace weft::tool
