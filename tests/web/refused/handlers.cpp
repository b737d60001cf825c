// Handlers that cannot be, and what the compiler says of each.

#include <weft/web.hpp>

namespace web = weft::web;

struct undescribed {
  int x;
};

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
  // says: the_path_has_no_such_parameter
  app.get("/g/{other}", [](web::path<"id", int>) {});
}
