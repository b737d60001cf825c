#pragma once

#include <utility>

namespace weft::detail {

/// A pointer that owns what it points to. What std::unique_ptr is, but that costs every program that includes weft
/// about 12 ms of compile time for each type that a class of the core names.
template <class T>
class owned {
 public:
  owned() noexcept = default;
  explicit owned(T* object) noexcept : object_{object} {}
  owned(owned&& other) noexcept : object_{other.release()} {}
  template <class U>
    requires requires(U* object, T*& base) { base = object; }
  owned(owned<U>&& other) noexcept : object_{other.release()} {}  // NOLINT(google-explicit-constructor)
  owned& operator=(owned&& other) noexcept {
    delete std::exchange(object_, other.release());
    return *this;
  }
  ~owned() { delete object_; }

  explicit operator bool() const noexcept { return object_ != nullptr; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  T* get() const noexcept { return object_; }
  T* release() noexcept { return std::exchange(object_, nullptr); }
  void reset() noexcept { delete release(); }

 private:
  T* object_ = nullptr;
};

template <class T, class... A>
owned<T> make_owned(A&&... arguments) {
  return owned<T>{new T(std::forward<A>(arguments)...)};
}

}  // namespace weft::detail
