#pragma once

#include <exception>
#include <string>

#include "fetch_record.hpp"

namespace weft::tool {

/// What an exception out of the HTTP client means for a URL.
struct fetch_failure {
  failure kind = failure::none;
  std::string message = {};
  bool out_of_descriptors = false;  ///< this machine has run out of something that others may give back
  bool unsent = false;              ///< the server has not seen the request
  bool passing = false;             ///< another attempt may succeed
};

/// @param request how the client's texts begin: "GET http://example.org/".
fetch_failure failure_of(const std::exception_ptr& error, const std::string& request);

}  // namespace weft::tool
