#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <weft/describe/detail/json_object.hpp>
#include <weft/describe/json_codec.hpp>

namespace weft {

/// Variants: the alternative is told by the kind of value that comes (a number, a string, ...). Two described types are
/// told from each other by a member of the object, `type` with the type's name unless `tagged` says otherwise; an
/// integer is told from a floating-point number by having neither fraction nor exponent. Variants whose alternatives
/// cannot be told apart do not compile.
template <class... Alternatives>
struct json_codec<std::variant<Alternatives...>> {
  using value_type = std::variant<Alternatives...>;
  using kinds = json_reader::kind;

  static constexpr std::string_view expects = "a value";

  static bool read(json_reader& reader, value_type& value) {
    static_assert((requires { json_codec<Alternatives>::kind; } && ...),
                  "each alternative of a variant must be of one kind of JSON value: no optional, variant or raw_json");
    static_assert(count(kinds::boolean) <= 1 && count(kinds::string) <= 1 && count(kinds::array) <= 1 &&
                      count(kinds::null) <= 1 && (count(kinds::object) <= 1 || count(kinds::object) == tagged_count) &&
                      (count(kinds::number) <= 1 || (count(kinds::number) == 2 && integer_count == 1)),
                  "this variant's alternatives cannot be told apart in a JSON document");
    static_assert(one_tag_member(), "the alternatives of a variant must be tagged by the same member");
    const kinds what = reader.peek();
    if (what == kinds::object && tagged_count > 1) return read_tagged(reader, value);
    const bool integer = what == kinds::number && integer_count == 1 && reader.peek_integer();
    const bool only_kind = count(kinds::number) == 1;
    bool fine = false;
    const bool found = (([&] {
                          using codec = json_codec<Alternatives>;
                          if (codec::kind != what) return false;
                          if (what == kinds::number && !only_kind && std::integral<Alternatives> != integer)
                            return false;
                          fine = detail::read_json_value(reader, emplace<Alternatives>(value));
                          return true;
                        }()) ||
                        ...);
    return found ? fine : reader.refuse(all_expected());
  }

  static void write(json_writer& writer, const value_type& value) {
    std::visit(
        []<class T>(json_writer* out, const T& alternative) {
          if constexpr (described<T> && tagged_count > 1) {
            out->begin_object();
            out->key(description_of<T>.tag_member);
            out->write(description_of<T>.tag);
            detail::write_json_members(*out, &alternative, detail::json_table<T>::type, description_of<T>.tag_member);
            out->end_object();
          } else {
            detail::write_json_value(*out, alternative);
          }
        },
        std::variant<json_writer*>{&writer}, value);
  }

 private:
  static constexpr std::size_t tagged_count = (std::size_t{described<Alternatives>} + ...);
  static constexpr std::size_t integer_count = (std::size_t{detail::json_integer<Alternatives>} + ...);

  static constexpr std::size_t count(kinds what) { return (std::size_t{json_codec<Alternatives>::kind == what} + ...); }

  static constexpr std::string_view tag_member() {
    std::string_view member;
    (([&] {
       if constexpr (described<Alternatives>) member = description_of<Alternatives>.tag_member;
     }()),
     ...);
    return member;
  }

  static constexpr bool one_tag_member() {
    return (([] {
              if constexpr (described<Alternatives>)
                return description_of<Alternatives>.tag_member == tag_member();
              else
                return true;
            }()) &&
            ...);
  }

  template <class T>
  static T& emplace(value_type& value) {
    return value.template emplace<T>();
  }

  static bool read_tagged(json_reader& reader, value_type& value) {
    std::string tag;
    const bool tagged = reader.peek_member(tag_member(), tag);
    bool fine = false;
    const bool found =
        tagged && (([&] {
                     if constexpr (described<Alternatives>) {
                       if (tag != description_of<Alternatives>.tag) return false;
                       fine = detail::read_json_object(reader, &emplace<Alternatives>(value),
                                                       detail::json_table<Alternatives>::type, tag_member());
                       return true;
                     }
                     return false;
                   }()) ||
                   ...);
    if (found) return fine;
    reader.skip();
    detail::path_scope path{reader.log()};
    path.at(tag_member());
    return reader.refuse(all_tags(), tagged ? detail::shown(std::string_view{tag}) : std::string{"no such string"});
  }

  static std::string all_tags() {
    std::string text;
    (([&] {
       if constexpr (described<Alternatives>)
         text.append(text.empty() ? "one of " : ", ").append(detail::shown(description_of<Alternatives>.tag));
     }()),
     ...);
    return text;
  }

  static std::string all_expected() {
    std::string text;
    std::string_view last;  // described types look alike
    ((json_codec<Alternatives>::expects == last
          ? text
          : text.append(text.empty() ? "" : " or ").append(last = json_codec<Alternatives>::expects)),
     ...);
    return text;
  }
};

}  // namespace weft
