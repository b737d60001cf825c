#pragma once

#include <type_traits>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/web/detail/endpoint.hpp>

namespace weft::web::detail {

/// Something that an app calls of its own accord, with what it provides.
class app_call {
 public:
  app_call() = default;
  app_call(const app_call&) = delete;
  app_call& operator=(const app_call&) = delete;
  virtual ~app_call() = default;
  /// What it has given, if that is a bool; true otherwise.
  virtual task<bool> run(request_context& nothing) = 0;
  [[nodiscard]] virtual route_description describe() const = 0;
};

template <class F>
class app_call_of final : public app_call {
 public:
  using arguments = arguments_of<F>;
  using given = given_by<typename signature<F>::result>;
  using result = typename given::type;
  static_assert(arguments::only_uses, "weft: without a request, a function can take use<T> only");
  static_assert(std::is_void_v<result> || std::is_same_v<result, bool>);

  explicit app_call_of(F function) : function_(std::move(function)) {}
  task<bool> run(request_context& nothing) override { return run(*this, nothing); }
  [[nodiscard]] route_description describe() const override {
    route_description made;
    arguments::describe(made);
    return made;
  }

 private:
  static task<bool> run(app_call_of& self, request_context& nothing) {
    arguments taken{nothing};
    if constexpr (arguments::supplies) co_await arguments::supply(taken, nothing);
    if constexpr (std::is_void_v<result>) {
      if constexpr (given::waits) {
        co_await taken.call(self.function_);
      } else {
        taken.call(self.function_);
      }
      co_return true;
    } else if constexpr (given::waits) {
      const bool said = co_await taken.call(self.function_);
      co_return said;
    } else {
      co_return taken.call(self.function_);
    }
  }

  F function_;
};

template <class F>
concept calls_by_itself =
    signature<F>::known && (std::is_void_v<typename given_by<typename signature<F>::result>::type> ||
                            std::is_same_v<typename given_by<typename signature<F>::result>::type, bool>);

}  // namespace weft::web::detail
