#include <utility>
#include <weft/core/loop_handle.hpp>

#include "core/callback.hpp"
#include "core/loop.hpp"

namespace weft {

/// A function on its way to being called. Its handles hold a reference each, and it holds one itself until it was
/// called or never will be.
class callback_handle::state final : public detail::node, public detail::timer, public detail::pooled {
 public:
  state(detail::event_loop& loop, detail::unique_function f) : loop_{&loop}, callback_{std::move(f)} {}

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  void call_soon() {
    await_call();
    loop_->push(*this);
  }
  void call_at(std::int64_t when) {
    when_ = when;
    if (when == detail::never) {
      pending_ = true;  // and nobody but its handles keeps it
    } else {
      loop_->arm(*this, when);
      await_call();
    }
  }
  void cancel() noexcept {
    if (!pending_ || cancelled_) return;
    cancelled_ = true;
    const auto dropped = std::move(callback_);
    if (armed()) {
      loop_->disarm(*this);
      end_waiting();
    }
  }
  bool cancelled() const noexcept { return cancelled_; }
  std::int64_t when() const noexcept { return when_; }

  void fired() noexcept override { call(); }
  void dropped() noexcept override { end_waiting(); }
  void* run() noexcept override {
    call();
    return nullptr;
  }

 private:
  void await_call() noexcept {
    pending_ = true;
    retain();
  }
  void end_waiting() noexcept {
    pending_ = false;
    release();
  }
  void call() noexcept {
    detail::event_loop& loop = *loop_;
    auto callback = std::move(callback_);
    const bool wanted = !cancelled_;
    end_waiting();
    if (wanted) callback.call(loop);
  }

  detail::event_loop* loop_;
  detail::callback<detail::unique_function> callback_;
  std::int64_t when_ = 0;
  std::uint32_t references_ = 1;
  bool pending_ = false;
  bool cancelled_ = false;
};

callback_handle::callback_handle(const callback_handle& other) noexcept : state_{other.state_} {
  if (state_ != nullptr) state_->retain();
}
void callback_handle::release() noexcept { state_->release(); }
void callback_handle::cancel() noexcept {
  if (state_ != nullptr) state_->cancel();
}
bool callback_handle::cancelled() const noexcept { return state_ != nullptr && state_->cancelled(); }
time_point callback_handle::when() const noexcept {
  return time_point{clock::duration{state_ != nullptr ? state_->when() : 0}};
}

namespace detail {

namespace {

class posted_function final : public posted {
 public:
  explicit posted_function(unique_function f) : callback_{std::move(f)} {}
  void* run() noexcept override {
    callback_.call(*loop);
    delete this;
    return nullptr;
  }

 private:
  callback<unique_function> callback_;
};

}  // namespace

void* posted_task::run() noexcept {
  loop->current = nullptr;
  const context_override registered{&context_};
  start_task(*loop, *loop->root_owner, std::move(work_), {});
  delete this;
  return nullptr;
}

}  // namespace detail

loop_handle::loop_handle(std::shared_ptr<detail::loop_shared> shared) noexcept : shared_{std::move(shared)} {
  shared_->add_handle();
}
loop_handle::loop_handle(const loop_handle& other) noexcept : shared_{other.shared_} {
  if (shared_) shared_->add_handle();
}
loop_handle& loop_handle::operator=(loop_handle other) noexcept {
  shared_.swap(other.shared_);
  return *this;
}
loop_handle::~loop_handle() {
  if (shared_) shared_->drop_handle();
}

detail::event_loop& loop_handle::own_loop() const {
  if (!shared_ || shared_->loop == nullptr) throw loop_closed_error{};
  return *shared_->loop;
}

callback_handle loop_handle::call_soon(detail::unique_function f) const {
  auto* call = new callback_handle::state{own_loop(), std::move(f)};
  callback_handle handle{call};
  call->call_soon();
  return handle;
}

callback_handle loop_handle::call_at_nanoseconds(std::int64_t when, detail::unique_function f) const {
  auto* call = new callback_handle::state{own_loop(), std::move(f)};
  callback_handle handle{call};  // before what may throw
  call->call_at(when);
  return handle;
}

void loop_handle::call_soon_threadsafe(detail::unique_function f) const {
  if (!shared_) throw loop_closed_error{};
  shared_->post(std::make_unique<detail::posted_function>(std::move(f)));
}

void loop_handle::set_exception_handler(std::function<void(const exception_context&)> handler) const {
  detail::loop_of(own_loop()).exception_handler = std::move(handler);
}

loop_handle this_loop() { return loop_handle{detail::loop_of(detail::require_loop("this_loop")).shared}; }

}  // namespace weft
