#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <weft/describe.hpp>

#include "describe/types.hpp"

namespace hostile {

// Names that the macro must not stumble over.
int unique, ge, doc, email, field;
struct min_length {};

struct base {
  int id = 1;
};

struct tricky : base {
  int pattern = 2;
  std::string email;
  std::string type;
  int klass = 3;
  int with_default = 4;
};
WEFT_DESCRIBE((tricky, doc("Has odd names"), allow_extra_fields, named("odd"), tagged("kind", "t")), id,
              (pattern, ge(1)), (email, email, doc("Where to write to")), type, (klass, named("class")),
              (with_default, defaulted, ge(0)))

enum plain { red, green = 5 };
WEFT_DESCRIBE_ENUM((plain, doc("A colour")), red, (green, named("gr\xc3\xbcn")))

struct outer {
  struct inner {
    int a = 0;
  };
  enum class mode { on, off };
};
WEFT_DESCRIBE(outer::inner, a)
WEFT_DESCRIBE_ENUM(outer::mode, on, off)

#define TEN(PREFIX) \
  PREFIX##0, PREFIX##1, PREFIX##2, PREFIX##3, PREFIX##4, PREFIX##5, PREFIX##6, PREFIX##7, PREFIX##8, PREFIX##9
#define HUNDRED(PREFIX)                                                                                           \
  TEN(PREFIX##0), TEN(PREFIX##1), TEN(PREFIX##2), TEN(PREFIX##3), TEN(PREFIX##4), TEN(PREFIX##5), TEN(PREFIX##6), \
      TEN(PREFIX##7), TEN(PREFIX##8), TEN(PREFIX##9)

struct wide {
  int HUNDRED(a);
  int HUNDRED(b);
};
WEFT_DESCRIBE(wide, HUNDRED(a), HUNDRED(b))

}  // namespace hostile

namespace {

struct undescribed {};

static_assert(weft::described<shop::job> && !weft::described<undescribed> && !weft::described<int>);
static_assert(weft::described_enum<shop::state> && !weft::described_enum<shop::job>);
static_assert(weft::json_readable<shop::everything> && weft::json_writable<shop::everything>);
static_assert(!weft::json_readable<undescribed> && !weft::json_readable<char> && !weft::json_writable<int*>);
static_assert(!weft::json_readable<std::string_view> && weft::json_writable<std::string_view>);

TEST(Describe, TellsNamesTypesAndConstraintsInOrder) {
  std::string told;
  weft::for_each_field<shop::job>([&](const auto& field) {
    using value_type = typename std::remove_cvref_t<decltype(field)>::value_type;
    told += field.name();
    told += field.required() ? "!" : "?";
    if constexpr (std::is_same_v<value_type, int>) told += " int";
    weft::for_each_constraint(field, [&](const auto& constraint) {
      if constexpr (requires { constraint.limit; }) told += " " + std::to_string(constraint.limit);
    });
    told += "\n";
  });
  EXPECT_EQ(told, "id! 1\nsteps! int 1 100\nnote?\n");
}

TEST(Describe, GivesAccessToTheMembers) {
  shop::job value{"a", 2, {}};
  std::get<1>(weft::fields_of<shop::job>).get(value) = 3;
  EXPECT_EQ(value.steps, 3);
  const shop::job& same = value;
  EXPECT_EQ(std::get<0>(weft::fields_of<shop::job>).get(same), "a");
}

TEST(Describe, IsKnownWhenCompiling) {
  static_assert(weft::field_count<shop::job> == 3);
  static_assert(weft::field_count<shop::empty> == 0);
  static_assert(weft::description_of<shop::box>.name == "box");
  static_assert(weft::description_of<shop::box>.extra == weft::type_description::extra_fields::refused);
  static_assert(std::get<1>(weft::fields_of<shop::job>).required());
  static_assert(std::get<1>(weft::fields_of<shop::job>).has<weft::constraints::ge<int>>());
  static_assert(*weft::enum_from_name<shop::state>("finished") == shop::state::done);
}

TEST(Describe, IsNotMisledByNamesAroundIt) {
  using hostile::tricky;
  constexpr weft::type_description type = weft::description_of<tricky>;
  EXPECT_EQ(type.name, "odd");
  EXPECT_EQ(type.doc, "Has odd names");
  EXPECT_EQ(type.tag_member, "kind");
  EXPECT_EQ(type.tag, "t");
  EXPECT_EQ(std::get<2>(weft::fields_of<tricky>).doc(), "Where to write to");
  EXPECT_EQ(std::get<4>(weft::fields_of<tricky>).name(), "class");
  EXPECT_EQ(std::get<4>(weft::fields_of<tricky>).member_name, "klass");
  tricky value;
  value.email = "a@b";
  EXPECT_EQ(weft::to_json(value), R"({"id":1,"pattern":2,"email":"a@b","type":"","class":3,"with_default":4})");
}

TEST(Describe, FieldsWithADefaultMayBeMissing) {
  constexpr std::string_view text = R"({"id":7,"pattern":8,"email":"a@b","type":"t","class":9})";
  EXPECT_EQ(weft::from_json<hostile::tricky>(text).with_default, 4);
}

TEST(Describe, KnowsTypesWithinTypes) {
  EXPECT_EQ(weft::description_of<hostile::outer::inner>.name, "inner");
  EXPECT_EQ(weft::to_json(hostile::outer::inner{5}), R"({"a":5})");
  EXPECT_EQ(weft::to_json(hostile::outer::mode::off), R"("off")");
}

TEST(Describe, KnowsEnumeratorsByName) {
  using hostile::plain;
  EXPECT_EQ(weft::enum_name(hostile::red), "red");
  EXPECT_EQ(weft::enum_name(hostile::green), "gr\xc3\xbcn");
  EXPECT_EQ(weft::enum_name(static_cast<plain>(3)), std::nullopt);
  EXPECT_EQ(weft::enum_from_name<plain>("red"), hostile::red);
  EXPECT_EQ(weft::enum_from_name<plain>("blue"), std::nullopt);
  EXPECT_EQ(weft::description_of<plain>.doc, "A colour");
  EXPECT_EQ(weft::enumerators_of<shop::state>[2].doc, "It is over.");
  EXPECT_EQ(weft::to_json(static_cast<plain>(3)), "3");
}

TEST(Describe, TakesHundredsOfFields) {
  static_assert(weft::field_count<hostile::wide> == 200);
  hostile::wide value{};
  value.b99 = 7;
  value.a00 = 1;
  const auto read = weft::from_json<hostile::wide>(weft::to_json(value));
  EXPECT_EQ(read.b99, 7);
  EXPECT_EQ(read.a00, 1);
  hostile::wide partial{};
  EXPECT_EQ(weft::read_json(R"({"b99":1,"a63":1,"a64":1,"b99":2})", partial, {.max_issues = 1000}).issues.size(), 198U);
}

}  // namespace
