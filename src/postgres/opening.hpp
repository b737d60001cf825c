#pragma once

#include <memory>
#include <string>
#include <weft/core/task.hpp>
#include <weft/postgres/connect_options.hpp>

#include "postgres/link.hpp"

namespace weft::postgres::detail {

/// Connects. Throws connection_error, and std::invalid_argument for what is no URI or keyword string.
task<std::shared_ptr<link>> open_link(std::string where, connect_options how);

/// Throws std::invalid_argument for what is no URI or keyword string, or null.
std::string checked_uri(const char* where);

}  // namespace weft::postgres::detail
