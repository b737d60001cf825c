#include "core/ring_call.hpp"

namespace weft::detail {

void ring_leaf::start(void* frame) noexcept {
  prepare(ring_->begin(*this));
  under_way_ = true;
  ++ring_->waiting();
  suspend(frame);
  ++loop().outside_work;
}

void ring_leaf::completed(std::int32_t result, std::uint32_t) noexcept {
  under_way_ = false;
  --ring_->waiting();
  --loop().outside_work;
  result_ = result;
  take(result);
  if (waiting()) wake();
}

void ring_leaf::on_stop() noexcept {
  if (under_way_) {
    ring_->cancel(*this);
  } else {
    leaf::on_stop();
  }
}

void* ring_leaf::run() noexcept {
  if (phase_ == phase::woken && in_scope().stop_requested) phase_ = phase::stopped_when_woken;
  return leaf::run();
}

void ring_leaf::withdraw() noexcept {
  if (under_way_) ring_->cancel(*this);
  while (under_way_) ring_->wait_for_completion();
}

}  // namespace weft::detail
