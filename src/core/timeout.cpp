#include <stdexcept>
#include <weft/core/timeout.hpp>

namespace weft {

// NOLINTNEXTLINE(performance-noexcept-move-constructor)
cancel_scope::cancel_scope(cancel_scope&& other) : cancelled_{other.cancelled_} {
  if (other.used_) throw std::logic_error{"a cancel_scope cannot be moved once it is in use"};
}

void cancel_scope::cancel() noexcept {
  cancelled_ = true;
  if (body_ != nullptr) body_->request_stop();
}

void cancel_scope::opened(detail::scope& body) {
  if (used_) throw std::logic_error{"a cancel_scope can be used only once"};
  used_ = true;
  body_ = &body;
  if (cancelled_) body.stop_requested = true;
}

void cancel_scope::closed(detail::block_end& end, bool stopping_outside) noexcept {
  body_ = nullptr;
  if (end.stopped && cancelled_ && !stopping_outside) end = {.error = nullptr, .absorbed = true};
}

/// Expiry that goes through the ready queue, so that it comes before what the block makes ready.
class timeout_scope::immediate final : public detail::node, public detail::pooled {
 public:
  explicit immediate(timeout_scope& owner) noexcept : owner_{&owner} {}
  void forget() noexcept { owner_ = nullptr; }
  void* run() noexcept override {
    if (owner_ != nullptr) {
      owner_->soon_ = nullptr;
      owner_->fired();
    }
    delete this;
    return nullptr;
  }

 private:
  timeout_scope* owner_;
};

// NOLINTNEXTLINE(performance-noexcept-move-constructor)
timeout_scope::timeout_scope(timeout_scope&& other) : deadline_{other.deadline_}, relative_{other.relative_} {
  if (other.state_ != state::fresh) throw std::logic_error{"a timeout_scope cannot be moved once it is in use"};
}

void timeout_scope::opened(detail::scope& body) {
  if (state_ != state::fresh) throw std::logic_error{"a timeout_scope can be used only once"};
  state_ = state::open;
  body_ = &body;
  if (relative_) {
    // The boundary learns its loop only when it is entered.
    deadline_ = detail::deadline_after(detail::this_thread_loop->now(), deadline_);
    relative_ = false;
  }
  arm();
}

void timeout_scope::arm() {
  if (deadline_ == detail::never) return;
  detail::event_loop& loop = *detail::this_thread_loop;
  if (deadline_ > loop.now()) {
    loop.arm(*this, deadline_);
  } else {
    soon_ = new immediate{*this};
    loop.push(*soon_);
  }
}

void timeout_scope::disarm() noexcept {
  if (armed()) detail::this_thread_loop->disarm(*this);
  if (soon_ != nullptr) std::exchange(soon_, nullptr)->forget();
}

void timeout_scope::fired() noexcept {
  expired_ = true;
  body_->request_stop();
}

void timeout_scope::reschedule(std::optional<time_point> when) {
  if (expired_) throw std::logic_error{"a timeout_scope that has expired cannot be rescheduled"};
  if (state_ == state::left) throw std::logic_error{"a timeout_scope that was left cannot be rescheduled"};
  deadline_ = when ? when->time_since_epoch().count() : detail::never;
  relative_ = false;
  if (state_ != state::open) return;
  disarm();
  arm();
}

std::optional<time_point> timeout_scope::when() const noexcept {
  if (deadline_ == detail::never || relative_) return std::nullopt;
  return time_point{clock::duration{deadline_}};
}

void timeout_scope::closed(detail::block_end& end, bool stopping_outside) {
  disarm();
  state_ = state::left;
  body_ = nullptr;
  if (end.stopped && expired_ && !stopping_outside) end = {.error = std::make_exception_ptr(timeout_error{})};
}

}  // namespace weft
