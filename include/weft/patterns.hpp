#pragma once

/// The patterns around tasks: retries, circuit breakers, rate limits, bounded concurrency, chunks.

#include <weft/patterns/backoff.hpp>
#include <weft/patterns/bulkhead.hpp>
#include <weft/patterns/chunks.hpp>
#include <weft/patterns/circuit_breaker.hpp>
#include <weft/patterns/function_ref.hpp>
#include <weft/patterns/map.hpp>
#include <weft/patterns/map_unordered.hpp>
#include <weft/patterns/random.hpp>
#include <weft/patterns/rate_limiter.hpp>
#include <weft/patterns/retry.hpp>
#include <weft/patterns/retry_budget.hpp>
#include <weft/patterns/retry_hint.hpp>
