#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <weft/patterns/bulkhead.hpp>
#include <weft/patterns/circuit_breaker.hpp>
#include <weft/patterns/rate_limiter.hpp>

namespace weft {

/// One limiter, breaker or bulkhead for each key, such as a host: made when a key first comes up, and dropped some time
/// after it is no different from a new one.
///
///     keyed_rate_limiter<> limits{{.rate = 2}};      // 2 a second for each host
///     co_await limits.acquire(host);
///     keyed<circuit_breaker> breakers{{.max_failures = 3}};
///     co_await breakers.call(host, [&] { return fetch(host); });
///
/// Belongs to one loop; must outlive the calls. What the options refer to (callables, a name) must outlive it.
template <class Limiter, class Key = std::string>
class keyed {
 public:
  /// Throws what the limiter's constructor throws.
  explicit keyed(const typename Limiter::options_type& options = {}) : options_{options} { (void)Limiter{options_}; }
  keyed(const keyed&) = delete;
  keyed& operator=(const keyed&) = delete;

  /// The key's limiter; it is not dropped as long as the pointer lives.
  [[nodiscard]] std::shared_ptr<Limiter> of(const Key& key) {
    if (const auto found = limiters_.find(key); found != limiters_.end()) return found->second;
    if (limiters_.size() >= sweep_at_) drop_idle();
    return limiters_.emplace(key, std::make_shared<Limiter>(options_)).first->second;
  }

  /// What the limiter's call() does, for the key's limiter.
  template <class F>
    requires std::invocable<std::decay_t<F>&> && awaitable<std::invoke_result_t<std::decay_t<F>&>>
  [[nodiscard]] auto call(const Key& key, F&& operation) {
    static_assert(detail::safe_in_await<F>,
                  "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
    using function = std::decay_t<F>;
    return call_with<detail::kept_result_t<std::invoke_result_t<function&>>, function>(of(key),
                                                                                       std::forward<F>(operation));
  }

  /// How many keys have a limiter now.
  std::size_t size() const noexcept { return limiters_.size(); }
  /// Drops the limiters that are no different from new ones and that nobody uses. Happens by itself from time to time.
  void drop_idle() {
    std::erase_if(limiters_, [](const auto& entry) { return entry.second.use_count() == 1 && entry.second->idle(); });
    sweep_at_ = limiters_.size() < smallest_sweep / 2 ? smallest_sweep : limiters_.size() * 2;
  }

 private:
  static constexpr std::size_t smallest_sweep = 64;

  template <class R, class F>
  static task<R> call_with(std::shared_ptr<Limiter> limiter, F operation) {
    co_return co_await limiter->call(operation);
  }

  typename Limiter::options_type options_;
  std::unordered_map<Key, std::shared_ptr<Limiter>> limiters_;
  std::size_t sweep_at_ = smallest_sweep;
};

/// A rate limit for each key.
template <class Key = std::string>
class keyed_rate_limiter : public keyed<rate_limiter, Key> {
 public:
  using keyed<rate_limiter, Key>::keyed;

  /// Waits for tokens of the key's limiter; see rate_limiter::acquire.
  [[nodiscard]] task<> acquire(const Key& key, std::ptrdiff_t tokens = 1) {
    std::shared_ptr<rate_limiter> limiter = this->of(key);
    detail::rate_acquire acquire = limiter->acquire(tokens);
    return wait(std::move(limiter), acquire);
  }
  /// Takes tokens of the key's limiter if they are there; see rate_limiter::try_acquire.
  [[nodiscard]] bool try_acquire(const Key& key, std::ptrdiff_t tokens = 1) {
    return this->of(key)->try_acquire(tokens);
  }

 private:
  static task<> wait(std::shared_ptr<rate_limiter> /*kept*/, detail::rate_acquire acquire) { co_await acquire; }
};

}  // namespace weft
