#pragma once

// What the tests describe.

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
#include <weft/describe.hpp>

namespace shop {

enum class state { queued, running, done };
WEFT_DESCRIBE_ENUM(state, queued, running, (done, named("finished"), doc("It is over.")))

struct address {
  std::string street;
  std::string city;
  friend bool operator==(const address&, const address&) = default;
};
WEFT_DESCRIBE(address, street, (city, min_length(2)))

struct customer {
  int id = 0;
  std::string name;
  std::optional<address> home;
  std::vector<address> others;
  friend bool operator==(const customer&, const customer&) = default;
};
WEFT_DESCRIBE(customer, (id, ge(1)), name, home, others)

struct job {
  std::string id;
  int steps = 0;
  std::optional<std::string> note;
  friend bool operator==(const job&, const job&) = default;
};
WEFT_DESCRIBE(job, (id, min_length(1)), (steps, ge(1), le(100)), note)

struct circle {
  double radius = 0;
  friend bool operator==(const circle&, const circle&) = default;
};
WEFT_DESCRIBE(circle, (radius, gt(0)))

struct box {
  int width = 0;
  int height = 0;
  friend bool operator==(const box&, const box&) = default;
};
WEFT_DESCRIBE((box, refuse_extra_fields), width, height)

using shape = std::variant<circle, box>;

struct everything {
  bool flag = false;
  std::int8_t small = 0;
  std::uint64_t large = 0;
  double real = 0;
  float single = 0;
  std::string text;
  std::optional<int> maybe;
  std::vector<bool> bits;
  std::array<int, 3> three{};
  std::pair<std::string, int> both;
  std::tuple<int, bool, std::string> mixed;
  std::map<std::string, int> sorted;
  std::unordered_map<std::string, std::vector<int>> hashed;
  std::set<std::string> words;
  std::variant<std::monostate, std::int64_t, double, std::string, std::vector<int>> any;
  std::vector<shape> shapes;
  state now = state::queued;
  std::chrono::sys_time<std::chrono::milliseconds> at;
  std::chrono::sys_days day;
  std::chrono::milliseconds lasted{};
  weft::uuid id;
  weft::raw_json extra;
  friend bool operator==(const everything&, const everything&) = default;
};
WEFT_DESCRIBE(everything, flag, small, large, real, single, text, maybe, bits, three, both, mixed, sorted, hashed,
              words, any, shapes, now, at, day, lasted, id, extra)

struct tree {
  int value = 0;
  std::unique_ptr<tree> left;
  std::vector<tree> more;
};
WEFT_DESCRIBE(tree, value, left, (more, defaulted))

struct empty {};
WEFT_DESCRIBE(empty)

}  // namespace shop
