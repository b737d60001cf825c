#pragma once

/// The parsers of both kinds of messages.

#include <weft/http/request_parser.hpp>
#include <weft/http/response_parser.hpp>
