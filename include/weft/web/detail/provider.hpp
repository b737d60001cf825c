#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <weft/core/manager.hpp>
#include <weft/core/task.hpp>
#include <weft/core/with.hpp>
#include <weft/web/detail/endpoint.hpp>

// What use<T> gives: made by a factory, and let go later.

namespace weft::web::detail {

/// Something that a factory has made.
class provided {
 public:
  provided() = default;
  provided(const provided&) = delete;
  provided& operator=(const provided&) = delete;
  virtual ~provided() = default;
  virtual void* object() noexcept = 0;
  /// Cleans up.
  virtual task<> leave(exit_reason how) {
    static_cast<void>(how);
    co_return;
  }
};

class provider {
 public:
  provider() = default;
  provider(const provider&) = delete;
  provider& operator=(const provider&) = delete;
  virtual ~provider() = default;
  /// Null if the request has not what the factory needs; that is noted.
  virtual task<std::unique_ptr<provided>> make(request_context& in) = 0;
  /// What it takes of the request.
  [[nodiscard]] virtual route_description describe() const { return {}; }
};

class provided_reference final : public provided {
 public:
  explicit provided_reference(void* object) noexcept : object_{object} {}
  void* object() noexcept override { return object_; }

 private:
  void* object_;
};

class reference_provider final : public provider {
 public:
  explicit reference_provider(void* object) noexcept : object_{object} {}
  task<std::unique_ptr<provided>> make(request_context&) override {
    co_return std::make_unique<provided_reference>(object_);
  }

 private:
  void* object_;
};

template <class T>
class provided_value final : public provided {
 public:
  explicit provided_value(T value) : value_(std::move(value)) {}
  void* object() noexcept override { return &value_; }

 private:
  T value_;
};

template <class T>
class provided_by_manager final : public provided {
 public:
  explicit provided_by_manager(manager<T> made) noexcept : manager_{std::move(made)} {}
  void* object() noexcept override { return object_; }
  static task<> enter(provided_by_manager& self) {
    auto& given = co_await self.manager_.enter();
    self.object_ = &given;
  }
  task<> leave(exit_reason how) override { return manager_.exit(std::move(how)); }

 private:
  manager<T> manager_;
  std::remove_reference_t<T>* object_ = nullptr;
};

template <class R>
struct made_by {
  using type = typename given_by<R>::type;
  static constexpr bool managed = false;
};
template <class T>
struct made_by<manager<T>> {
  using type = std::remove_reference_t<T>;
  using given = T;
  static constexpr bool managed = true;
};

template <class F>
class factory_provider final : public provider {
 public:
  using result = typename signature<F>::result;
  using value_type = typename made_by<result>::type;
  using arguments = arguments_of<F>;
  static_assert(!arguments::websocket && !arguments::needs_body,
                "weft: what is provided cannot take the body or the WebSocket, which are the handler's");

  explicit factory_provider(F function) : function_(std::move(function)) {}
  task<std::unique_ptr<provided>> make(request_context& in) override { return make(*this, in); }
  [[nodiscard]] route_description describe() const override {
    route_description made;
    arguments::describe(made);
    return made;
  }

 private:
  static task<std::unique_ptr<provided>> make(factory_provider& self, request_context& in) {
    const std::size_t noted = in.problems.size();
    arguments taken{in};
    if (in.problems.size() != noted) co_return nullptr;
    if constexpr (arguments::supplies) co_await arguments::supply(taken, in);
    if constexpr (made_by<result>::managed) {
      auto made = std::make_unique<provided_by_manager<typename made_by<result>::given>>(taken.call(self.function_));
      co_await std::remove_reference_t<decltype(*made)>::enter(*made);
      co_return std::move(made);
    } else if constexpr (given_by<result>::waits) {
      co_return std::make_unique<provided_value<value_type>>(co_await taken.call(self.function_));
    } else {
      co_return std::make_unique<provided_value<value_type>>(taken.call(self.function_));
    }
  }

  F function_;
};

}  // namespace weft::web::detail
