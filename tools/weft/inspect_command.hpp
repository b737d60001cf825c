#pragma once

#include <sys/types.h>

#include <CLI/CLI.hpp>

namespace weft::tool {

/// What `weft ps PID` and `weft pstree PID` were asked for.
struct inspect_request {
  pid_t process = 0;
  bool tree = false;
};

void add_inspect_commands(CLI::App& program, inspect_request& request);

/// Prints the tasks of another process. Gives the exit status: 0, or 1 if it cannot be asked; says why.
int inspect(const inspect_request& request);

}  // namespace weft::tool
