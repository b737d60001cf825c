#pragma once

/// Described types: WEFT_DESCRIBE says what a struct's fields are, and JSON, validation, schemas and rows go by it.

#include <weft/describe/constraints.hpp>
#include <weft/describe/field.hpp>
#include <weft/describe/issue.hpp>
#include <weft/describe/json.hpp>
#include <weft/describe/json_codec.hpp>
#include <weft/describe/json_containers.hpp>
#include <weft/describe/json_reader.hpp>
#include <weft/describe/json_time.hpp>
#include <weft/describe/json_variant.hpp>
#include <weft/describe/json_writer.hpp>
#include <weft/describe/macro.hpp>
#include <weft/describe/uuid.hpp>
#include <weft/describe/validate.hpp>
