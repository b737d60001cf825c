#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/describe/constraints.hpp>
#include <weft/web/fixed_text.hpp>
#include <weft/web/upload.hpp>

/// What a handler can ask for as its parameters, in any order. Each is a value: `*id`, `id->size()`. A request that
/// does not have what is asked for, or in another form, is answered with 422 and the handler is not called.
///
/// Values come from text: numbers, booleans (true/false, 1/0, on/off, yes/no), strings (valid UTF-8), described
/// enumerations, times, UUIDs. An optional may be missing; a vector takes as many values as there are, of anything else
/// there must be one. Constraints follow: `query<"limit", int, ge(1), le(100)>`.
namespace weft::web {

namespace detail {

template <class T>
class parameter_value {
 public:
  using value_type = T;

  parameter_value() = default;
  explicit parameter_value(T value) : value_(std::move(value)) {}

  [[nodiscard]] T& operator*() & noexcept { return value_; }
  [[nodiscard]] const T& operator*() const& noexcept { return value_; }
  [[nodiscard]] T&& operator*() && noexcept { return std::move(value_); }
  [[nodiscard]] T* operator->() noexcept { return &value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &value_; }

 private:
  T value_{};
};

template <fixed_text Name, class T, auto... Constraints>
class named_parameter : public parameter_value<T> {
 public:
  using parameter_value<T>::parameter_value;
  static constexpr std::string_view name = Name.view();
  static constexpr std::tuple constraints{Constraints...};
};

}  // namespace detail

/// The value of a parameter that may be missing: `query<"limit", int, otherwise(10)>`. Text: `otherwise("asc")`.
template <class T>
struct otherwise {
  T value;
  consteval otherwise(T given) : value{given} {}  // NOLINT(google-explicit-constructor)
};
template <std::size_t Size>
struct otherwise<fixed_text<Size>> {
  fixed_text<Size> value;
  consteval otherwise(const char (&literal)[Size]) : value{literal} {}  // NOLINT(google-explicit-constructor)
};
template <std::size_t Size>
otherwise(const char (&)[Size]) -> otherwise<fixed_text<Size>>;

/// What stands in the path where the route has `{Name}`, percent-decoded.
template <fixed_text Name, class T, auto... Constraints>
class path : public detail::named_parameter<Name, T, Constraints...> {
  using detail::named_parameter<Name, T, Constraints...>::named_parameter;
};

/// A value of the query: `?Name=...`.
template <fixed_text Name, class T, auto... Constraints>
class query : public detail::named_parameter<Name, T, Constraints...> {
  using detail::named_parameter<Name, T, Constraints...>::named_parameter;
};

/// A header field's value.
template <fixed_text Name, class T, auto... Constraints>
class header : public detail::named_parameter<Name, T, Constraints...> {
  using detail::named_parameter<Name, T, Constraints...>::named_parameter;
};

/// A cookie's value, as it came; of several of one name, that of the first.
template <fixed_text Name, class T, auto... Constraints>
class cookie : public detail::named_parameter<Name, T, Constraints...> {
  using detail::named_parameter<Name, T, Constraints...>::named_parameter;
};

/// All of the query as a described struct: each field is a parameter. pydantic models as FastAPI's Query().
template <class T>
class query_fields : public detail::parameter_value<T> {
  using detail::parameter_value<T>::parameter_value;
};

/// The body, as JSON: a described struct, a vector of them, or anything else that JSON is read into. A `std::string` is
/// the body as it came, of any type. A body of another media type than JSON is answered with 415.
template <class T>
class body : public detail::parameter_value<T> {
  using detail::parameter_value<T>::parameter_value;
};

/// The body, as a form (application/x-www-form-urlencoded or multipart/form-data): a described struct, whose fields are
/// read as parameters are.
template <class T>
class form : public detail::parameter_value<T> {
  using detail::parameter_value<T>::parameter_value;
};

/// A field of a form, of either type; several of them and files may stand beside each other. FastAPI's Form.
template <fixed_text Name, class T, auto... Constraints>
class form_field : public detail::named_parameter<Name, T, Constraints...> {
  using detail::named_parameter<Name, T, Constraints...>::named_parameter;
};

/// A file of a form (multipart/form-data): an upload, an optional one, or a vector of any number. Routes that take
/// files need a limit of their own: `.max_body(100 << 20)`. FastAPI's UploadFile.
template <fixed_text Name, class T = upload>
class form_file : public detail::parameter_value<T> {
  static_assert(std::is_same_v<T, upload> || std::is_same_v<T, std::optional<upload>> ||
                    std::is_same_v<T, std::vector<upload>>,
                "weft: a form_file is an upload, an optional upload, or a vector of uploads");
  using detail::parameter_value<T>::parameter_value;
};

}  // namespace weft::web
