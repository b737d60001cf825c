#pragma once

#include <type_traits>
#include <utility>
#include <weft/describe/field.hpp>

/// Says what the fields of a struct are: for JSON, validation, schemas, rows and parameters.
///
///     struct job {
///       std::string id;
///       int steps;
///       std::optional<std::string> note;
///     };
///     WEFT_DESCRIBE(job, (id, min_length(1)), (steps, ge(1), le(100)), note)
///
/// Stands behind the struct, in its namespace, without a semicolon. A field is a name, or a name with constraints
/// (weft::constraints) in parentheses; the type itself may have options in the same way:
/// `WEFT_DESCRIBE((job, doc("What is to be done"), refuse_extra_fields), id, steps)`. Up to 340 fields; those of a base
/// class can be named too. The struct must be default-constructible to be read.
#define WEFT_DESCRIBE(TYPE, ...)                                                                                  \
  template <class WeftVisitor>                                                                                    \
  constexpr auto weft_describe(::std::type_identity<WEFT_DETAIL_HEAD(TYPE)>, WeftVisitor&& weft_visitor) {        \
    WEFT_DETAIL_USING                                                                                             \
    using weft_described [[maybe_unused]] = WEFT_DETAIL_HEAD(TYPE);                                               \
    return ::std::forward<WeftVisitor>(weft_visitor)(                                                             \
        WEFT_DETAIL_TYPE(TYPE) __VA_OPT__(WEFT_DETAIL_EXPAND(WEFT_DETAIL_EACH(WEFT_DETAIL_FIELD, __VA_ARGS__)))); \
  }

/// Says what the enumerators of an enumeration are called, so that documents name them:
///
///     enum class state { queued, running, done };
///     WEFT_DESCRIBE_ENUM(state, queued, running, (done, named("finished")))
#define WEFT_DESCRIBE_ENUM(TYPE, ...)                                                                           \
  template <class WeftVisitor>                                                                                  \
  constexpr auto weft_describe_enum(::std::type_identity<WEFT_DETAIL_HEAD(TYPE)>, WeftVisitor&& weft_visitor) { \
    WEFT_DETAIL_USING                                                                                           \
    using weft_described [[maybe_unused]] = WEFT_DETAIL_HEAD(TYPE);                                             \
    return ::std::forward<WeftVisitor>(weft_visitor)(                                                           \
        WEFT_DETAIL_TYPE(TYPE) WEFT_DETAIL_EXPAND(WEFT_DETAIL_EACH(WEFT_DETAIL_ENUMERATOR, __VA_ARGS__)));      \
  }

// ---- implementation -------------------------------------------------------------------------------------------------

// Using-declarations rather than a directive: a user's own `unique` or `doc` around the macro must not win.
#define WEFT_DETAIL_USING                         \
  using ::weft::constraints::allow_extra_fields;  \
  using ::weft::constraints::defaulted;           \
  using ::weft::constraints::doc;                 \
  using ::weft::constraints::each;                \
  using ::weft::constraints::email;               \
  using ::weft::constraints::ge;                  \
  using ::weft::constraints::gt;                  \
  using ::weft::constraints::le;                  \
  using ::weft::constraints::lt;                  \
  using ::weft::constraints::max_length;          \
  using ::weft::constraints::min_length;          \
  using ::weft::constraints::multiple_of;         \
  using ::weft::constraints::named;               \
  using ::weft::constraints::one_of;              \
  using ::weft::constraints::pattern;             \
  using ::weft::constraints::refuse_extra_fields; \
  using ::weft::constraints::tagged;              \
  using ::weft::constraints::unique;

#define WEFT_DETAIL_TYPE_PLAIN(TYPE) ::weft::detail::make_type(#TYPE)
#define WEFT_DETAIL_TYPE_WITH(TYPE, ...) ::weft::detail::make_type(#TYPE __VA_OPT__(, ) __VA_ARGS__)
#define WEFT_DETAIL_TYPE(TYPE) WEFT_DETAIL_SELECT(TYPE, WEFT_DETAIL_TYPE_WITH TYPE, WEFT_DETAIL_TYPE_PLAIN(TYPE))

#define WEFT_DETAIL_FIELD_PLAIN(FIELD) , ::weft::detail::make_field<weft_described>(#FIELD, &weft_described::FIELD)
#define WEFT_DETAIL_FIELD_WITH(FIELD, ...) \
  , ::weft::detail::make_field<weft_described>(#FIELD, &weft_described::FIELD __VA_OPT__(, ) __VA_ARGS__)
#define WEFT_DETAIL_FIELD(FIELD) WEFT_DETAIL_SELECT(FIELD, WEFT_DETAIL_FIELD_WITH FIELD, WEFT_DETAIL_FIELD_PLAIN(FIELD))

#define WEFT_DETAIL_ENUMERATOR_PLAIN(NAME) , ::weft::detail::make_enumerator(#NAME, weft_described::NAME)
#define WEFT_DETAIL_ENUMERATOR_WITH(NAME, ...) \
  , ::weft::detail::make_enumerator(#NAME, weft_described::NAME __VA_OPT__(, ) __VA_ARGS__)
#define WEFT_DETAIL_ENUMERATOR(NAME) \
  WEFT_DETAIL_SELECT(NAME, WEFT_DETAIL_ENUMERATOR_WITH NAME, WEFT_DETAIL_ENUMERATOR_PLAIN(NAME))

// The first of `(a, b)`, or all of `a`.
#define WEFT_DETAIL_FIRST(FIRST, ...) FIRST
#define WEFT_DETAIL_HEAD(ITEM) WEFT_DETAIL_SELECT(ITEM, WEFT_DETAIL_FIRST ITEM, ITEM)

// IF_PARENTHESISED if ITEM is, else OTHERWISE: a probe in front of parentheses becomes a call that shifts the
// arguments. Only the one that is chosen may survive, hence the detour over the name of what chooses.
#define WEFT_DETAIL_PROBE(...) ~, 1
#define WEFT_DETAIL_SECOND(FIRST, SECOND, ...) SECOND
#define WEFT_DETAIL_ANSWER(...) WEFT_DETAIL_SECOND(__VA_ARGS__, 0, ~)
#define WEFT_DETAIL_JOIN(A, B) WEFT_DETAIL_JOIN_NOW(A, B)
#define WEFT_DETAIL_JOIN_NOW(A, B) A##B
#define WEFT_DETAIL_UNPACK(...) __VA_ARGS__
#define WEFT_DETAIL_SELECT(ITEM, IF_PARENTHESISED, ...) \
  WEFT_DETAIL_JOIN(WEFT_DETAIL_SELECT_, WEFT_DETAIL_ANSWER(WEFT_DETAIL_PROBE ITEM))((IF_PARENTHESISED), (__VA_ARGS__))
#define WEFT_DETAIL_SELECT_1(CHOSEN, OTHER) WEFT_DETAIL_UNPACK CHOSEN
#define WEFT_DETAIL_SELECT_0(OTHER, CHOSEN) WEFT_DETAIL_UNPACK CHOSEN

// MACRO(item) for each item: each scan of the line expands one more, and EXPAND makes 341 scans.
#define WEFT_DETAIL_PARENTHESES ()
#define WEFT_DETAIL_EACH(MACRO, FIRST, ...) \
  MACRO(FIRST) __VA_OPT__(WEFT_DETAIL_EACH_AGAIN WEFT_DETAIL_PARENTHESES(MACRO, __VA_ARGS__))
#define WEFT_DETAIL_EACH_AGAIN() WEFT_DETAIL_EACH
#define WEFT_DETAIL_EXPAND(...) \
  WEFT_DETAIL_EXPAND4(WEFT_DETAIL_EXPAND4(WEFT_DETAIL_EXPAND4(WEFT_DETAIL_EXPAND4(__VA_ARGS__))))
#define WEFT_DETAIL_EXPAND4(...) \
  WEFT_DETAIL_EXPAND3(WEFT_DETAIL_EXPAND3(WEFT_DETAIL_EXPAND3(WEFT_DETAIL_EXPAND3(__VA_ARGS__))))
#define WEFT_DETAIL_EXPAND3(...) \
  WEFT_DETAIL_EXPAND2(WEFT_DETAIL_EXPAND2(WEFT_DETAIL_EXPAND2(WEFT_DETAIL_EXPAND2(__VA_ARGS__))))
#define WEFT_DETAIL_EXPAND2(...) \
  WEFT_DETAIL_EXPAND1(WEFT_DETAIL_EXPAND1(WEFT_DETAIL_EXPAND1(WEFT_DETAIL_EXPAND1(__VA_ARGS__))))
#define WEFT_DETAIL_EXPAND1(...) __VA_ARGS__
