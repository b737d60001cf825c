#pragma once

#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <weft/core/result.hpp>

namespace weft::detail {

/// Where a coroutine's outcome is put: nothing yet, a value, or an exception. Smaller than std::variant, and what it
/// keeps is taken out once.
template <class T>
class slot {
  using stored = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>;
  static_assert(alignof(stored) <= 16, "weft does not carry results aligned above 16 bytes; return a pointer to one");

 public:
  slot() noexcept {}
  slot(const slot&) = delete;
  slot& operator=(const slot&) = delete;
  ~slot() { clear(); }

  bool has_value() const noexcept { return state_ == state::value; }
  bool has_error() const noexcept { return state_ == state::error; }

  template <class... U>
  void set_value(U&&... value) {
    if constexpr (std::is_reference_v<T>) {
      value_ = std::addressof(value...);
    } else {
      ::new (static_cast<void*>(std::addressof(value_))) T(std::forward<U>(value)...);
    }
    state_ = state::value;
  }
  void set_error(std::exception_ptr error) noexcept {
    ::new (static_cast<void*>(std::addressof(error_))) std::exception_ptr(std::move(error));
    state_ = state::error;
  }

  std::add_lvalue_reference_t<T> value() noexcept {
    if constexpr (std::is_reference_v<T>) {
      return *value_;
    } else {
      return value_;
    }
  }
  const std::exception_ptr& error() const noexcept { return error_; }

  /// The value moved out, or throws the exception.
  T take() {
    if (state_ == state::error) std::rethrow_exception(std::move(error_));
    return static_cast<T&&>(value());
  }
  result<T> take_result() {
    if (state_ == state::error) return result<T>{std::move(error_)};
    return result<T>{static_cast<T&&>(value())};
  }
  /// Moves the outcome here from a slot that is not looked at again.
  void take_from(slot& other) {
    if (other.state_ == state::error) {
      set_error(std::move(other.error_));
    } else if (other.state_ == state::value) {
      set_value(static_cast<T&&>(other.value()));
    }
  }
  void clear() noexcept {
    if (state_ == state::error) {
      std::destroy_at(std::addressof(error_));
    } else if (state_ == state::value) {
      std::destroy_at(std::addressof(value_));
    }
    state_ = state::empty;
  }

 private:
  enum class state : unsigned char { empty, value, error };
  // NOLINTBEGIN(readability-identifier-naming): members of the class, and private
  union {
    stored value_;
    std::exception_ptr error_;
  };
  // NOLINTEND(readability-identifier-naming)
  state state_ = state::empty;
};

/// Nothing but an exception, if there is one: most coroutines give no value, and each has one of these.
template <>
class slot<void> {
 public:
  bool has_error() const noexcept { return error_ != nullptr; }
  void set_value() const noexcept {}
  void set_error(std::exception_ptr error) noexcept { error_ = std::move(error); }
  void value() const noexcept {}
  const std::exception_ptr& error() const noexcept { return error_; }
  void take() {
    if (error_ != nullptr) std::rethrow_exception(std::move(error_));
  }
  result<void> take_result() { return error_ != nullptr ? result<void>{std::move(error_)} : result<void>{}; }
  void take_from(slot& other) noexcept {
    if (other.error_ != nullptr) error_ = std::move(other.error_);
  }
  void clear() noexcept { error_ = nullptr; }

 private:
  std::exception_ptr error_;
};

}  // namespace weft::detail
