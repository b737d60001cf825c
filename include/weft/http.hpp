#pragma once

/// HTTP: a client; URLs, header fields, messages and their parser and writer, a client's connection.

#include <weft/describe.hpp>
#include <weft/http/body_writer.hpp>
#include <weft/http/client.hpp>
#include <weft/http/client_connection.hpp>
#include <weft/http/client_error.hpp>
#include <weft/http/content_decoder.hpp>
#include <weft/http/content_disposition.hpp>
#include <weft/http/cookie.hpp>
#include <weft/http/cookie_jar.hpp>
#include <weft/http/domain.hpp>
#include <weft/http/error.hpp>
#include <weft/http/gzip.hpp>
#include <weft/http/headers.hpp>
#include <weft/http/http_date.hpp>
#include <weft/http/message.hpp>
#include <weft/http/mock.hpp>
#include <weft/http/multipart_form.hpp>
#include <weft/http/multipart_parser.hpp>
#include <weft/http/netrc.hpp>
#include <weft/http/parser_event.hpp>
#include <weft/http/parser_limits.hpp>
#include <weft/http/percent_encoding.hpp>
#include <weft/http/proxy_settings.hpp>
#include <weft/http/request.hpp>
#include <weft/http/request_event.hpp>
#include <weft/http/request_parser.hpp>
#include <weft/http/response.hpp>
#include <weft/http/response_parser.hpp>
#include <weft/http/retry.hpp>
#include <weft/http/url.hpp>
#include <weft/http/url_query.hpp>
#include <weft/http/writer.hpp>
