// POST /items/{id} with weft's web framework: a path parameter, a validated body, a typed answer.

#include <optional>
#include <string>
#include <vector>
#include <weft/web.hpp>

#include "weft_server.hpp"

namespace {

namespace web = weft::web;

struct item {
  std::string name;
  int count;
  double price;
  std::vector<std::string> tags;
  std::optional<std::string> note;
};
WEFT_DESCRIBE(item, (name, min_length(1), max_length(100)), (count, ge(1), le(1000)), (price, gt(0)),
              (tags, max_length(10)), note)

struct stored_item {
  int id;
  item what;
};
WEFT_DESCRIBE(stored_item, id, what)

}  // namespace

int main() {
  web::app app;
  app.post("/items/{id}",
           [](web::path<"id", int> id, web::body<item> what) { return stored_item{*id, std::move(*what)}; });
  return run_server([&app] { return app.server(); });
}
