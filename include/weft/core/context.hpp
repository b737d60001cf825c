#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/core/detail/context_data.hpp>

namespace weft {

namespace detail {

/// What variables of all types have.
class context_key {
 public:
  explicit context_key(std::string_view name);
  context_key(const context_key&) = delete;
  context_key& operator=(const context_key&) = delete;

  /// As given to the constructor; for debugging aids.
  const std::string& name() const noexcept { return name_; }

 protected:
  ~context_key() = default;

  using value = std::shared_ptr<const void>;

  /// What a value was before it was set, and where.
  struct change {
    value before;
    context_ref* where = nullptr;
  };
  value find() const noexcept { return current_context().find(id_); }
  change exchange(value now) const;
  /// Throws std::logic_error if that was done before, or in another context.
  void undo(change& made, const char* what) const;
  /// The same, and does nothing where that throws.
  void undo_quietly(change& made) const noexcept;

 private:
  std::uint64_t id_;
  std::string name_;
};

}  // namespace detail

/// A value that follows tasks: each task starts on a copy of its creator's, and what it sets is seen by itself, by
/// what it awaits, and by the tasks, callbacks, and to_thread calls that it makes afterwards. contextvars.ContextVar.
///
/// Usually a global: `weft::context_var<std::string> request_id{"none"};`. Outside a loop each thread has values of its
/// own, which `run` takes over. It may be used on any thread; it must outlive its uses. Values are kept as they were
/// set: get() copies.
template <class T>
class context_var final : public detail::context_key {
  static_assert(std::is_copy_constructible_v<T>, "get() gives a copy; put a std::shared_ptr into it");

 public:
  class token;
  class scoped_value;

  /// @param otherwise what get() gives where nothing was set.
  explicit context_var(T otherwise = T{}, std::string_view name = {})
      : context_key{name}, otherwise_(std::move(otherwise)) {}

  T get() const {
    const std::shared_ptr<const void> set = find();
    return set ? *static_cast<const T*>(set.get()) : otherwise_;
  }

  /// Sets it for the running task, until it ends. Keep the token to undo that.
  token set(T now) const { return token{exchange(std::make_shared<const T>(std::move(now)))}; }

  /// Makes it what it was before the set() that gave the token. Throws std::logic_error if the token was used before,
  /// or is another task's.
  void reset(token& set) const { undo(set.change_, "context_var.reset"); }
  void reset(token&& set) const { undo(set.change_, "context_var.reset"); }

  /// Sets it until the guard goes out of scope; also if that is because of a stop.
  [[nodiscard("the value is set as long as the guard lives")]] scoped_value scoped(T now) const {
    return scoped_value{*this, exchange(std::make_shared<const T>(std::move(now)))};
  }

 private:
  T otherwise_;
};

/// What set() gives, for reset().
template <class T>
class context_var<T>::token {
 public:
  token(token&&) noexcept = default;
  token& operator=(token&&) noexcept = default;

 private:
  friend context_var;
  explicit token(change made) noexcept : change_{std::move(made)} {}
  change change_;
};

/// What scoped() gives.
template <class T>
class [[nodiscard]] context_var<T>::scoped_value {
 public:
  scoped_value(scoped_value&& other) noexcept
      : variable_{std::exchange(other.variable_, nullptr)}, change_{std::move(other.change_)} {}
  scoped_value& operator=(scoped_value&&) = delete;
  ~scoped_value() {
    if (variable_ != nullptr) variable_->undo_quietly(change_);
  }

 private:
  friend context_var;
  scoped_value(const context_var& variable, change made) noexcept : variable_{&variable}, change_{std::move(made)} {}
  const context_var* variable_;
  change change_;
};

/// The values of all context variables at one time, to be run in again, or to be shared by several tasks
/// (`create_task(work, {.context = &shared})`). Copies refer to the same values. Belongs to one thread.
/// contextvars.Context.
class context {
 public:
  /// The variables as they are now for the running task. contextvars.copy_context.
  static context copy();

  /// Calls `function` with these values in place of the task's; what it sets stays in here. It cannot suspend.
  template <std::invocable F>
  std::invoke_result_t<F> run(F&& function) const {
    const detail::context_override here{&shared_->values};
    return std::invoke(std::forward<F>(function));
  }

  /// For the library's own use.
  const std::shared_ptr<detail::shared_context>& shared() const noexcept { return shared_; }

 private:
  explicit context(std::shared_ptr<detail::shared_context> values) noexcept : shared_{std::move(values)} {}
  std::shared_ptr<detail::shared_context> shared_;
};

/// context::copy(), by its name in Python.
inline context copy_context() { return context::copy(); }

}  // namespace weft
