#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>

namespace weft::testing {

/// What a test fails with that needs a program which is not there.
[[noreturn]] inline void fail_without(const std::string& program) {
  throw std::runtime_error{program + " is missing: ./dev setup installs it"};
}

/// The path of a program, which is looked for in PATH and where Debian has those that administrators run. Throws if it
/// is nowhere. A name with a slash in it is a path already.
inline std::string installed_program(const std::string& name) {
  const auto is_there = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  if (name.find('/') != name.npos) {
    if (!is_there(name)) fail_without(name);
    return name;
  }
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  std::istringstream directories{std::string{path != nullptr ? path : ""} + ":/usr/sbin"};
  for (std::string directory; std::getline(directories, directory, ':');) {
    std::string program = std::filesystem::path{directory} / name;
    if (is_there(program)) return program;
  }
  fail_without(name);
}

}  // namespace weft::testing
