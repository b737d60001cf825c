#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>
#include <weft/web.hpp>

namespace {

using weft::task;
namespace web = weft::web;

enum class state { queued, done };
WEFT_DESCRIBE_ENUM(state, queued, done)

struct circle {
  double radius;
};
WEFT_DESCRIBE(circle, (radius, gt(0)))
struct square {
  double side;
};
WEFT_DESCRIBE(square, side)

struct tree {
  std::string name;
  std::vector<tree> children;
};
WEFT_DESCRIBE(tree, name, children)

struct everything {
  int count;
  std::string name;
  std::optional<double> ratio;
  std::vector<std::string> tags;
  std::map<std::string, int> numbers;
  state at;
  weft::uuid id;
  std::chrono::sys_time<std::chrono::milliseconds> when;
  std::variant<circle, square> shape;
  tree root;
  bool flag = true;
  state then = state::done;
};
WEFT_DESCRIBE((everything, doc("All of it"), refuse_extra_fields), (count, ge(1), lt(10), multiple_of(2)),
              (name, min_length(1), max_length(5), pattern("^[a-z]*$"), doc("What it is called")), (ratio, gt(0.5)),
              (tags, max_length(3), unique, each(min_length(2))), numbers, at, id, when, shape, root, (flag, defaulted),
              (then, defaulted))

TEST(WebOpenApi, DescribesTypes) {
  web::app app;
  app.post("/all", [](web::body<everything> all) { return *all; });
  const boost::json::value document = boost::json::parse(app.openapi());
  const auto& schemas = document.at("components").at("schemas").as_object();
  const auto& type = schemas.at("everything").as_object();
  const auto property = [&](const char* name) { return boost::json::serialize(type.at("properties").at(name)); };
  EXPECT_EQ(property("count"),
            R"({"type":"integer","format":"int32","minimum":1,"exclusiveMaximum":10,"multipleOf":2})");
  EXPECT_EQ(property("name"),
            R"({"type":"string","minLength":1,"maxLength":5,"pattern":"^[a-z]*$","description":"What it is called"})");
  EXPECT_EQ(property("ratio"),
            R"({"anyOf":[{"type":"number","format":"double","exclusiveMinimum":5E-1},{"type":"null"}]})");
  EXPECT_EQ(property("tags"),
            R"({"type":"array","items":{"type":"string","minLength":2},"maxItems":3,"uniqueItems":true})");
  EXPECT_EQ(property("numbers"), R"({"type":"object","additionalProperties":{"type":"integer","format":"int32"}})");
  EXPECT_EQ(property("at"), R"({"$ref":"#/components/schemas/state"})");
  EXPECT_EQ(property("id"), R"({"type":"string","format":"uuid"})");
  EXPECT_EQ(property("when"), R"({"type":"string","format":"date-time"})");
  EXPECT_EQ(property("flag"), R"({"type":"boolean","default":true})");
  EXPECT_EQ(property("then"), R"({"$ref":"#/components/schemas/state","default":"done"})");
  EXPECT_EQ(property("root"), R"({"$ref":"#/components/schemas/tree"})");
  EXPECT_NE(property("shape").find(R"({"type":"object","properties":{"type":{"const":"circle"}},"required":["type"]})"),
            std::string::npos)
      << property("shape");
  EXPECT_EQ(type.at("description").as_string(), "All of it");
  EXPECT_FALSE(type.at("additionalProperties").as_bool());
  EXPECT_EQ(boost::json::serialize(type.at("required")),
            R"(["count","name","tags","numbers","at","id","when","shape","root"])");
  EXPECT_EQ(boost::json::serialize(schemas.at("tree").at("properties").at("children")),
            R"({"type":"array","items":{"$ref":"#/components/schemas/tree"}})");
  EXPECT_EQ(boost::json::serialize(schemas.at("state")), R"({"type":"string","enum":["queued","done"]})");
}

TEST(WebOpenApi, DescribesRoutes) {
  web::app app{{.title = "shapes", .version = "2.1", .description = "All of them"}};
  app.get("/shapes/{id}", [](web::path<"id", int> id, web::query<"limit", std::optional<int>>,
                             web::query<"order", std::string, web::otherwise("asc")>,
                             web::header<"x-token", std::string>) { return circle{static_cast<double>(*id)}; })
      .summary("One shape")
      .tag("shapes");
  app.del("/shapes/{id}", [](web::path<"id", int>) {});
  app.post("/shapes", [](web::body<circle> c) { return *c; }).status(201);
  app.get("/files/{rest:path}", [](web::path<"rest", std::string> rest) { return *rest; });
  app.get("/internal", [] { return std::string{}; }).hidden();
  app.websocket("/live", [](web::websocket&) -> task<> { co_return; });
  const boost::json::value document = boost::json::parse(app.openapi());
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
  EXPECT_EQ(boost::json::serialize(document.at("info")),
            R"({"title":"shapes","version":"2.1","description":"All of them"})");
  const auto& paths = document.at("paths").as_object();
  EXPECT_EQ(paths.size(), 3u);
  const auto& get = paths.at("/shapes/{id}").at("get");
  EXPECT_EQ(get.at("summary").as_string(), "One shape");
  EXPECT_EQ(get.at("operationId").as_string(), "get_shapes_id");
  EXPECT_EQ(boost::json::serialize(get.at("tags")), R"(["shapes"])");
  EXPECT_EQ(boost::json::serialize(get.at("parameters").at(0)),
            R"({"name":"id","in":"path","required":true,"schema":{"type":"integer","format":"int32"}})");
  EXPECT_FALSE(get.at("parameters").at(1).at("required").as_bool());
  EXPECT_EQ(get.at("parameters").at(2).at("schema").at("default").as_string(), "asc");
  EXPECT_EQ(get.at("parameters").at(3).at("in").as_string(), "header");
  EXPECT_EQ(boost::json::serialize(get.at("responses").at("200").at("content")),
            R"({"application/json":{"schema":{"$ref":"#/components/schemas/circle"}}})");
  EXPECT_TRUE(get.at("responses").as_object().contains("422"));
  EXPECT_TRUE(paths.at("/shapes/{id}").at("delete").at("responses").as_object().contains("204"));
  EXPECT_TRUE(paths.at("/shapes").at("post").at("responses").as_object().contains("201"));
  EXPECT_TRUE(paths.at("/shapes").at("post").at("requestBody").at("required").as_bool());
  EXPECT_TRUE(paths.contains("/files/{rest}"));
}

struct account {
  std::string name;
};
struct audit {
  const account* by;
};

TEST(WebOpenApi, TellsWhatFactoriesTakeWhoseObjectsARouteUses) {
  web::app app;
  app.provide_per_request([](web::bearer_token token, web::header<"x-tenant", int>) { return account{*token}; });
  app.provide_per_request([](web::use<account> who) { return audit{&*who}; });
  app.get("/mine", [](web::use<audit> log) { return log->by->name; });
  app.get("/free", [] { return 1; });
  const std::string document = app.openapi();
  const std::string mine =
      document.substr(document.find("\"/mine\""), document.find("\"/free\"") - document.find("\"/mine\""));
  EXPECT_NE(mine.find(R"("security":[{"bearer":[]}])"), std::string::npos) << mine;
  EXPECT_NE(mine.find(R"({"name":"x-tenant","in":"header","required":true)"), std::string::npos) << mine;
  EXPECT_NE(mine.find(R"("401")"), std::string::npos) << mine;
  EXPECT_NE(mine.find(R"("422")"), std::string::npos) << mine;
  EXPECT_NE(document.find(R"("securitySchemes":{"bearer":)"), std::string::npos) << document;
  const std::string rest =
      document.substr(document.find("\"/free\""), document.find("\"components\"") - document.find("\"/free\""));
  EXPECT_EQ(rest.find("security"), std::string::npos) << rest;
}

}  // namespace
