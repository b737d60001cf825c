#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <weft/core/detail/awaitable.hpp>
#include <weft/core/errors.hpp>
#include <weft/core/task.hpp>
#include <weft/core/timeout.hpp>
#include <weft/patterns/detail/resource_pool_state.hpp>

namespace weft {

namespace detail {

template <class C, class T>
concept pool_check = std::invocable<C&, T&> && (std::convertible_to<std::invoke_result_t<C&, T&>, bool> ||
                                                awaitable<std::invoke_result_t<C&, T&>>);

template <class T, class C>
task<bool> run_check(C& check, T& resource) {
  if constexpr (awaitable<std::invoke_result_t<C&, T&>>) {
    const bool good = co_await check(resource);
    co_return good;
  } else {
    co_return static_cast<bool>(check(resource));
  }
}

}  // namespace detail

/// Resources that are costly to make and that one task uses at a time, such as connections: lent out, taken back, and
/// lent out again. asyncpg.create_pool, aiomysql.Pool.
///
///     resource_pool<connection> pool{[&] { return connect(host); }, {.max_size = 5, .max_lifetime = 1h}};
///     {
///       auto db = co_await pool.acquire();
///       co_await db->execute(...);
///     }   // back in the pool
///
/// The one that came back last is lent first. Used with `with(pool, body)`, it opens min_size of them at the beginning
/// and closes at the end; it needs neither. Belongs to one loop. Leases may outlive the pool object.
template <class T>
class resource_pool {
  using state = detail::resource_pool_state<T>;

 public:
  class lease;

  /// @param make gives a task (or another awaitable) of a new T; kept in the pool.
  /// Throws std::invalid_argument for a max_size below 1, a min_size that is negative or above max_size, and times that
  /// are not more than 0.
  template <class Make>
    requires detail::task_function<Make>
  explicit resource_pool(Make&& make, const resource_pool_options& options = {})
      : state_{std::make_shared<state>(options, maker(std::forward<Make>(make)), nullptr)} {}

  /// @param check says of an idle T (plainly, or by a task) whether it is still good, before it is lent again. One that
  /// is not, or whose check throws, is destroyed.
  template <class Make, class Check>
    requires detail::task_function<Make> && detail::pool_check<Check, T>
  resource_pool(Make&& make, Check&& check, const resource_pool_options& options = {})
      : state_{std::make_shared<state>(options, maker(std::forward<Make>(make)), checker(std::forward<Check>(check)))} {
  }

  resource_pool(const resource_pool&) = delete;
  resource_pool& operator=(const resource_pool&) = delete;
  ~resource_pool() { state_->close(); }

  /// Waits for a resource and lends it. Those who wait are served in the order in which they asked. Throws
  /// pool_timeout_error, pool_closed_error, or what `make` throws. A stop while waiting leaves the line; a resource
  /// that was being checked or made is destroyed.
  [[nodiscard]] task<lease> acquire() { return lend(state_, state_->options().acquire_timeout); }
  /// The same with a time limit of its own.
  template <class Rep, class Period>
  [[nodiscard]] task<lease> acquire(std::chrono::duration<Rep, Period> timeout) {
    return lend(state_, clock::duration{detail::nanoseconds_of(timeout)});
  }
  /// An idle resource if there is one and nobody waits; unchecked, never suspends.
  [[nodiscard]] std::optional<lease> try_acquire();

  /// Acquires a resource and awaits `operation(resource)`. It goes back to the pool unless the operation failed with
  /// what is not a std::logic_error: then it is destroyed, since nobody knows what state it is in.
  template <class F>
    requires std::invocable<std::decay_t<F>&, T&> && awaitable<std::invoke_result_t<std::decay_t<F>&, T&>>
  [[nodiscard]] auto use(F&& operation);

  /// Opens resources up to min_size. Throws what `make` throws.
  [[nodiscard]] task<> fill() { return fill_up(state_); }
  /// Destroys idle resources, also those beyond their time.
  void clear() noexcept { state_->clear(); }
  /// Lends no more: acquire() throws pool_closed_error, waiting or not. Waits until all have come back and are
  /// destroyed. A stop ends the waiting.
  [[nodiscard]] task<> close() { return close_and_wait(state_); }

  resource_pool_statistics statistics() const noexcept { return state_->statistics(); }

  /// For with().
  task<resource_pool&> enter() {
    co_await fill_up(state_);
    co_return *this;
  }
  task<> exit() { return close_and_wait(state_); }

 private:
  using shared = std::shared_ptr<state>;

  template <class Make>
  static std::function<task<T>()> maker(Make&& make) {
    return [make = std::forward<Make>(make)]() mutable { return make_one(make); };
  }
  template <class Make>
  static task<T> make_one(Make& make) {
    co_return co_await make();
  }
  template <class Check>
  static std::function<task<bool>(T&)> checker(Check&& check) {
    return [check = std::forward<Check>(check)](T& resource) mutable { return detail::run_check(check, resource); };
  }

  static task<lease> lend(shared from, std::optional<clock::duration> limit);
  static task<lease> lend_without_limit(shared from);
  static task<> fill_up(shared pool);
  static task<> close_and_wait(shared pool);
  template <class R, class F>
  static task<R> use_one(shared from, F operation);

  shared state_;
};

/// A resource on loan: goes back to its pool at the end of the scope. Move-only.
template <class T>
class [[nodiscard]] resource_pool<T>::lease {
 public:
  lease(lease&& other) noexcept = default;
  lease& operator=(lease&& other) noexcept {
    if (this != &other) {
      release();
      pool_ = std::move(other.pool_);
      place_ = std::move(other.place_);
      resource_ = std::move(other.resource_);
    }
    return *this;
  }
  ~lease() { release(); }

  T& operator*() const noexcept { return resource_->value; }
  T* operator->() const noexcept { return std::addressof(resource_->value); }
  /// False once it was given back.
  explicit operator bool() const noexcept { return resource_ != nullptr; }

  /// Gives the resource back now; harmless when repeated.
  void release() noexcept {
    if (resource_ != nullptr) pool_->take_back(std::move(resource_));
    place_.release();
  }
  /// Destroys the resource instead, because it is broken; the pool makes another when it needs one.
  void discard() noexcept {
    resource_ = nullptr;
    place_.release();
  }

 private:
  friend class resource_pool;
  using resource = typename detail::resource_pool_state<T>::resource;
  lease(std::shared_ptr<detail::resource_pool_state<T>> pool, semaphore::permit place,
        std::unique_ptr<resource> lent) noexcept
      : pool_{std::move(pool)}, place_{std::move(place)}, resource_{std::move(lent)} {
    pool_->count_loan();
  }

  std::shared_ptr<detail::resource_pool_state<T>> pool_;
  semaphore::permit place_;
  std::unique_ptr<resource> resource_;
};

// ---- implementation ------------------------------------------------------------------------------------------------

template <class T>
std::optional<typename resource_pool<T>::lease> resource_pool<T>::try_acquire() {
  if (state_->closed()) return std::nullopt;
  std::optional<semaphore::permit> place = state_->places().try_acquire();
  if (!place) return std::nullopt;
  auto idle = state_->take_idle();
  if (idle == nullptr) return std::nullopt;
  return lease{state_, *std::move(place), std::move(idle)};
}

template <class T>
task<typename resource_pool<T>::lease> resource_pool<T>::lend(shared from, std::optional<clock::duration> limit) {
  if (!limit) co_return co_await lend_without_limit(from);
  std::optional<lease> lent = co_await move_on_after(*limit, lend_without_limit(from));
  if (!lent) from->throw_timeout(*limit);
  co_return *std::move(lent);
}

template <class T>
task<typename resource_pool<T>::lease> resource_pool<T>::lend_without_limit(shared from) {
  semaphore::permit place = co_await from->wait_for_place();
  for (;;) {
    std::unique_ptr<typename state::resource> idle = from->take_idle();
    if (idle == nullptr) break;
    const bool good = co_await from->still_good(*idle);
    from->check_open();
    if (good) co_return lease{from, std::move(place), std::move(idle)};
  }
  auto made = co_await from->make();
  from->check_open();
  co_return lease{from, std::move(place), std::move(made)};
}

template <class T>
task<> resource_pool<T>::fill_up(shared pool) {
  while (!pool->closed() && pool->below_minimum()) {
    std::optional<semaphore::permit> place = pool->places().try_acquire();
    if (!place) break;
    auto made = co_await pool->make();
    pool->take_back(std::move(made));
  }
}

template <class T>
task<> resource_pool<T>::close_and_wait(shared pool) {
  pool->close();
  co_await pool->all_back();
}

template <class T>
template <class R, class F>
task<R> resource_pool<T>::use_one(shared from, F operation) {
  lease lent = co_await lend(from, from->options().acquire_timeout);
  std::exception_ptr error;
  try {
    co_return co_await operation(*lent);
  } catch (...) {
    error = std::current_exception();
  }
  if (!detail::leaves_resource_intact(error)) lent.discard();
  std::rethrow_exception(error);
}

template <class T>
template <class F>
  requires std::invocable<std::decay_t<F>&, T&> && awaitable<std::invoke_result_t<std::decay_t<F>&, T&>>
auto resource_pool<T>::use(F&& operation) {
  static_assert(detail::safe_in_await<F>,
                "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
  using function = std::decay_t<F>;
  return use_one<detail::kept_result_t<std::invoke_result_t<function&, T&>>, function>(state_,
                                                                                       std::forward<F>(operation));
}

}  // namespace weft
