#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/describe/issue.hpp>

/// What WEFT_DESCRIBE can say about a field besides its name: `(steps, ge(1), le(100))`. Their names are known within
/// the macro without a namespace. An optional field's constraints hold for the value, if there is one.
namespace weft::constraints {

/// The name in documents, where it is not the member's: `(klass, named("class"))`; of an enumerator likewise.
struct named {
  std::string_view value;
  /// Printable, without quotes and backslashes, not empty; anything else does not compile.
  consteval named(std::string_view text) : value{text} {  // NOLINT(google-explicit-constructor)
    if (text.empty()) throw "a name must not be empty";
    for (const char c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\\') throw "not fit for a name";
  }
};

/// What it is, for people: goes into schemas.
struct doc {
  std::string_view text;
};

/// The field may be missing in a document; it then has what the member's initialiser gives. (An optional may be missing
/// anyway.)
struct defaulted_field {};
[[maybe_unused]] inline constexpr defaulted_field defaulted{};

/// At least that much.
template <class T>
struct ge {
  T limit;
};
/// More than that.
template <class T>
struct gt {
  T limit;
};
/// At most that much.
template <class T>
struct le {
  T limit;
};
/// Less than that.
template <class T>
struct lt {
  T limit;
};

/// At least so many code points of text, elements of an array, or members of a map.
struct min_length {
  std::size_t limit;
};
/// At most so many.
struct max_length {
  std::size_t limit;
};

/// Text in which this regular expression matches somewhere (use ^ and $ for all of it). RE2's syntax, which is that of
/// most engines without backreferences and look-around; its time is linear in the text. One that is none is a
/// std::invalid_argument at its first use.
struct pattern {
  std::string_view expression;
};

/// An e-mail address, as HTML's input fields take it: no comments, no quoted local parts, at most 254 bytes.
struct email_address {};
[[maybe_unused]] inline constexpr email_address email{};

/// An integral multiple of that; of fractions (0.01) one up to rounding.
template <class T>
struct multiple_of {
  T unit;
};

/// One of these values.
template <class T, std::size_t Count>
struct one_of {
  std::array<T, Count> values;
  template <class... Values>
  constexpr one_of(const Values&... given) : values{T(given)...} {}  // NOLINT(google-explicit-constructor)
};
template <class First, class... More>
one_of(const First&, const More&...)
    -> one_of<std::conditional_t<std::is_convertible_v<First, std::string_view>, std::string_view, First>,
              1 + sizeof...(More)>;

/// No two elements are equal. Those without an order (<) are equal if they are the same JSON.
struct unique_elements {};
[[maybe_unused]] inline constexpr unique_elements unique{};

/// Constraints for each element of an array or each value of a map: `(tags, each(min_length(1)))`.
template <class... Constraints>
struct each {
  std::tuple<Constraints...> all;
  constexpr each(Constraints... given) : all{given...} {}  // NOLINT(google-explicit-constructor)
};

// ---- of types: WEFT_DESCRIBE((job, doc("What is to be done"), refuse_extra_fields), id, steps) ----------------------

/// Members that the type does not have are errors, whatever json_read_options say.
struct extra_fields_refused {};
[[maybe_unused]] inline constexpr extra_fields_refused refuse_extra_fields{};
/// Members that the type does not have are dropped, whatever json_read_options say.
struct extra_fields_allowed {};
[[maybe_unused]] inline constexpr extra_fields_allowed allow_extra_fields{};

/// How a document tells this type from the other alternatives of a variant: by a string member (`type` if nothing is
/// said) with this value (the type's name if nothing is said). All alternatives must name the same member.
struct tagged {
  std::string_view member;
  std::string_view value;
  consteval tagged(std::string_view member_name, std::string_view tag)
      : member{named{member_name}.value}, value{named{tag}.value} {}
};

}  // namespace weft::constraints

// ---- checking -------------------------------------------------------------------------------------------------------

namespace weft::detail {

// A regular expression, compiled once.
class regex {
 public:
  explicit regex(std::string_view expression);
  regex(const regex&) = delete;
  regex& operator=(const regex&) = delete;
  ~regex();
  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  void* compiled_;
};

[[nodiscard]] bool is_email(std::string_view text) noexcept;
[[nodiscard]] std::size_t code_points(std::string_view text) noexcept;
[[nodiscard]] bool is_multiple(double value, double unit) noexcept;

// As JSON, cut short; for what has no shorter form. With the codecs.
template <class T>
std::string shown_as_json(const T& value);
template <class T>
std::string json_of(const T& value);

template <class T>
concept text_like = std::is_convertible_v<const T&, std::string_view>;

template <class T>
std::string shown_any(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return shown(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return shown(static_cast<double>(value));
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>)
      return shown(static_cast<long long>(value));
    else
      return shown(static_cast<unsigned long long>(value));
  } else if constexpr (text_like<T>) {
    return shown(std::string_view{value});
  } else if constexpr (requires { value.size(); }) {
    return shown_count(value.size(), "element");
  } else {
    return shown_as_json(value);
  }
}

// Compares without the surprises of mixed signs.
template <class A, class B>
constexpr bool less(const A& a, const B& b) {
  constexpr auto integer = []<class T>(std::type_identity<T>) {
    return std::is_integral_v<T> && !std::is_same_v<T, bool>;
  };
  if constexpr (integer(std::type_identity<A>{}) && integer(std::type_identity<B>{})) {
    return std::cmp_less(a, b);
  } else if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    using common = std::common_type_t<A, B>;
    return static_cast<common>(a) < static_cast<common>(b);
  } else {
    return a < b;
  }
}

// Without its sign.
template <class T>
constexpr std::uint64_t magnitude(T value) noexcept {
  if constexpr (std::is_signed_v<T>) {
    if (value < 0) return 0 - static_cast<std::uint64_t>(value);
  }
  return static_cast<std::uint64_t>(value);
}

template <class T>
constexpr bool is_nan(const T& value) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isnan(value);
  else
    return false;
}

// Text has as many bytes as code points or more, so these need not always be counted.
template <class T>
bool is_as_long_as(const T& value, std::size_t limit) {
  if constexpr (text_like<T>) {
    const std::size_t bytes = std::string_view{value}.size();
    return bytes >= limit && (limit <= 1 || code_points(value) >= limit);
  } else {
    return value.size() >= limit;
  }
}
template <class T>
bool is_no_longer_than(const T& value, std::size_t limit) {
  if constexpr (text_like<T>)
    return std::string_view{value}.size() <= limit || code_points(value) <= limit;
  else
    return value.size() <= limit;
}

template <class T>
constexpr std::string_view unit_of = text_like<T> ? std::string_view{"character"} : std::string_view{"element"};

// Each notes an issue and returns false if the value does not hold it. What is no constraint holds.

template <class T, class Value>
bool check(const constraints::ge<T>& wanted, const Value& value, issue_log& log) {
  if (!less(value, wanted.limit) && !is_nan(value)) return true;
  log.add("at least " + shown_any(wanted.limit), shown_any(value));
  return false;
}

template <class T, class Value>
bool check(const constraints::gt<T>& wanted, const Value& value, issue_log& log) {
  if (less(wanted.limit, value)) return true;
  log.add("more than " + shown_any(wanted.limit), shown_any(value));
  return false;
}

template <class T, class Value>
bool check(const constraints::le<T>& wanted, const Value& value, issue_log& log) {
  if (!less(wanted.limit, value) && !is_nan(value)) return true;
  log.add("at most " + shown_any(wanted.limit), shown_any(value));
  return false;
}

template <class T, class Value>
bool check(const constraints::lt<T>& wanted, const Value& value, issue_log& log) {
  if (less(value, wanted.limit)) return true;
  log.add("less than " + shown_any(wanted.limit), shown_any(value));
  return false;
}

template <class Value>
bool check(const constraints::min_length& wanted, const Value& value, issue_log& log) {
  if (is_as_long_as(value, wanted.limit)) return true;
  log.add("at least " + shown_count(wanted.limit, unit_of<Value>), shown_any(value));
  return false;
}

template <class Value>
bool check(const constraints::max_length& wanted, const Value& value, issue_log& log) {
  if (is_no_longer_than(value, wanted.limit)) return true;
  log.add("at most " + shown_count(wanted.limit, unit_of<Value>), shown_any(value));
  return false;
}

bool check_pattern(const regex& compiled, std::string_view expression, std::string_view value, issue_log& log);
bool check(const constraints::email_address& wanted, std::string_view value, issue_log& log);

template <class T, class Value>
bool check(const constraints::multiple_of<T>& wanted, const Value& value, issue_log& log) {
  bool holds = false;
  if constexpr (std::is_integral_v<T> && std::is_integral_v<Value>) {
    holds = wanted.unit != 0 && magnitude(value) % magnitude(wanted.unit) == 0;
  } else {
    holds = is_multiple(static_cast<double>(value), static_cast<double>(wanted.unit));
  }
  if (!holds) log.add("a multiple of " + shown_any(wanted.unit), shown_any(value));
  return holds;
}

template <class T, std::size_t Count, class Value>
bool check(const constraints::one_of<T, Count>& wanted, const Value& value, issue_log& log) {
  for (const T& one : wanted.values)
    if (!less(one, value) && !less(value, one)) return true;
  std::string expected = "one of ";
  for (std::size_t i = 0; i < Count; ++i) expected.append(i == 0 ? "" : ", ").append(shown_any(wanted.values[i]));
  log.add(std::move(expected), shown_any(value));
  return false;
}

template <class Value>
bool check(const constraints::unique_elements&, const Value& value, issue_log& log) {
  using element = typename Value::value_type;
  constexpr bool ordered = requires(const element& a, const element& b) { a < b ? 0 : a == b; };
  std::vector<std::conditional_t<ordered, element, std::string>> sorted;
  if constexpr (ordered) {
    sorted.assign(value.begin(), value.end());
  } else {
    for (const auto& each : value) sorted.push_back(json_of(each));
  }
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice == sorted.end()) return true;
  std::string got;
  if constexpr (ordered)
    got = shown_any(element(*twice));
  else
    got = cut_short(*twice);
  log.add("elements that are all different", std::move(got) + " more than once");
  return false;
}

}  // namespace weft::detail
