#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <weft/core/detail/context_data.hpp>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/detail/frame_pool.hpp>
#include <weft/core/detail/timer.hpp>

namespace weft::detail {

/// A function on its way to being called, in the context in which this was made. Lives while it has handles, and until
/// it was called or never will be.
class pending_call : public timer, public pooled {
 public:
  virtual ~pending_call() = default;

  void add_handle() noexcept { ++handles_; }
  void drop_handle() noexcept {
    if (--handles_ == 0 && !armed() && !queued_) delete this;
  }

  /// Arms it. Throws std::bad_alloc.
  void start();
  void cancel() noexcept;
  bool cancelled() const noexcept { return cancelled_; }
  /// When it is due; 0 for one that goes through the ready queue.
  std::int64_t when() const noexcept { return when_; }

  void fired() noexcept override;
  void dropped() noexcept override;

 protected:
  pending_call(event_loop& loop, std::int64_t when) noexcept : loop_{&loop}, when_{when} {
    if (loop.tasks_carry_more) [[unlikely]]
      context_ = current_context();
  }

  event_loop* loop_;
  bool queued_ = false;
  bool cancelled_ = false;

 private:
  virtual void call_function() = 0;
  virtual void drop_function() noexcept = 0;
  void call() noexcept;

  std::uint32_t handles_ = 1;
  std::int64_t when_;
  context_ref context_;
};

/// One that goes through the ready queue.
class queued_call : public pending_call, public node {
 public:
  void start() noexcept {
    queued_ = true;
    loop_->push(*this);
  }
  void* run() noexcept override {
    queued_ = false;
    fired();
    return nullptr;
  }

 protected:
  using pending_call::pending_call;
};

/// One with its function, in one piece of memory.
template <class Base, class F>
class call_of final : public Base {
 public:
  template <class U>
  call_of(event_loop& loop, std::int64_t when, U&& function) : Base{loop, when} {
    std::construct_at(std::addressof(function_), std::forward<U>(function));
    has_function_ = true;
  }
  call_of(const call_of&) = delete;
  call_of& operator=(const call_of&) = delete;
  ~call_of() override {
    if (has_function_) [[unlikely]]  // it could not be armed
      std::destroy_at(std::addressof(function_));
  }

 private:
  void call_function() override { function_(); }
  // Once it is called or never will be, whatever handles there are.
  void drop_function() noexcept override {
    has_function_ = false;
    std::destroy_at(std::addressof(function_));
  }

  union {
    F function_;  // NOLINT(readability-identifier-naming): a member of the class, and private
  };
  bool has_function_ = false;
};

}  // namespace weft::detail
