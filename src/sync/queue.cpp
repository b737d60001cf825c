#include <stdexcept>
#include <weft/sync/queue.hpp>

namespace weft {

queue_empty::queue_empty() : error{"the queue is empty"} {}
queue_full::queue_full() : error{"the queue is full"} {}
queue_shutdown::queue_shutdown() : error{"the queue has been shut down"} {}

namespace detail {

void queue_base::wake_next(list<queue_waiter>& line) noexcept {
  if (!line.empty()) line.pop_front().wake();
}
void queue_base::wake_all(list<queue_waiter>& line) noexcept {
  while (!line.empty()) line.pop_front().wake();
}

void queue_base::refuse_put() const {
  if (shutdown_) throw queue_shutdown{};
  throw queue_full{};
}
void queue_base::refuse_get() const {
  if (shutdown_) throw queue_shutdown{};
  throw queue_empty{};
}

void queue_base::task_done() {
  if (unfinished_ == 0) throw std::logic_error{"queue.task_done: called more often than items were put"};
  if (--unfinished_ == 0) wake_all(joiners_);
}

void queue_base::shutdown(bool immediate) {
  shutdown_ = true;
  if (immediate) {
    drop_all();
    unfinished_ -= size_ < unfinished_ ? size_ : unfinished_;
    size_ = 0;
    if (unfinished_ == 0) wake_all(joiners_);
  }
  wake_all(getters_);
  wake_all(putters_);
}

void* queue_waiter::run() noexcept {
  if (phase_ != phase::woken || !must_wait()) return leaf::run();
  wait(frame_);
  return nullptr;
}

void queue_getter::abandon() noexcept {
  if (phase_ == phase::stopped_when_woken && !queue_->empty()) queue_base::wake_next(queue_->getters_);
}

void queue_putter::abandon() noexcept {
  if (phase_ == phase::stopped_when_woken && !queue_->full()) queue_base::wake_next(queue_->putters_);
}

}  // namespace detail
}  // namespace weft
