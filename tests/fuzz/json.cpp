// JSON. Input: a document. It is read as any value, into described types, and by Boost.JSON, which must agree about
// what is JSON.

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
  if (!problems.none()) return;

  require(weft::issues_of(value).empty(), "what was read is valid");
  const std::string written = weft::to_json(value);
  T again{};
  require(weft::read_json(written, again).none(), "what was written can be read");
  require(weft::to_json(again) == written, "and is the same");
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
