#pragma once

/// The typed web framework: routes with typed parameters, validation, OpenAPI, background work, WebSocket routes.

#include <weft/describe.hpp>
#include <weft/web/access_log.hpp>
#include <weft/web/app.hpp>
#include <weft/web/background_tasks.hpp>
#include <weft/web/broadcast.hpp>
#include <weft/web/caller.hpp>
#include <weft/web/compression.hpp>
#include <weft/web/cors.hpp>
#include <weft/web/events.hpp>
#include <weft/web/fixed_text.hpp>
#include <weft/web/middleware.hpp>
#include <weft/web/parameters.hpp>
#include <weft/web/periodic.hpp>
#include <weft/web/problem.hpp>
#include <weft/web/request_id.hpp>
#include <weft/web/route.hpp>
#include <weft/web/router.hpp>
#include <weft/web/security.hpp>
#include <weft/web/server.hpp>
#include <weft/web/session.hpp>
#include <weft/web/test_client.hpp>
#include <weft/web/tracing.hpp>
#include <weft/web/upload.hpp>
#include <weft/web/use.hpp>
