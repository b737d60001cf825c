#include <stdexcept>
#include <weft/core/detail/boundary.hpp>
#include <weft/core/detail/generator_promise.hpp>
#include <weft/core/detail/running_task.hpp>

namespace weft::detail {

namespace {

/// Calls what on_close was given, the last first; all of them, whatever they throw.
task<> call_closers(generator_promise_base& generator) {
  std::exception_ptr error;
  while (owned<closer> next = generator.take_closer()) {
    std::exception_ptr failed;
    try {
      co_await next->call();
    } catch (...) {
      failed = std::current_exception();
    }
    if (!failed) continue;
    if (error) require_loop("a generator").report("An error of a generator's clean-up was followed by another", error);
    error = failed;
  }
  if (error) std::rethrow_exception(error);
}

task<> run_closers(generator_promise_base& generator) { co_await masked{call_closers(generator)}; }

}  // namespace

generator_promise_base::~generator_promise_base() {
  if (has_closers()) report_not_closed();
  while (take_closer()) {
  }
}

/// Nobody can await the clean-up any more.
void generator_promise_base::report_not_closed() const noexcept {
  event_loop* const loop = this_thread_loop;
  if (loop == nullptr || !loop->debug) return;
  loop->report("A generator with clean-up left was destroyed; await close(), or use with(closing(generator), ...)",
               nullptr);
}

void generator_promise_base::throw_in_use() {
  throw std::logic_error{"the generator's next() or close() is being awaited already"};
}

void generator_promise_base::on_unwound(hooked_promise& promise) noexcept {
  auto& self = static_cast<generator_promise_base&>(promise);
  self.in_use = false;
  if (self.has_closers()) {
    self.stopped_ = true;
  } else {
    self.destroy();
  }
}

void generator_promise_base::destroy() noexcept {
  if (owner_ != nullptr) owner_->promise_ = nullptr;
  std::coroutine_handle<generator_promise_base>::from_promise(*this).destroy();
}

void* generator_promise_base::start_closers(void* consumer) noexcept {
  try {
    auto frame = run_closers(*this).release();
    frame.promise().in_scope = in_scope;
    frame.promise().continuation = consumer;
    closing_frame_ = frame.address();
    return closing_frame_;
  } catch (...) {
    error_ = std::current_exception();
    return consumer;
  }
}

void generator_promise_base::finish() {
  std::exception_ptr error = std::move(error_);
  if (closing_frame_ != nullptr) {
    const auto frame = std::coroutine_handle<task_promise<void>>::from_address(closing_frame_);
    slot<void>& outcome = frame.promise().outcome;
    if (outcome.has_error()) {
      if (error) {
        in_scope->loop->report("An error of a generator was followed by one of its clean-up", error,
                               task_of(*in_scope).name());
      }
      error = outcome.error();
    }
    frame.destroy();
  }
  destroy();
  if (error) std::rethrow_exception(error);
}

task<> close_generator(generator_owner& generator) {
  generator_promise_base* const promise = generator.promise();
  if (promise == nullptr) co_return;
  promise->check_idle();
  promise->in_use = true;
  std::exception_ptr error;
  try {
    if (promise->has_closers()) co_await run_closers(*promise);
  } catch (...) {
    error = std::current_exception();
  }
  promise->destroy();
  if (error) std::rethrow_exception(error);
}

}  // namespace weft::detail
