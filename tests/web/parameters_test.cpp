// Every place that a parameter can come from, with every kind of type.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weft/testing.hpp>

#include "app_talk.hpp"

namespace {

using weft::task;
using weft::testing::told;
using weft::testing::with_test_client;
namespace http = weft::http;
namespace web = weft::web;

enum class hue { red, green };
WEFT_DESCRIBE_ENUM(hue, red, green)

using values = std::vector<std::string>;

std::string shown(int value) { return std::to_string(value); }
std::string shown(bool value) { return value ? "yes" : "no"; }
std::string shown(double value) { return weft::to_json(value); }
std::string shown(hue value) { return value == hue::red ? "red" : "green"; }
std::string shown(const std::string& value) { return "'" + value + "'"; }
std::string shown(const weft::uuid& value) { return weft::to_json(value); }
std::string shown(std::chrono::sys_days value) { return std::to_string(value.time_since_epoch().count()); }
template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? "some " + shown(*value) : "none";
}
template <class T>
std::string shown(const std::vector<T>& all) {
  std::string text = std::to_string(all.size()) + ":";
  for (const T& each : all) text += " " + shown(each);
  return text;
}

// Where a parameter named "v" comes from, and a request that brings these.

struct in_query {
  template <class T, auto... C>
  using parameter = web::query<"v", T, C...>;
  static constexpr const char* name = "query";
  static constexpr bool once = false;
  static http::request request(http::client& to, const std::string& path, const values& all) {
    std::string query = "?";
    for (const std::string& each : all)
      query += "v=" + http::percent_encode(each, http::percent_encode_set::form) + "&";
    return to.post(path + query);
  }
};
struct in_header {
  template <class T, auto... C>
  using parameter = web::header<"v", T, C...>;
  static constexpr const char* name = "header";
  static constexpr bool once = false;
  static http::request request(http::client& to, const std::string& path, const values& all) {
    http::request made = to.post(path);
    for (const std::string& each : all) made.header("v", each);
    return made;
  }
};
struct in_cookie {
  template <class T, auto... C>
  using parameter = web::cookie<"v", T, C...>;
  static constexpr const char* name = "cookie";
  static constexpr bool once = true;
  static http::request request(http::client& to, const std::string& path, const values& all) {
    http::request made = to.post(path);
    for (const std::string& each : all) made.header("cookie", "u=1; v=" + each);
    return made;
  }
};
struct in_form {
  template <class T, auto... C>
  using parameter = web::form_field<"v", T, C...>;
  static constexpr const char* name = "form";
  static constexpr bool once = false;
  static http::request request(http::client& to, const std::string& path, const values& all) {
    http::request made = to.post(path);
    made.body("", "application/x-www-form-urlencoded");
    for (const std::string& each : all) made.form("v", each);
    return made;
  }
};
struct in_multipart : in_form {
  static http::request request(http::client& to, const std::string& path, const values& all) {
    http::multipart_form form;
    form.field("u", "1");
    for (const std::string& each : all) form.field("v", each);
    return to.post(path).multipart(form);
  }
};

template <class Place, class T, auto... C>
void add(web::app& app, std::string path) {
  using parameter = typename Place::template parameter<T, C...>;
  app.post(web::runtime_path{path}, [](parameter value) { return shown(*value); });
}

template <class Place>
class WebParameters : public ::testing::Test {
 protected:
  /// What is to be answered to a request with these values.
  void expect(const std::string& path, const values& sent, const std::string& answer) {
    trials_.push_back({path, sent, answer});
  }
  void refuse(const std::string& path, const values& sent, const std::string& expected, const std::string& got,
              const std::string& of = "v") {
    const web::refusal why{{{Place::name, of, expected, got}}};
    expect(path, sent, "422 " + weft::to_json(why));
  }
  void try_all(web::app& app) {
    with_test_client(app, [this](web::test_client& client) -> task<> {
      for (const trial& each : trials_) {
        const http::response r = co_await Place::request(client, each.path, each.sent);
        EXPECT_EQ(told(r), each.answer) << each.path << " " << weft::to_json(each.sent);
      }
    });
  }

 private:
  struct trial {
    std::string path;
    values sent;
    std::string answer;
  };
  std::vector<trial> trials_;
};

using places = ::testing::Types<in_query, in_header, in_cookie, in_form, in_multipart>;
TYPED_TEST_SUITE(WebParameters, places);

TYPED_TEST(WebParameters, AreOneOrOptionalOrManyOrHaveADefault) {
  using place = TypeParam;
  web::app app;
  add<place, int, weft::constraints::le(100)>(app, "/one");
  add<place, std::optional<int>, weft::constraints::le(100)>(app, "/optional");
  add<place, int, web::otherwise(9), weft::constraints::le(100)>(app, "/default");
  if constexpr (!place::once) add<place, std::vector<int>, weft::constraints::max_length(3)>(app, "/many");
  for (const std::string path : {"/one", "/optional", "/default"}) {
    this->expect(path, {"-7"}, path == "/optional" ? "200 some -7" : "200 -7");
    this->refuse(path, {"x"}, "an integer", "\"x\"");
    this->refuse(path, {""}, "an integer", "\"\"");
    this->refuse(path, {"101"}, "at most 100", "101");
    if (!place::once) this->refuse(path, {"1", "2"}, "one value", "2 values");
  }
  this->refuse("/one", {}, "an integer", "nothing");
  this->expect("/optional", {}, "200 none");
  this->expect("/default", {}, "200 9");
  if constexpr (!place::once) {
    this->expect("/many", {}, "200 0:");
    this->expect("/many", {"1", "2"}, "200 2: 1 2");
    this->refuse("/many", {"1", "x"}, "an integer", "\"x\"", "v[1]");
    this->refuse("/many", {"1", "2", "3", "4"}, "at most 3 elements", "4 elements");
  }
  this->try_all(app);
}

TYPED_TEST(WebParameters, AreOfAllKinds) {
  using place = TypeParam;
  web::app app;
  add<place, std::string, weft::constraints::min_length(2)>(app, "/string");
  add<place, std::string, web::otherwise("asc")>(app, "/default");
  add<place, bool>(app, "/bool");
  add<place, double>(app, "/double");
  add<place, hue>(app, "/enum");
  add<place, hue, web::otherwise(hue::green)>(app, "/enum_default");
  add<place, weft::uuid>(app, "/uuid");
  add<place, std::chrono::sys_days>(app, "/day");
  if constexpr (!place::once) add<place, std::vector<hue>>(app, "/enums");
  this->expect("/string", {"caf\xc3\xa9"}, "200 'caf\xc3\xa9'");
  this->refuse("/string", {"a"}, "at least 2 characters", "\"a\"");
  this->refuse("/string", {"ab\xff"}, "text in UTF-8", "other bytes");
  this->refuse("/string", {}, "a string", "nothing");
  this->expect("/default", {}, "200 'asc'");
  this->expect("/bool", {"on"}, "200 yes");
  this->refuse("/bool", {"maybe"}, "a boolean", "\"maybe\"");
  this->expect("/double", {"-2.5e3"}, "200 -2500");
  this->refuse("/double", {"nan"}, "a number", "\"nan\"");
  this->expect("/enum", {"green"}, "200 green");
  this->refuse("/enum", {"blue"}, R"(one of "red", "green")", "\"blue\"");
  this->refuse("/enum", {"1"}, R"(one of "red", "green")", "\"1\"");
  this->expect("/enum_default", {}, "200 green");
  this->expect("/uuid", {"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}, R"(200 "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")");
  this->refuse("/uuid", {"f81d4fae"}, "a UUID", "\"f81d4fae\"");
  this->expect("/day", {"1970-01-11"}, "200 10");
  this->refuse("/day", {"1970-02-30"}, R"(a date like "2026-11-21")", "\"1970-02-30\"");
  if constexpr (!place::once) this->expect("/enums", {"red", "green"}, "200 2: red green");
  this->try_all(app);
}

TEST(WebParameter, OfThePathAreOfAllKinds) {
  web::app app;
  app.get("/int/{v}", [](web::path<"v", int, weft::constraints::ge(0)> v) { return shown(*v); });
  app.get("/string/{v}", [](web::path<"v", std::string> v) { return shown(*v); });
  app.get("/bool/{v}", [](web::path<"v", bool> v) { return shown(*v); });
  app.get("/double/{v}", [](web::path<"v", double> v) { return shown(*v); });
  app.get("/enum/{v}", [](web::path<"v", hue> v) { return shown(*v); });
  app.get("/uuid/{v}", [](web::path<"v", weft::uuid> v) { return shown(*v); });
  app.get("/day/{v}", [](web::path<"v", std::chrono::sys_days> v) { return shown(*v); });
  app.get("/rest/{v:path}", [](web::path<"v", std::string> v) { return shown(*v); });
  app.get("/two/{v}/{w}", [](web::path<"w", int> w, web::path<"v", hue> v) { return shown(*v) + shown(*w); });
  with_test_client(app, [](web::test_client& client) -> task<> {
    const std::vector<std::pair<std::string, std::string>> wanted{
        {"/int/7", "200 7"},
        {"/string/caf%C3%A9%2Fa", "200 'caf\xc3\xa9/a'"},
        {"/bool/true", "200 yes"},
        {"/double/1e2", "200 100"},
        {"/enum/green", "200 green"},
        {"/uuid/f81d4fae-7dec-11d0-a765-00a0c91e6bf6", R"(200 "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")"},
        {"/day/1970-01-11", "200 10"},
        {"/rest/a/b", "200 'a/b'"},
        {"/two/red/7", "200 red7"},
    };
    for (const auto& [path, answer] : wanted) EXPECT_EQ(told(co_await client.get(path)), answer) << path;
    for (const char* const path : {"/int/-1", "/int/x", "/bool/2", "/double/1.x", "/enum/blue", "/uuid/1", "/day/1",
                                   "/string/%ff", "/rest/%ff", "/two/red/x", "/two/blue/7"})
      EXPECT_EQ((co_await client.get(path)).status(), 422) << path;
  });
}

struct fields {
  int one = 0;
  std::optional<hue> maybe;
  std::vector<std::string> many;
  int usual = 9;
};
WEFT_DESCRIBE(fields, (one, le(100)), maybe, (many, max_length(2)), (usual, defaulted))

std::string shown(const fields& all) {
  return shown(all.one) + " " + shown(all.maybe) + " " + shown(all.many) + " " + shown(all.usual);
}

TEST(WebParameter, ThatAreWholeStructsHaveFieldsOfAllKinds) {
  web::app app;
  app.post("/query", [](web::query_fields<fields> all) { return shown(*all); });
  app.post("/form", [](web::form<fields> all) { return shown(*all); });
  app.post("/body", [](web::body<fields> all) { return shown(*all); });
  app.post("/optional", [](web::body<std::optional<fields>> all) { return *all ? shown(**all) : "none"; });
  app.post("/many", [](web::body<std::vector<fields>> all) { return shown(static_cast<int>(all->size())); });
  app.post("/text", [](web::body<std::string> all) { return shown(*all); });
  with_test_client(app, [](web::test_client& client) -> task<> {
    const std::string type = "application/x-www-form-urlencoded";
    const std::string full = "one=1&maybe=green&many=a&many=b&usual=2";
    const std::string wrong = "one=101&maybe=blue&many=a&many=b&many=c&usual=x";
    EXPECT_EQ(told(co_await client.post("/query?" + full)), "200 1 some green 2: 'a' 'b' 2");
    EXPECT_EQ(told(co_await client.post("/form").body(full, type)), "200 1 some green 2: 'a' 'b' 2");
    EXPECT_EQ(told(co_await client.post("/query?one=1")), "200 1 none 0: 9");
    EXPECT_EQ(told(co_await client.post("/form").body("one=1", type)), "200 1 none 0: 9");
    for (const std::string in : {"query", "form"}) {
      http::request asked = client.post("/" + in + (in == "query" ? "?" + wrong : ""));
      if (in == "form") asked.body(wrong, type);
      const web::refusal why{{{in, "one", "at most 100", "101"},
                              {in, "maybe", R"(one of "red", "green")", "\"blue\""},
                              {in, "many", "at most 2 elements", "3 elements"},
                              {in, "usual", "an integer", "\"x\""}}};
      EXPECT_EQ(told(co_await std::move(asked)), "422 " + weft::to_json(why));
    }
    EXPECT_EQ(told(co_await client.post("/body").json_text(R"({"one": 1, "maybe": "red", "many": ["a"], "usual": 2})")),
              "200 1 some red 1: 'a' 2");
    EXPECT_EQ(told(co_await client.post("/body").json_text(R"({"one": 1, "many": []})")), "200 1 none 0: 9");
    EXPECT_EQ(told(co_await client.post("/optional")), "200 none");
    EXPECT_EQ(told(co_await client.post("/optional").json_text("null")), "200 none");
    EXPECT_EQ(told(co_await client.post("/optional").json_text(R"({"one": 1, "many": []})")), "200 1 none 0: 9");
    EXPECT_EQ(told(co_await client.post("/many").json_text(R"([{"one": 1, "many": []}])")), "200 1");
    EXPECT_EQ(told(co_await client.post("/text").body("plain", "text/plain")), "200 'plain'");
  });
}

}  // namespace
