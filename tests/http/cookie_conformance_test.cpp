// The public test data of the IETF's http-state group, read from the directory that the environment variable WEFT_DATA
// names; skipped without it. The data is of RFC 6265; what RFC 6265bis has changed is listed here.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <weft/http/cookie_jar.hpp>

using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using weft::http::cookie_jar;
using weft::http::url;

struct change {
  const char* header;
  const char* why;
};

constexpr const char* nameless = "a pair without = or without a name is a value without a name, and sent as such";
constexpr const char* empty_domain = "an empty Domain counts: of several the last one does";
constexpr const char* foreign_path = "never enabled: paths compare as they were sent, %6F is not o";
constexpr const char* control = "control bytes make the cookie be ignored, where they once ended it";

const std::map<std::string_view, change> changed{
    {"0004", {"foo", nameless}},
    {"0021", {"a=b; x; c=d", nameless}},
    {"0023", {"foo", nameless}},
    {"0024", {"foo", nameless}},
    {"0025", {"foo", nameless}},
    {"0026", {"foo", nameless}},
    {"0027", {"bar", nameless}},
    {"0028", {"foo", nameless}},
    {"CHROMIUM0009", {"BLAHHH", nameless}},
    {"CHROMIUM0010", {R"("BLA\"HHH")", nameless}},
    {"CHROMIUM0012", {"ABC", nameless}},
    {"MOZILLA0012", {R"(test="fubar! = foo; five)", nameless}},
    {"MOZILLA0014", {"six", nameless}},
    {"MOZILLA0015", {"seven", nameless}},
    {"MOZILLA0016", {"eight", nameless}},
    {"MOZILLA0017", {"eight; test=six", nameless}},
    {"NAME0017", {"a=bar", nameless}},
    {"NAME0023", {"foo", nameless}},
    {"NAME0025", {"==a=bar", nameless}},
    {"NAME0028", {"a", nameless}},
    {"NAME0031", {R"("foo)", nameless}},
    {"NAME0032", {R"("foo\"bar)", nameless}},
    {"NAME0033", {"aaa", nameless}},
    {"OPTIONAL_DOMAIN0042", {"foo=bar", empty_domain}},
    {"DISABLED_CHROMIUM0022", {"", control}},
    {"DISABLED_CHROMIUM0023", {"", control}},
    {"DISABLED_PATH0029", {"", foreign_path}},
};

std::string header_of(const json::array& cookies) {
  std::string out;
  for (const json::value& each : cookies) {
    if (!out.empty()) out += "; ";
    out.append(each.at("name").as_string()).append("=").append(each.at("value").as_string());
  }
  return out;
}

TEST(CookieConformance, AgreesWithThePublicData) {
  const char* const directory = std::getenv("WEFT_DATA");
  std::ifstream in{fs::path{directory == nullptr ? "" : directory} / "cookies.json", std::ios::binary};
  if (directory == nullptr || !in) GTEST_SKIP() << "WEFT_DATA does not name a directory with cookies.json";
  const json::value data = json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});

  // The time at which the data's "past" and "future" are these.
  const cookie_jar::time_point now = std::chrono::sys_days{std::chrono::year{2011} / 1 / 1};
  std::size_t changes = 0;
  for (const json::value& each : data.as_array()) {
    const std::string_view name = each.at("test").as_string();
    const url from{"http://home.example.org:8888/cookie-parser?" + std::string{name}};
    const json::value* to = each.as_object().if_contains("sent-to");
    cookie_jar jar;
    for (const json::value& field : each.at("received").as_array()) jar.store(field.as_string(), from, now);

    std::string expected = header_of(each.at("sent").as_array());
    if (const auto found = changed.find(name); found != changed.end()) {
      EXPECT_NE(found->second.header, expected) << name << " is no change: " << found->second.why;
      expected = found->second.header;
      ++changes;
    }
    const url target{to == nullptr ? "/cookie-parser-result" : std::string_view{to->as_string()}, from};
    EXPECT_EQ(jar.header_for(target, now), expected) << name << ": " << json::serialize(each.at("received"));
  }
  EXPECT_EQ(changes, changed.size());
  EXPECT_GE(data.as_array().size(), 200U);
}

}  // namespace
