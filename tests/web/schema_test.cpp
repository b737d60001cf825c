// What OpenAPI documents say, in the eyes of others: a validator of OpenAPI, and a validator of JSON by schemas.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <support/child_program.hpp>
#include <support/npm_packages.hpp>
#include <support/scratch.hpp>
#include <variant>
#include <vector>

#include "app_talk.hpp"

namespace {

using weft::task;
namespace web = weft::web;
using weft::constraints::ge;
using weft::constraints::min_length;

namespace store {

enum class size { small, large };
WEFT_DESCRIBE_ENUM(size, small, (large, named("LARGE")))

struct cat {
  int lives = 9;
};
WEFT_DESCRIBE(cat, (lives, ge(1), le(9)))

struct dog {
  std::string name;
};
WEFT_DESCRIBE((dog, refuse_extra_fields), (name, pattern("^[A-Z][a-z]*$")))

struct thing {
  int count = 0;
  double weight = 0;
  std::string name;
  std::optional<std::string> note;
  std::vector<int> numbers;
  std::map<std::string, bool> flags;
  size how = size::small;
  std::variant<cat, dog> pet;
  std::optional<cat> second;
  std::vector<std::string> tags;
  std::string level = "low";
  std::uint8_t byte = 0;
  std::uint8_t narrow = 0;
  std::uint64_t wide = 0;
  std::set<std::string> words;
  std::chrono::seconds wait{5};
};
WEFT_DESCRIBE(thing, (count, ge(0), lt(100), multiple_of(5)), (weight, gt(0), defaulted),
              (name, min_length(2), max_length(4)), note, (numbers, max_length(3), each(ge(1))), (flags, defaulted),
              (how, defaulted), (pet, defaulted), second, (tags, defaulted, unique),
              (level, defaulted, one_of("low", "high")), (byte, defaulted), (narrow, defaulted, ge(-5), le(1000)),
              (wide, defaulted), (words, defaulted), (wait, defaulted, ge(std::chrono::seconds{0})))

}  // namespace store

using store::thing;

void add_everything(web::app& app) {
  app.post("/things/{id}",
           [](web::path<"id", int>, web::query<"q", std::optional<std::string>>, web::header<"x-token", weft::uuid>,
              web::cookie<"seen", std::optional<bool>>, web::body<thing> made) { return *made; })
      .summary("Adds")
      .description("Adds a thing.")
      .tag("things")
      .status(201);
  app.get("/things",
          [](web::query<"tag", std::vector<std::string>>, web::query<"limit", int, web::otherwise(10), ge(1)>,
             web::bearer_token) { return std::vector<thing>{}; });
  app.put("/files/{rest:path}", [](web::path<"rest", std::string>, web::form_file<"file">,
                                   web::form_field<"title", std::string, min_length(1)>, web::basic_credentials) {});
  app.del("/things/{id}", [](web::path<"id", std::int64_t>, web::api_key<"x-key">) {});
  app.post("/cats", [](web::form<store::cat> one) { return *one; });
  app.get("/text", [] { return std::string{}; });
  app.get("/raw", [] { return web::response{204}; });
}

TEST(WebSchema, IsValidOpenApi) {
  WEFT_NEEDS_NPM_PACKAGES();
  web::app app{{.title = "everything \"quoted\"", .version = "1.0", .description = "All there is."}};
  add_everything(app);
  const weft::testing::scratch place;
  std::ofstream{place.file("openapi.json")} << app.openapi();
  weft::run([&]() -> task<> {
    const std::vector<std::string> command{"node", weft::testing::npm_packages() + "/.bin/validate-api",
                                           place.file("openapi.json")};
    const std::string said = co_await weft::testing::output_of(command);
    EXPECT_NE(said.find("\"valid\": true"), std::string::npos) << said << app.openapi();
  });
}

/// Asks Ajv about the documents in a file, one a line, by a schema of an OpenAPI document.
constexpr const char* asks_ajv = R"(
const fs = require("node:fs");
const [packages, api, name, documents] = process.argv.slice(2);
const Ajv = require(packages + "/ajv/dist/2020").default;
const ajv = new Ajv({strict: false, validateFormats: false});
ajv.addSchema(JSON.parse(fs.readFileSync(api, "utf8")), "api");
const judge = ajv.compile({$ref: "api#/components/schemas/" + name});
for (const line of fs.readFileSync(documents, "utf8").split("\n"))
  if (line !== "") console.log(judge(JSON.parse(line)) ? "yes" : "no " + ajv.errorsText(judge.errors));
)";

/// Values that fit, and values that do not, for each field.
const std::map<std::string, std::vector<const char*>> values{
    {"count", {"5", "0", "95", "100", "-5", "7", "5.5", "\"5\"", "null", "1e1", "1e300"}},
    {"weight", {"1.5", "0", "-1", "1e-9", "\"1\"", "null", "3"}},
    {"name", {"\"ab\"", "\"abcd\"", "\"a\"", "\"abcde\"", "\"\\u00e4\\ud83d\\ude00\"", "1", "null"}},
    {"note", {"null", "\"\"", "\"x\"", "1"}},
    {"numbers", {"[]", "[1,2,3]", "[1,2,3,4]", "[0]", "[\"1\"]", "{}", "null"}},
    {"flags", {"{}", "{\"a\":true}", "{\"a\":1}", "[]"}},
    {"how", {"\"small\"", "\"LARGE\"", "\"large\"", "0"}},
    {"pet",
     {R"({"type":"cat","lives":3})", R"({"type":"cat","lives":10})", R"({"type":"dog","name":"Rex"})",
      R"({"type":"dog","name":"rex"})", R"({"type":"cow"})", R"({"lives":3})", R"({"type":"cat","lives":3,"more":1})"}},
    {"second", {"null", R"({"lives":1})", R"({"lives":0})", "[]"}},
    {"tags", {"[]", R"(["a","b"])", R"(["a","a"])", "[1]"}},
    {"level", {"\"low\"", "\"high\"", "\"middle\""}},
    {"byte", {"0", "255", "256", "-1"}},
    {"narrow", {"0", "255", "256", "1000", "-1", "-5"}},
    {"wide", {"0", "18446744073709551615", "1e30", "-1"}},
    {"words", {"[]", R"(["a","b"])", R"(["a","a"])", "[1]"}},
    {"wait", {"\"PT5S\"", "5"}},
    {"unknown", {"1", "{}"}},
};

/// A document in which each field has one of its values, the usual one mostly, or is missing.
std::string document(std::mt19937& random) {
  std::string text = "{";
  for (const auto& [name, some] : values) {
    const auto draw = random() % 20;
    if (draw == 0) continue;
    const std::size_t which = draw < 4 ? random() % some.size() : 0;
    text += (text.size() > 1 ? ",\"" : "\"") + name + "\":" + some[which];
  }
  return text + "}";
}

TEST(WebSchema, AllowsWhatIsAcceptedAndNothingElse) {
  WEFT_NEEDS_NPM_PACKAGES();
  web::app app;
  add_everything(app);
  std::vector<std::string> documents;
  for (const auto& [name, some] : values)  // each value beside the usual ones
    for (const char* const value : some) {
      std::string text = "{";
      for (const auto& [other, usual] : values)
        text += (text.size() > 1 ? ",\"" : "\"") + other + "\":" + (other == name ? value : usual[0]);
      documents.push_back(text + "}");
    }
  std::mt19937 random{7};
  for (int i = 0; i < 500; ++i) documents.push_back(document(random));

  const weft::testing::scratch place;
  std::ofstream{place.file("openapi.json")} << app.openapi();
  std::ofstream{place.file("ask.js")} << asks_ajv;
  std::ofstream all{place.file("documents")};
  for (const std::string& each : documents) all << each << "\n";
  all.close();
  weft::run([&]() -> task<> {
    const std::vector<std::string> command{
        "node",  place.file("ask.js"),   weft::testing::npm_packages(), place.file("openapi.json"),
        "thing", place.file("documents")};
    const std::string answer = co_await weft::testing::output_of(command);
    std::istringstream said{answer};
    std::size_t accepted = 0;
    for (const std::string& each : documents) {
      std::string verdict;
      std::getline(said, verdict);
      thing read;
      const weft::json_problems problems = weft::read_json(each, read);
      EXPECT_EQ(verdict == "yes", problems.none()) << each << "\n" << verdict;
      if (!problems.none()) continue;
      ++accepted;
    }
    EXPECT_GT(accepted, 60U);
    EXPECT_LT(accepted, documents.size() - 100);
  });
}

}  // namespace
