#include <algorithm>
#include <cctype>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>
#include <weft/describe/json_writer.hpp>
#include <weft/web/detail/schema.hpp>
#include <weft/web/problem.hpp>

#include "http/reasons.hpp"
#include "web/app_core.hpp"

// The OpenAPI document, version 3.1.0.

namespace weft::web::detail {

void write_file_schema(schema_writer& to) {
  to.out.begin_object();
  to.member("type", "string");
  to.member("format", "binary");
  to.out.end_object();
}
void write_files_schema(schema_writer& to) {
  to.out.begin_object();
  to.member("type", "array");
  to.out.key("items");
  write_file_schema(to);
  to.out.end_object();
}

namespace {

/// Gives types their names, and keeps what is still to be defined.
class components final : public schema_writer {
 public:
  using schema_writer::schema_writer;

  std::string reference(const void* key, std::string_view name, definition_function define) override {
    const auto [place, is_new] = names_.try_emplace(key);
    if (is_new) {
      const int same = ++taken_[std::string{name}];
      place->second = std::string{name} + (same == 1 ? "" : std::to_string(same));
      wanted_.emplace_back(place->second, define);
    }
    return place->second;
  }

  void define_all() {
    while (!wanted_.empty()) {  // more may be wanted while they are defined
      const auto [name, define] = wanted_.front();
      wanted_.pop_front();
      out.key(name);
      define(*this);
    }
  }

 private:
  std::map<const void*, std::string> names_;
  std::map<std::string, int> taken_;
  std::deque<std::pair<std::string, definition_function>> wanted_;
};

/// "/files/{rest:path}" is "/files/{rest}" there.
std::string openapi_path(std::string_view path) {
  std::string made{path};
  if (const std::size_t at = made.find(":path}"); at != made.npos) made.erase(at, 5);
  return made;
}

std::string lower(std::string_view text) {
  std::string made{text};
  std::transform(made.begin(), made.end(), made.begin(), [](unsigned char c) { return std::tolower(c); });
  return made;
}

/// A name for the operation: "get_users_id".
std::string operation_id(const route_entry& route) {
  std::string made = lower(route.method);
  bool gap = true;
  for (const char c : openapi_path(route.path)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      gap = true;
      continue;
    }
    if (std::exchange(gap, false)) made += '_';
    made += c;
  }
  return made;
}

void write_content(components& to, std::string_view type, schema_function schema) {
  to.out.key("content");
  to.out.begin_object();
  to.out.key(type);
  to.out.begin_object();
  if (schema != nullptr) {
    to.out.key("schema");
    schema(to);
  }
  to.out.end_object();
  to.out.end_object();
}

void write_response(components& to, int status, std::string_view type, schema_function schema) {
  to.out.key(std::to_string(status));
  to.out.begin_object();
  to.member("description", http::detail::reason_of(status));
  if (!type.empty()) write_content(to, type, schema);
  to.out.end_object();
}

void write_schema_of(components& to, const parameter_description& of) {
  if (of.schema != nullptr) return of.schema(to);
  to.out.begin_object();
  to.out.end_object();
}

bool is_in_form(const parameter_description& each) noexcept { return each.in == place::form; }

/// The fields of a form that are parameters of their own.
void write_form_fields(components& to, const route_description& of) {
  to.out.begin_object();
  to.member("type", "object");
  to.out.key("properties");
  to.out.begin_object();
  for (const parameter_description& each : of.parameters) {
    if (!is_in_form(each)) continue;
    to.out.key(each.name);
    write_schema_of(to, each);
  }
  to.out.end_object();
  bool any = false;
  for (const parameter_description& each : of.parameters) {
    if (!is_in_form(each) || !each.required) continue;
    if (!std::exchange(any, true)) {
      to.out.key("required");
      to.out.begin_array();
    }
    to.out.element();
    to.out.write(each.name);
  }
  if (any) to.out.end_array();
  to.out.end_object();
}

void write_form(components& to, const route_description& of) {
  const bool fields = std::any_of(of.parameters.begin(), of.parameters.end(), is_in_form);
  to.out.key("requestBody");
  to.out.begin_object();
  to.out.key("required");
  to.out.write(true);
  to.out.key("content");
  to.out.begin_object();
  for (const std::string_view type : {"application/x-www-form-urlencoded", "multipart/form-data"}) {
    if (of.takes_files && type != "multipart/form-data") continue;
    to.out.key(type);
    to.out.begin_object();
    to.out.key("schema");
    if (fields && of.body_schema != nullptr) {
      to.out.begin_object();
      to.out.key("allOf");
      to.out.begin_array();
      to.out.element();
      of.body_schema(to);
      to.out.element();
      write_form_fields(to, of);
      to.out.end_array();
      to.out.end_object();
    } else if (fields) {
      write_form_fields(to, of);
    } else {
      of.body_schema(to);
    }
    to.out.end_object();
  }
  to.out.end_object();
  to.out.end_object();
}

void write_parameters(components& to, const route_description& of) {
  if (std::all_of(of.parameters.begin(), of.parameters.end(), is_in_form)) return;
  to.out.key("parameters");
  to.out.begin_array();
  for (const parameter_description& each : of.parameters) {
    if (is_in_form(each)) continue;
    to.out.element();
    to.out.begin_object();
    to.member("name", each.name);
    to.member("in", name_of(each.in));
    to.out.key("required");
    to.out.write(each.required);
    to.out.key("schema");
    write_schema_of(to, each);
    to.out.end_object();
  }
  to.out.end_array();
}

std::string scheme_name(const security_description& scheme) {
  if (scheme.kind == security_kind::api_key) return "key_" + std::string{scheme.name};
  return scheme.kind == security_kind::basic ? "basic" : "bearer";
}

/// What a route takes, with what the factories take whose objects it uses.
route_description description_of(const route_entry& route, const app_core& app) {
  route_description of = route.description;
  const auto has = [](const auto& all, auto same) { return std::any_of(all.begin(), all.end(), same); };
  // NOLINTNEXTLINE(modernize-loop-convert): it grows
  for (std::size_t i = 0; i < of.uses.size(); ++i) {
    const auto made = std::find_if(app.provisions.begin(), app.provisions.end(), [&](const provision& each) {
      return each.per_request && each.key == of.uses[i].first;
    });
    if (made == app.provisions.end()) continue;
    const route_description more = made->makes->describe();
    for (const parameter_description& one : more.parameters) {
      const auto same = [&](const auto& each) { return each.in == one.in && each.name == one.name; };
      if (!has(of.parameters, same)) of.parameters.push_back(one);
    }
    for (const security_description& one : more.security) {
      const auto same = [&](const auto& each) { return each.kind == one.kind && each.name == one.name; };
      if (!has(of.security, same)) of.security.push_back(one);
    }
    for (const auto& one : more.uses) {
      const auto same = [&](const auto& each) { return each.first == one.first; };
      if (!has(of.uses, same)) of.uses.push_back(one);
    }
    of.validates = of.validates || more.validates;
  }
  return of;
}

void write_operation(components& to, const route_entry& route, const route_description& of) {
  to.out.begin_object();
  if (!route.summary.empty()) to.member("summary", route.summary);
  if (!route.long_description.empty()) to.member("description", route.long_description);
  to.member("operationId", operation_id(route));
  if (!route.tags.empty()) {
    to.out.key("tags");
    to.out.begin_array();
    for (const std::string& tag : route.tags) {
      to.out.element();
      to.out.write(std::string_view{tag});
    }
    to.out.end_array();
  }
  write_parameters(to, of);
  if (!of.security.empty()) {
    to.out.key("security");
    to.out.begin_array();
    to.out.element();
    to.out.begin_object();
    for (const security_description& each : of.security) {
      to.out.key(scheme_name(each));
      to.out.begin_array();
      to.out.end_array();
    }
    to.out.end_object();
    to.out.end_array();
  }
  if (of.takes_form) write_form(to, of);
  if (!of.body_type.empty()) {
    to.out.key("requestBody");
    to.out.begin_object();
    to.out.key("required");
    to.out.write(of.body_required);
    write_content(to, of.body_type, of.body_schema);
    to.out.end_object();
  }
  to.out.key("responses");
  to.out.begin_object();
  const int usual = of.no_content ? 204 : 200;
  write_response(to, route.status != 0 ? route.status : usual, of.result_type, of.result_schema);
  if (of.validates) {
    write_response(to, 422, "application/json", [](schema_writer& out) { write_schema<refusal>(out); });
  }
  if (!of.security.empty())
    write_response(to, 401, "application/json", [](schema_writer& out) { write_schema<failure>(out); });
  to.out.end_object();
  to.out.end_object();
}

void write_security_schemes(components& to, const app_core& app) {
  std::map<std::string, security_description> schemes;
  for (const auto& route : app.routes) {
    const route_description of = description_of(*route, app);
    for (const security_description& each : of.security) schemes.try_emplace(scheme_name(each), each);
  }
  if (schemes.empty()) return;
  to.out.key("securitySchemes");
  to.out.begin_object();
  for (const auto& [name, scheme] : schemes) {
    to.out.key(name);
    to.out.begin_object();
    if (scheme.kind == security_kind::api_key) {
      to.member("type", "apiKey");
      to.member("in", "header");
      to.member("name", scheme.name);
    } else {
      to.member("type", "http");
      to.member("scheme", scheme.kind == security_kind::basic ? "basic" : "bearer");
    }
    to.out.end_object();
  }
  to.out.end_object();
}

}  // namespace

std::string openapi_document(const app_core& app) {
  json_writer out;
  components to{out};
  out.begin_object();
  to.member("openapi", "3.1.0");
  out.key("info");
  out.begin_object();
  to.member("title", app.title);
  to.member("version", app.version);
  if (!app.description.empty()) to.member("description", app.description);
  out.end_object();

  std::vector<std::pair<std::string, std::vector<const route_entry*>>> paths;
  for (const auto& route : app.routes) {
    if (route->hidden || route->description.websocket) continue;
    std::string path = openapi_path(route->path);
    auto at = std::find_if(paths.begin(), paths.end(), [&](const auto& each) { return each.first == path; });
    if (at == paths.end()) at = paths.emplace(paths.end(), std::move(path), std::vector<const route_entry*>{});
    at->second.push_back(route.get());
  }
  out.key("paths");
  out.begin_object();
  for (const auto& [path, routes] : paths) {
    out.key(path);
    out.begin_object();
    for (const route_entry* route : routes) {
      out.key(lower(route->method));
      write_operation(to, *route, description_of(*route, app));
    }
    out.end_object();
  }
  out.end_object();

  out.key("components");
  out.begin_object();
  out.key("schemas");
  out.begin_object();
  to.define_all();
  out.end_object();
  write_security_schemes(to, app);
  out.end_object();
  out.end_object();
  return out.take();
}

}  // namespace weft::web::detail
