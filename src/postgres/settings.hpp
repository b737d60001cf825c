#pragma once

#include <chrono>
#include <map>
#include <string>
#include <weft/core/task.hpp>

namespace weft::postgres::detail {

/// What is known of where to connect to, by libpq's keywords.
using settings = std::map<std::string, std::string>;

/// What a URI or a keyword string says, and what the service says that it names, or PGSERVICE. Throws
/// std::invalid_argument.
settings settings_of(const std::string& where);

/// Also what the environment says, or nothing.
std::string setting(const settings& all, const char* keyword, const char* variable);

/// connect_timeout; zero for none.
std::chrono::seconds timeout_of(const settings& all);

/// Looks the hosts' names up, so that libpq need not, which blocks for that: a host for each address. Throws
/// connection_error if none is known.
task<> resolve_hosts(settings& all);

}  // namespace weft::postgres::detail
