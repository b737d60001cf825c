#pragma once

#include <fstream>
#include <sstream>
#include <string>

namespace weft::testing {

/// The text of a file.
inline std::string content_of(const char* path) {
  std::ostringstream content;
  content << std::ifstream{path}.rdbuf();
  return content.str();
}

}  // namespace weft::testing
