#pragma once

/// PostgreSQL: connections and pools, typed rows, transactions, streams, COPY, LISTEN and NOTIFY.

#include <weft/postgres/advisory_lock.hpp>
#include <weft/postgres/codec.hpp>
#include <weft/postgres/codecs.hpp>
#include <weft/postgres/connect_options.hpp>
#include <weft/postgres/connection.hpp>
#include <weft/postgres/error.hpp>
#include <weft/postgres/listener.hpp>
#include <weft/postgres/lock_options.hpp>
#include <weft/postgres/pipeline.hpp>
#include <weft/postgres/pool.hpp>
#include <weft/postgres/queries.hpp>
#include <weft/postgres/row.hpp>
#include <weft/postgres/transaction.hpp>
#include <weft/postgres/transaction_options.hpp>
#include <weft/postgres/types.hpp>
