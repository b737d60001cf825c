#pragma once

/// The patterns around tasks: retries, hedging, circuit breakers, rate limits, bulkheads and pipelines of them; bounded
/// concurrency over ranges and streams; resource pools.

#include <weft/patterns/backoff.hpp>
#include <weft/patterns/bulkhead.hpp>
#include <weft/patterns/chunks.hpp>
#include <weft/patterns/circuit_breaker.hpp>
#include <weft/patterns/function_ref.hpp>
#include <weft/patterns/hedge.hpp>
#include <weft/patterns/keyed.hpp>
#include <weft/patterns/map.hpp>
#include <weft/patterns/map_unordered.hpp>
#include <weft/patterns/merge.hpp>
#include <weft/patterns/pipeline.hpp>
#include <weft/patterns/random.hpp>
#include <weft/patterns/rate_limiter.hpp>
#include <weft/patterns/resource_pool.hpp>
#include <weft/patterns/retry.hpp>
#include <weft/patterns/retry_budget.hpp>
#include <weft/patterns/retry_hint.hpp>
#include <weft/patterns/timed_chunks.hpp>
#include <weft/patterns/zip.hpp>
