#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/task.hpp>

namespace weft::web {

namespace detail {

/// Work that waits for its time.
class deferred_work {
 public:
  virtual ~deferred_work() = default;
  virtual task<> run() = 0;
  std::string name;
};

template <class F, class... Arguments>
class deferred_call final : public deferred_work {
 public:
  template <class... Given>
  explicit deferred_call(F function, Given&&... given)
      : function_(std::move(function)), arguments_(std::forward<Given>(given)...) {}
  task<> run() override {
    return std::apply([this](auto&... each) { return std::invoke(function_, std::move(each)...); }, arguments_);
  }

 private:
  F function_;
  std::tuple<Arguments...> arguments_;
};

}  // namespace detail

/// Work that begins once the response has been sent: a handler's parameter `background_tasks&`. FastAPI's
/// BackgroundTasks.
///
///     background.add(send_mail, std::move(address), std::ref(mailer));
///
/// The tasks belong to the server: its shutdown waits for them, as long as serve_options say, and then stops them. An
/// error goes to the loop's exception handler. They also run if the client has gone meanwhile, but not if the handler
/// throws or is stopped.
class background_tasks {
 public:
  background_tasks() = default;
  background_tasks(const background_tasks&) = delete;
  background_tasks& operator=(const background_tasks&) = delete;

  /// @param function gives a task<> when called with the arguments, which are kept until then: copied or moved, or
  /// std::ref of what outlives the server's block.
  template <class F, class... Arguments>
    requires std::is_invocable_r_v<task<>, std::decay_t<F>&, std::decay_t<Arguments>...>
  void add(F&& function, Arguments&&... arguments) {
    add_named({}, std::forward<F>(function), std::forward<Arguments>(arguments)...);
  }
  /// The same with a name, for debugging aids.
  template <class F, class... Arguments>
    requires std::is_invocable_r_v<task<>, std::decay_t<F>&, std::decay_t<Arguments>...>
  void add_named(std::string_view name, F&& function, Arguments&&... arguments) {
    auto work = std::make_unique<detail::deferred_call<std::decay_t<F>, std::decay_t<Arguments>...>>(
        std::forward<F>(function), std::forward<Arguments>(arguments)...);
    work->name = name;
    waiting_.push_back(std::move(work));
  }

  /// How many wait to begin.
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

  /// For the library's own use.
  [[nodiscard]] std::vector<std::unique_ptr<detail::deferred_work>> take() noexcept { return std::move(waiting_); }

 private:
  std::vector<std::unique_ptr<detail::deferred_work>> waiting_;
};

}  // namespace weft::web
