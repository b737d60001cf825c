// The public test data of web-platform-tests for URLs, read from the directory that the environment variable WEFT_DATA
// names; skipped without it.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <weft/http/url.hpp>

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using weft::http::url;
using weft::http::url_error;

std::optional<json::value> read_data(const char* name) {
  const char* const directory = std::getenv("WEFT_DATA");
  const fs::path file = directory == nullptr ? fs::path{} : fs::path{directory} / name;
  std::ifstream in{file, std::ios::binary};
  if (!in) return std::nullopt;
  return json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});
}

#define WEFT_READ_OR_SKIP(variable, name)                      \
  const std::optional<json::value> variable = read_data(name); \
  if (!(variable)) GTEST_SKIP() << "WEFT_DATA does not name a directory with " << (name)

std::string with_mark(char mark, std::string_view text) { return text.empty() ? "" : mark + std::string{text}; }

/// The attributes of JavaScript's class URL.
std::string attribute(const url& u, std::string_view name) {
  if (name == "href") return u.str();
  if (name == "origin") return u.origin();
  if (name == "protocol") return std::string{u.scheme()} + ":";
  if (name == "username") return std::string{u.username()};
  if (name == "password") return std::string{u.password()};
  if (name == "host") return std::string{u.host_header()};
  if (name == "hostname") return std::string{u.host()};
  if (name == "port") return u.explicit_port() ? std::to_string(*u.explicit_port()) : "";
  if (name == "pathname") return std::string{u.path()};
  if (name == "search") return with_mark('?', u.query());
  if (name == "hash") return with_mark('#', u.fragment());
  throw std::invalid_argument{"an attribute that is not known: " + std::string{name}};
}

void set_attribute(url& u, std::string_view name, std::string_view value) {
  try {
    if (name == "protocol")
      u.set_scheme(value);
    else if (name == "username")
      u.set_username(value);
    else if (name == "password")
      u.set_password(value);
    else if (name == "host")
      u.set_host(value);
    else if (name == "hostname")
      u.set_hostname(value);
    else if (name == "port")
      u.set_port(value);
    else if (name == "pathname")
      u.set_path(value);
    else if (name == "search")
      u.set_query(value);
    else if (name == "hash")
      u.set_fragment(value);
    else if (name == "href")
      u = url{value};
    else
      throw std::logic_error{"an attribute that is not known: " + std::string{name}};
  } catch (const url_error&) {
    // JavaScript ignores what is not valid.
  }
}

TEST(UrlConformance, ParsesAsBrowsersDo) {
  WEFT_READ_OR_SKIP(data, "urltestdata.json");
  std::size_t cases = 0;
  for (const json::value& each : data->as_array()) {
    const json::object* const test = each.if_object();
    if (test == nullptr) continue;  // a comment
    ++cases;
    const json::value* const base = test->if_contains("base");
    const std::string input{test->at("input").as_string()};
    SCOPED_TRACE(json::serialize(each));

    std::optional<url> parsed;
    std::string why;
    try {
      if (base != nullptr && base->is_string())
        parsed.emplace(input, url{base->as_string()});
      else
        parsed.emplace(input);
    } catch (const url_error& error) {
      why = error.what();
    }
    const bool fails = test->contains("failure");
    EXPECT_EQ(parsed.has_value(), !fails) << (parsed ? parsed->str() : why);
    if (!parsed || fails) continue;

    EXPECT_EQ(url{parsed->str()}, *parsed);
    for (const auto& [name, value] : *test) {
      if (name == "input" || name == "base" || name == "searchParams" || name == "comment") continue;
      EXPECT_EQ(attribute(*parsed, name), std::string{value.as_string()}) << name;
    }
  }
  EXPECT_GT(cases, 800U);
}

TEST(UrlConformance, ChangesPartsAsBrowsersDo) {
  WEFT_READ_OR_SKIP(data, "setters_tests.json");
  std::size_t cases = 0;
  for (const auto& [name, tests] : data->as_object()) {
    if (name == "comment") continue;
    for (const json::value& test : tests.as_array()) {
      ++cases;
      SCOPED_TRACE(std::string{name} + " " + json::serialize(test));
      url changed{test.at("href").as_string()};
      set_attribute(changed, name, test.at("new_value").as_string());
      for (const auto& [part, value] : test.at("expected").as_object())
        EXPECT_EQ(attribute(changed, part), std::string{value.as_string()}) << part;
      EXPECT_EQ(url{changed.str()}, changed);
    }
  }
  EXPECT_GT(cases, 200U);
}

}  // namespace
