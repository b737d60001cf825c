#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fetch_options.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): of the library that reads command lines
class App;       // NOLINT(readability-identifier-naming)
}

namespace weft::tool {

/// What `weft fetch` was asked to do.
struct fetch_request {
  std::vector<std::string> urls;
  std::string list;          ///< a file of URLs; "-": standard input; empty: none
  std::string output = "-";  ///< where the records go; "-": standard output
  bool quiet = false;
  fetch_options options;

  // What its options are made of.
  std::string method;
  std::optional<double> timeout;          ///< seconds
  std::optional<std::uint64_t> max_body;  ///< bytes
  bool no_redirects = false;
  bool no_compression = false;
  bool no_cookies = false;
  bool no_environment = false;
  bool insecure = false;
};

/// How the program ends.
enum exit_status : int {
  all_succeeded = 0,
  some_failed = 1,
  wrong_usage = 2,        ///< or what was named cannot be opened or read
  output_failed = 3,      ///< records are missing
  ended_by_signal = 128,  ///< plus its number
};

/// Declares the command; what is given on the command line goes to `request`.
CLI::App& add_fetch_command(CLI::App& program, fetch_request& request);

/// Does it. @return the status that the program ends with.
int fetch(const fetch_request& request);

}  // namespace weft::tool
