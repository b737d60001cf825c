#pragma once

#include <string>
#include <weft/core/task.hpp>
#include <weft/http/message.hpp>

#include "http/exchange.hpp"

namespace weft::http::detail {

/// Runs a part of a request within the time that the request has; throws timeout_error otherwise.
task<> in_own_time(exchange& request, task<> work);

/// Throws status_error.
[[noreturn]] void refuse(const exchange& request, response_head head, std::string body);
/// The same, once the body is there.
task<> refuse_with_body(exchange& request, response_head head);

}  // namespace weft::http::detail
