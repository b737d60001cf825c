#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <weft/version.hpp>

#include "fetch_command.hpp"
#include "inspect_command.hpp"
#include "serve_command.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a write fails instead
  CLI::App program{"weft: work on the web, many things at a time; and a look into programs that use weft", "weft"};
  program.set_version_flag("--version", "weft " WEFT_VERSION_STRING);
  program.require_subcommand(1);
  weft::tool::fetch_request request;
  weft::tool::add_fetch_command(program, request);
  weft::tool::serve_request served;
  weft::tool::add_serve_command(program, served);
  weft::tool::inspect_request inspected;
  weft::tool::add_inspect_commands(program, inspected);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return program.exit(e) == 0 ? 0 : weft::tool::wrong_usage;
  }
  try {
    if (program.got_subcommand("serve")) return weft::tool::serve(served);
    return program.got_subcommand("fetch") ? weft::tool::fetch(request) : weft::tool::inspect(inspected);
  } catch (const std::exception& e) {
    fmt::print(stderr, "weft: {}\n", e.what());
    return weft::tool::wrong_usage;
  }
}
