#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/web/detail/request_context.hpp>
#include <weft/web/detail/schema.hpp>

namespace weft::web::detail {

/// Writes the schema of a type.
using schema_function = void (*)(schema_writer&);

void write_file_schema(schema_writer& to);
void write_files_schema(schema_writer& to);

/// A parameter, for OpenAPI.
struct parameter_description {
  place in;
  std::string_view name;
  bool required;
  schema_function schema;
};

enum class security_kind : std::uint8_t { bearer, basic, api_key };

/// Credentials that a handler takes.
struct security_description {
  security_kind kind;
  std::string_view name;  ///< of the header field, for an API key
};

/// What a handler takes and gives, for OpenAPI.
struct route_description {
  std::vector<parameter_description> parameters;
  std::vector<security_description> security;
  std::string_view body_type;  ///< empty: it takes none
  bool takes_form = false;     ///< as that; its fields are parameters, or body_schema's
  bool takes_files = false;    ///< among them
  bool body_required = false;
  schema_function body_schema = nullptr;
  std::string_view result_type;  ///< of what it gives: a media type; empty for none, or any
  schema_function result_schema = nullptr;
  bool no_content = false;
  bool websocket = false;
  /// The types that it uses, by key and by the compiler's name.
  std::vector<std::pair<const void*, const char*>> uses;
  bool validates = false;  ///< it may refuse with 422
};

}  // namespace weft::web::detail
