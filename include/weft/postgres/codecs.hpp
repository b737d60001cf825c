#pragma once

/// All types that travel by themselves.

#include <weft/postgres/array_codec.hpp>
#include <weft/postgres/codec.hpp>
#include <weft/postgres/described_codecs.hpp>
#include <weft/postgres/hstore_codec.hpp>
#include <weft/postgres/range_codec.hpp>
#include <weft/postgres/time_codecs.hpp>
#include <weft/postgres/value_codecs.hpp>
