#pragma once

#include <weft/core/task.hpp>

namespace weft::web {

namespace detail {

class request_context;

/// Its address tells types apart.
template <class T>
inline constexpr char dependency_key = 0;

task<void*> supply_dependency(request_context& in, const void* key);

}  // namespace detail

/// A handler's parameter: something that the app provides (app::provide, app::provide_per_request), by its type.
/// FastAPI's Depends.
template <class T>
class use {
 public:
  use() = default;
  explicit use(T* what) noexcept : what_{what} {}

  [[nodiscard]] T& operator*() const noexcept { return *what_; }
  [[nodiscard]] T* operator->() const noexcept { return what_; }

 private:
  T* what_ = nullptr;
};

}  // namespace weft::web
