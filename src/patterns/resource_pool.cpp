#include <stdexcept>
#include <string>
#include <weft/core/with.hpp>
#include <weft/patterns/detail/resource_pool_state.hpp>
#include <weft/patterns/detail/text.hpp>
#include <weft/patterns/retry.hpp>

namespace weft {

pool_closed_error::pool_closed_error() : error{"the resource_pool is closed"} {}

namespace detail {

namespace {

std::size_t checked_size(const resource_pool_options& options) {
  if (options.max_size < 1) throw std::invalid_argument{"resource_pool: max_size must be at least 1"};
  if (options.min_size < 0) throw std::invalid_argument{"resource_pool: min_size is negative"};
  if (options.min_size > options.max_size) throw std::invalid_argument{"resource_pool: min_size is above max_size"};
  return static_cast<std::size_t>(options.max_size);
}

void check_time(const std::optional<clock::duration>& time, const char* message) {
  if (time && time->count() <= 0) throw std::invalid_argument{message};
}

}  // namespace

bool leaves_resource_intact(const std::exception_ptr& error) noexcept { return is_any_of<std::logic_error>(error); }

resource_pool_base::resource_pool_base(const resource_pool_options& options)
    : options_{options}, places_{checked_size(options)} {
  check_time(options.acquire_timeout, "resource_pool: acquire_timeout must be more than 0");
  check_time(options.max_lifetime, "resource_pool: max_lifetime must be more than 0");
  check_time(options.max_idle, "resource_pool: max_idle must be more than 0");
  if (options.check_after.count() < 0) throw std::invalid_argument{"resource_pool: check_after is negative"};
  none_left_.set();
}

task<semaphore::permit> resource_pool_base::wait_for_place() {
  check_open();
  if (std::optional<semaphore::permit> place = places_.try_acquire()) co_return *std::move(place);

  struct standing {
    explicit standing(resource_pool_base& state) noexcept : pool{&state} {
      pool->line_.push_back(self);
      ++pool->waiting_;
    }
    standing(const standing&) = delete;
    standing& operator=(const standing&) = delete;
    ~standing() {
      pool->line_.remove(self);
      --pool->waiting_;
    }
    resource_pool_base* pool;
    waiter self;
  } here{*this};
  std::optional<semaphore::permit> place;
  co_await with(here.self.scope, [&]() -> task<> {
    semaphore::permit got = co_await places_.acquire();
    place.emplace(std::move(got));
  });
  check_open();
  co_return *std::move(place);
}

void resource_pool_base::close_line() noexcept {
  closed_ = true;
  stop_timer();
  for (waiter* w = line_.front(); w != nullptr; w = list<waiter>::after(*w)) w->scope.cancel();
}

void resource_pool_base::throw_timeout(clock::duration limit) const {
  throw pool_timeout_error{"resource_pool: nothing to lend for " + in_words(limit) + ": " + std::to_string(exist_) +
                           " of at most " + std::to_string(options_.max_size) + " are there, and " +
                           std::to_string(waiting_) + " others wait"};
}

void resource_pool_base::set_timer(std::int64_t at) noexcept {
  stop_timer();
  if (at == never || this_thread_loop == nullptr) return;
  timer_loop_ = this_thread_loop;
  timer_loop_->arm(*this, at);
}

void resource_pool_base::stop_timer() noexcept {
  if (armed()) timer_loop_->disarm(*this);
}

void resource_pool_base::one_more() noexcept {
  ++exist_;
  ++made_;
  none_left_.clear();
}

void resource_pool_base::one_less() noexcept {
  if (--exist_ == 0) none_left_.set();
}

}  // namespace detail
}  // namespace weft
