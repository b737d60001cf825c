// JSON. Input: a document. It is read as any value, into described types, and by Boost.JSON, which must agree about
// what is JSON.

#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <weft/describe.hpp>

#include "describe/types.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

constexpr std::size_t max_depth = 64;

// What it cannot judge: it refuses large exponents, also those of numbers that are not large.
enum class verdict { json, not_json, unknown };

verdict boost_verdict(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::json::error_code error;
  boost::json::parse({text.data(), text.size()}, error, {}, options);
  if (error == boost::json::error::exponent_overflow) return verdict::unknown;
  return error ? verdict::not_json : verdict::json;
}

std::string_view digits_of(std::string_view& rest) {
  std::size_t count = 0;
  while (count < rest.size() && rest[count] >= '0' && rest[count] <= '9') ++count;
  const std::string_view digits = rest.substr(0, count);
  rest.remove_prefix(count);
  return digits;
}

// Behind ['. Leaves what is behind ']. Without the escapes.
std::string quoted_key(std::string_view& rest) {
  std::string key;
  while (!rest.starts_with('\'')) {
    require(!rest.empty(), "a quoted key ends");
    if (rest.starts_with("\\u00")) {
      require(rest.size() >= 6, "escapes are whole");
      key += static_cast<char>(std::stoi(std::string{rest.substr(4, 2)}, nullptr, 16));
      rest.remove_prefix(6);
      continue;
    }
    if (rest.front() == '\\') rest.remove_prefix(1);
    require(!rest.empty(), "something is escaped");
    key += rest.front();
    rest.remove_prefix(1);
  }
  require(rest.starts_with("']"), "a quoted key is closed");
  rest.remove_prefix(2);
  return key;
}

// A path leads to what is there, but for its last step, which may be what is missing.
void follow(std::string_view path, const boost::json::value& document) {
  const boost::json::value* at = &document;
  path.remove_prefix(1);
  while (!path.empty()) {
    require(at != nullptr, "a path leads to what there is");
    if (path.starts_with('[') && !path.starts_with("['")) {
      path.remove_prefix(1);
      const std::string_view digits = digits_of(path);
      require(!digits.empty() && path.starts_with(']'), "an index is a number");
      path.remove_prefix(1);
      const auto* const array = at->if_array();
      require(array != nullptr, "an index is of an array");
      const std::size_t index = std::stoull(std::string{digits});
      at = index < array->size() ? &(*array)[index] : nullptr;
      continue;
    }
    std::string key;
    if (path.starts_with("['")) {
      path.remove_prefix(2);
      key = quoted_key(path);
      if (key.size() >= 50) return;  // may have been cut short
    } else {
      require(path.starts_with('.'), "a step is an index or a key");
      path.remove_prefix(1);
      const std::size_t end = std::min(path.find_first_of(".["), path.size());
      key = path.substr(0, end);
      path.remove_prefix(end);
      require(!key.empty(), "a key has a name");
    }
    const auto* const object = at->if_object();
    require(object != nullptr, "a key is of an object");
    at = object->if_contains({key.data(), key.size()});
  }
}

// With keys that come twice, Boost's document is not what was read.
bool can_follow(const weft::json_problems& problems) {
  if (problems.malformed_at || problems.issues.size() >= 100) return false;
  for (const weft::issue& one : problems.issues)
    if (one.expected == "each member once") return false;
  return true;
}

template <class T>
void read(std::string_view text, verdict boost) {
  T value{};
  const weft::json_problems problems = weft::read_json(text, value, {.max_depth = max_depth});
  require(problems.issues.size() <= 100, "no more errors than asked for");
  require(boost != verdict::not_json || problems.malformed_at || problems.issues.size() == 100,
          "what is no JSON is malformed");
  require(boost != verdict::json || !problems.malformed_at, "what is JSON is not malformed");
  require(!problems.malformed_at || problems.malformed_at->offset <= text.size(), "it is malformed somewhere in it");
  for (const weft::issue& one : problems.issues) {
    require(one.path.starts_with('$') && !one.expected.empty() && !one.got.empty(), "errors tell all");
    (void)weft::to_json(to_string(one));  // errors are UTF-8
  }
  if (boost == verdict::json && !problems.none() && can_follow(problems)) {
    boost::json::parse_options options;
    options.max_depth = max_depth;
    const boost::json::value document = boost::json::parse({text.data(), text.size()}, {}, options);
    for (const weft::issue& one : problems.issues) follow(one.path, document);
  }
  if (!problems.none()) return;

  require(weft::issues_of(value).empty(), "what was read is valid");
  const std::string written = weft::to_json(value);
  T again{};
  require(weft::read_json(written, again).none(), "what was written can be read");
  require(weft::to_json(again) == written, "and is the same");
  if constexpr (requires { again == value; }) require(again == value, "and is equal");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const verdict boost = boost_verdict(text);
  read<weft::raw_json>(text, boost);
  read<shop::everything>(text, boost);
  read<shop::tree>(text, boost);
  read<std::vector<shop::customer>>(text, boost);
  read<std::vector<double>>(text, boost);
  return 0;
}
