#pragma once

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace weft {

/// How an operation ended: a value or an exception. What gather gives with return_exceptions, and the `_settled` forms.
template <class T>
class [[nodiscard]] result {
  using stored = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>;
  using reference = std::add_lvalue_reference_t<T>;

 public:
  using value_type = T;

  result(T value)
    requires(!std::is_reference_v<T>)
      : state_{std::in_place_index<0>, std::move(value)} {}
  result(reference value)
    requires std::is_reference_v<T>
      : state_{std::in_place_index<0>, std::addressof(value)} {}
  result(std::exception_ptr error) noexcept : state_{std::in_place_index<1>, std::move(error)} {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value, or throws the exception.
  reference value() & {
    check();
    return get();
  }
  std::conditional_t<std::is_reference_v<T>, T, T> value() && {
    check();
    return static_cast<std::conditional_t<std::is_reference_v<T>, T, T&&>>(get());
  }
  const std::remove_reference_t<T>& value() const& {
    check();
    return const_cast<result&>(*this).get();
  }

  /// The value; there must be one.
  reference operator*() noexcept { return get(); }
  const std::remove_reference_t<T>& operator*() const noexcept { return const_cast<result&>(*this).get(); }
  std::remove_reference_t<T>* operator->() noexcept { return std::addressof(get()); }
  const std::remove_reference_t<T>* operator->() const noexcept {
    return std::addressof(const_cast<result&>(*this).get());
  }

  /// The exception; null if there is a value.
  std::exception_ptr error() const noexcept { return has_value() ? nullptr : *std::get_if<1>(&state_); }

 private:
  void check() const {
    if (!has_value()) std::rethrow_exception(*std::get_if<1>(&state_));
  }
  reference get() noexcept {
    if constexpr (std::is_reference_v<T>) {
      return **std::get_if<0>(&state_);
    } else {
      return *std::get_if<0>(&state_);
    }
  }

  std::variant<stored, std::exception_ptr> state_;
};

/// How an operation without a value ended.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;

  result() noexcept = default;
  result(std::exception_ptr error) noexcept : error_{std::move(error)} {}

  bool has_value() const noexcept { return error_ == nullptr; }
  explicit operator bool() const noexcept { return has_value(); }
  /// Throws the exception, if there is one.
  void value() const {
    if (error_) std::rethrow_exception(error_);
  }
  void operator*() const noexcept {}
  /// The exception; null if there is none.
  std::exception_ptr error() const noexcept { return error_; }

 private:
  std::exception_ptr error_;
};

}  // namespace weft
