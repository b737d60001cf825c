// Handlers that cannot be, and what the compiler says of each.

#include <optional>
#include <string>
#include <vector>
#include <weft/web.hpp>

namespace web = weft::web;

struct undescribed {
  int x;
};
struct point {
  int x;
};
WEFT_DESCRIBE(point, x)

void add_handlers(web::app& app) {
  // says: this parameter of a handler cannot be filled from a request
  // says: must_be_fillable<undescribed>
  app.get("/a", [](undescribed) {});
  // says: this body is not read from JSON: describe it with WEFT_DESCRIBE
  app.post("/b", [](web::body<undescribed>) {});
  // says: what this handler gives cannot be sent
  app.get("/c", [] { return undescribed{1}; });
  // says: a request has only one body
  app.post("/d", [](web::body<int>, web::form_field<"a", int>) {});
  // says: a handler is a function or a callable with one operator\(\) that is no template
  app.get("/e", [](auto) {});
  // says: what stands in the path is always there, and once
  app.get("/f/{id}", [](web::path<"id", std::optional<int>>) {});
  // says: what stands in the path is always there, and once
  app.get("/h/{id}", [](web::path<"id", int, web::otherwise(1)>) {});
  // says: a parameter of this type cannot be read from text
  app.get("/i", [](web::query<"at", point>) {});
  // says: a list of which nothing has come is empty: it takes no otherwise\(\)
  app.get("/j", [](web::query<"all", std::vector<int>, web::otherwise(3)>) {});
  // says: this otherwise\(\) is text, the parameter is not
  app.get("/k", [](web::header<"x", int, web::otherwise("a")>) {});
  // says: a cookie comes once
  app.get("/l", [](web::cookie<"x", std::vector<int>>) {});
  // says: a form is read into a struct that WEFT_DESCRIBE has described
  app.post("/m", [](web::form<undescribed>) {});
  // says: query_fields takes a struct that WEFT_DESCRIBE has described
  app.get("/n", [](web::query_fields<undescribed>) {});
  // says: the_path_has_no_such_parameter
  app.get("/g/{other}", [](web::path<"id", int>) {});
}
