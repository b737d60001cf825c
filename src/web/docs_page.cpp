// The page that shows an app's OpenAPI document.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>
#include <weft/describe/json_writer.hpp>
#include <weft/http/content_decoder.hpp>
#include <weft/web/app.hpp>

#include "http/accepted_coding.hpp"
#include "web/app_core.hpp"
#include "web/swagger_ui.hpp"

namespace weft::web {

namespace {

std::string html_text(std::string_view text) {
  std::string made;
  for (const char c : text) {
    switch (c) {
      case '<':
        made += "&lt;";
        break;
      case '&':
        made += "&amp;";
        break;
      case '"':
        made += "&quot;";
        break;
      default:
        made += c;
    }
  }
  return made;
}

/// From a page to the root of its app, also where a proxy has put a prefix before both.
std::string root_from(std::string_view path) {
  const auto levels = std::count(path.begin() + 1, path.end(), '/');
  std::string made = levels == 0 ? "./" : "";
  for (auto i = levels; i > 0; --i) made += "../";
  return made;
}

std::string inflated(std::string_view gzip) {
  http::content_decoder decoder{"gzip"};
  std::vector<char> buffer(std::size_t{1} << 16);
  std::string bytes;
  while (const std::size_t got = decoder.decode(gzip, buffer)) bytes.append(buffer.data(), got);
  return bytes;
}

response compiled_in(const request& asked, std::string_view gzip, http::literal type) {
  constexpr std::array<std::string_view, 1> offered{"gzip"};
  const bool as_it_is = http::detail::accepted_coding(asked.headers(), offered).has_value();
  response made = as_it_is ? response::static_bytes(gzip, type) : response::bytes(inflated(gzip), type);
  if (as_it_is) made.header("content-encoding", "gzip");
  made.header("vary", "accept-encoding").header("cache-control", "max-age=3600");
  return made;
}

/// The page, without and with Swagger UI.
std::string plain_page(const std::string& title, const std::string& document) {
  return "<!doctype html>\n<meta charset=\"utf-8\">\n<title>" + title + "</title>\n<h1>" + title +
         "</h1>\n<p>Its routes and types are described in <a href=\"" + html_text(document) +
         "\">OpenAPI</a>. This server was built without the page that shows them.</p>\n";
}

std::string full_page(const std::string& title, const std::string& base) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         title +
         "</title>\n<link rel=\"icon\" href=\"data:,\">\n"
         "<link rel=\"stylesheet\" href=\"" +
         base + "/swagger-ui.css\">\n</head>\n<body>\n<div id=\"swagger-ui\"></div>\n<script src=\"" + base +
         "/swagger-ui-bundle.js\"></script>\n<script src=\"" + base + "/start.js\"></script>\n</body>\n</html>\n";
}

std::string start_script(std::string_view document) {
  json_writer url;
  url.write(document);
  return "SwaggerUIBundle({url: " + url.take() +
         ", dom_id: \"#swagger-ui\", deepLinking: true, validatorUrl: \"none\", tryItOutEnabled: true});\n";
}

constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

void app::add_docs(std::string_view path) {
  const std::string root = root_from(path);
  const std::string title = html_text(core_->title);
  const std::string document = root + core_->openapi_path.substr(1);
  const std::optional<detail::swagger_ui> swagger = detail::find_swagger_ui();
  if (!swagger) {
    get(runtime_path{path}, [page = plain_page(title, document)] { return response::html(page); }).hidden();
    return;
  }
  const std::string base{path};
  get(runtime_path{base}, [page = full_page(title, html_text(root + base.substr(1)))] {
    return response::html(page).header("content-security-policy", policy);
  }).hidden();
  get(runtime_path{base + "/start.js"}, [script = start_script(document)] {
    return response::bytes(script, "text/javascript; charset=utf-8");
  }).hidden();
  get(runtime_path{base + "/swagger-ui-bundle.js"}, [script = swagger->script](const request& asked) {
    return compiled_in(asked, script, "text/javascript; charset=utf-8");
  }).hidden();
  get(runtime_path{base + "/swagger-ui.css"}, [style = swagger->style](const request& asked) {
    return compiled_in(asked, style, "text/css; charset=utf-8");
  }).hidden();
}

}  // namespace weft::web
