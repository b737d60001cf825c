#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

template <class Signature>
class function_ref;

/// A callable in an options struct: holds a function or a lambda without captures by value, and refers to any other,
/// which must have a name and outlive all use. Empty by default. Two pointers, trivially destructible.
///
///     auto count = [&](const retry_event&) { ++retries; };   // captures: must be named
///     co_await retry({.on_retry = count}, fetch);
template <class R, class... A>
class function_ref<R(A...)> {
  using plain_function = R (*)(A...);

 public:
  function_ref() noexcept = default;
  function_ref(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor)

  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, function_ref> && std::convertible_to<F, plain_function>)
  constexpr function_ref(F&& f) noexcept  // NOLINT(google-explicit-constructor)
      : plain_{static_cast<plain_function>(f)} {
    if (plain_ != nullptr)
      call_ = [](const function_ref& self, A... a) -> R { return self.plain_(static_cast<A>(a)...); };
  }

  template <class F>
    requires(!std::same_as<std::remove_cv_t<F>, function_ref> && !std::convertible_to<F&, plain_function> &&
             std::is_invocable_r_v<R, F&, A...>)
  constexpr function_ref(F& f) noexcept  // NOLINT(google-explicit-constructor)
      : object_{const_cast<void*>(static_cast<const void*>(std::addressof(f)))},
        call_{[](const function_ref& self, A... a) -> R {
          return std::invoke(*static_cast<F*>(self.object_), static_cast<A>(a)...);
        }} {}

  R operator()(A... a) const { return call_(*this, static_cast<A>(a)...); }
  /// True unless it is empty.
  explicit operator bool() const noexcept { return call_ != nullptr; }

 private:
  // NOLINTBEGIN(readability-identifier-naming): members of the class, and private
  union {
    void* object_ = nullptr;
    plain_function plain_;
  };
  // NOLINTEND(readability-identifier-naming)
  R (*call_)(const function_ref&, A...) = nullptr;
};

}  // namespace weft
