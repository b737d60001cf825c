#include <utility>
#include <weft/core/loop_handle.hpp>

#include "core/callback.hpp"
#include "core/loop.hpp"

namespace weft {

namespace detail {

void throw_loop_closed() { throw loop_closed_error{}; }

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

/// Starts a task on the loop that it is posted to.
class posted_task final : public posted {
 public:
  explicit posted_task(task<> work) noexcept : work_{std::move(work)} {}
  void* run() noexcept override {
    loop->current = nullptr;
    const context_override registered{&context_};
    start_task(*loop, *loop->root_owner, std::move(work_), {});
    delete this;
    return nullptr;
  }

 private:
  task<> work_;
  context_ref context_ = current_context();
};

}  // namespace

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

void loop_handle::call_soon_threadsafe(detail::unique_function f) const {
  if (!shared_) throw loop_closed_error{};
  shared_->post(detail::make_owned<detail::posted_function>(std::move(f)));
}

void loop_handle::post(task<> work) const {
  if (!shared_) throw loop_closed_error{};
  shared_->post(detail::make_owned<detail::posted_task>(std::move(work)));
}

void loop_handle::set_exception_handler(std::function<void(const exception_context&)> handler) const {
  detail::loop_of(own_loop()).exception_handler = std::move(handler);
}

loop_handle this_loop() { return loop_handle{detail::loop_of(detail::require_loop("this_loop")).shared}; }

}  // namespace weft
