#pragma once

#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <weft/core/detail/completion.hpp>
#include <weft/core/detail/context_data.hpp>
#include <weft/core/detail/slot.hpp>
#include <weft/core/errors.hpp>
#include <weft/core/task.hpp>
#include <weft/core/task_options.hpp>

namespace weft::detail {

class running_task;

/// Keeps running tasks alive until they have ended: a group, `run` for tasks without one, a gather.
class task_owner : public list_hook<task_owner> {
 public:
  /// @param hears_of_ends false if child_done is for those children only that tell_owner() was called for.
  explicit task_owner(bool hears_of_ends = true) noexcept : hears_of_ends_{hears_of_ends} {}
  task_owner(const task_owner&) = delete;
  task_owner& operator=(const task_owner&) = delete;

  /// A child has ended; comes one turn of the ready queue later. It has been taken off the list of children.
  virtual void child_done(running_task& child) noexcept = 0;
  /// True if all_tasks() leaves its tasks out.
  virtual bool internal() const noexcept { return false; }
  /// Where somebody waits, or will wait, for all children; null if nowhere. For debugging aids.
  virtual scope* awaited_in() const noexcept { return nullptr; }

  bool has_children() const noexcept { return !children_.empty(); }
  std::size_t child_count() const noexcept { return child_count_; }
  list<running_task>& children() noexcept { return children_; }
  /// Stops every child, in the order of creation.
  void cancel_children() noexcept;

 protected:
  ~task_owner() = default;

 private:
  friend class running_task;
  list<running_task> children_;
  std::size_t child_count_ = 0;
  bool hears_of_ends_;
};

/// Numbers are unique in the process, and a loop takes them by the block: an atomic increment for each task would be
/// the largest part of making one. Gives the number before the block's first.
std::uint32_t take_task_numbers() noexcept;
inline constexpr std::uint32_t task_number_block = 1024;

/// False where the next number is a new block's first.
inline bool has_task_number(const event_loop& loop) noexcept { return loop.task_number % task_number_block != 0; }

/// What few tasks have, or all of a loop that is watched.
struct task_notes {
  std::string name;
  std::source_location made_at;             ///< of the create_task
  std::int64_t stepped_at = -1;             ///< when its last step began; on watched loops only
  std::shared_ptr<shared_context> context;  ///< was given to it instead of a copy
};

/// A task that runs: the unit of concurrency and of cancellation. Its owner and each handle hold a reference.
class running_task : public node, public scope, public list_hook<running_task>, public completion, public pooled {
 public:
  running_task(event_loop& on, void (*completed_entry)(void*)) noexcept : scope{completed_entry, &on} {}
  running_task(const running_task&) = delete;
  running_task& operator=(const running_task&) = delete;
  virtual ~running_task() = default;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  /// Takes its place with its owner, who gets a reference, and in the ready queue. The loop must have a number for it,
  /// and its tasks must not carry more.
  inline void start_plainly(task_owner& owner) noexcept;
  /// The same without these conditions, and with options; it is not in the ready queue if it is eager. Throws
  /// std::bad_alloc, and has done nothing then.
  void start_specially(task_owner& owner, const task_options& options, std::source_location made_at);
  /// Its owner hears of its end though it does not of others'.
  void tell_owner() noexcept { owner_hears_ = true; }

  void* run() noexcept override;
  bool is_step() const noexcept override { return !done(); }
  bool cancel() noexcept override {
    if (done()) return false;
    request_stop();
    return true;
  }
  event_loop& home() const noexcept override { return *loop; }
  std::exception_ptr error() noexcept override {
    looked_at_ = true;
    return status_ == status::error ? stored_error() : nullptr;
  }
  /// Marks its error as seen, so that it is not reported.
  void look_at() noexcept { looked_at_ = true; }

  /// "Task-7" unless it was given another.
  std::string name() const;
  void set_name(std::string_view name) { notes().name = name; }
  context_ref& context() noexcept {
    return notes_ != nullptr && notes_->context != nullptr ? notes_->context->values : context_;
  }
  task_notes& notes();
  const task_notes* find_notes() const noexcept { return notes_; }
  /// The frame of the outermost coroutine, until it has ended.
  void* root() const noexcept { return root_; }
  task_owner* owner() const noexcept { return owner_; }

  /// Unwinds a task that waits for what can never happen, clean-up and all.
  void abandon() noexcept;
  /// It has been unwound.
  void stopped() noexcept { finish(status::cancelled); }

 protected:
  /// Notes or a context: few tasks do, and they say so here.
  bool carries_more() const noexcept { return notes_ != nullptr || !context_.empty(); }
  void drop_more() noexcept;
  inline void finish(status how) noexcept;
  void finish_heard(status how) noexcept;
  virtual std::exception_ptr stored_error() const noexcept = 0;
  void report_unseen(const std::exception_ptr& error) const noexcept;

 private:
  bool owner_hears_ = true;
  std::uint32_t references_ = 1;
  task_owner* owner_ = nullptr;
  task_notes* notes_ = nullptr;  // its own
  context_ref context_;

  inline void join(task_owner& owner) noexcept;
  void start_eagerly() noexcept;
  inline void leave_owner() noexcept;

 protected:
  void* root_ = nullptr;  // the frame of the outermost coroutine
};

inline void running_task::join(task_owner& owner) noexcept {
  retain();
  number = ++loop->task_number;
  owner_ = &owner;
  owner_hears_ = owner.hears_of_ends_;
  if (owner.children_.empty()) loop->owners.push_back(owner);
  owner.children_.push_back(*this);
  ++owner.child_count_;
}

inline void running_task::start_plainly(task_owner& owner) noexcept {
  join(owner);
  loop->push_unchecked(*this);
}

inline void running_task::leave_owner() noexcept {
  owner_->children_.remove(*this);
  --owner_->child_count_;
  if (owner_->children_.empty()) loop->owners.remove(*owner_);
}

/// Last use of the task by what runs it: it may be gone afterwards.
inline void running_task::finish(status how) noexcept {
  if (owner_hears_) return finish_heard(how);
  leave_owner();
  owner_ = nullptr;
  loop->current = nullptr;  // an error that nobody looked at is reported from the destructor
  complete(how, *loop);
  release();
}

/// Tells whether an error that leaves a task's root makes it cancelled rather than failed.
bool is_cancellation(const std::exception_ptr& error) noexcept;

/// A running task and what it gives.
template <class T>
class running_task_of final : public running_task {
 public:
  explicit running_task_of(event_loop& on) noexcept : running_task{on, &on_completed} {}
  ~running_task_of() override {
    if (outcome.has_error() || carries_more()) [[unlikely]]
      end_specially();
  }

  slot<T> outcome;

  void adopt(std::coroutine_handle<task_promise<T>> root) noexcept {
    promise_base& promise = root.promise();
    promise.in_scope = this;
    promise.continuation = static_cast<scope*>(this);
    root_ = root.address();
  }

 private:
  static void on_completed(void* self) {
    auto& task = static_cast<running_task_of&>(*static_cast<scope*>(self));
    task.collect();
  }
  void collect() noexcept {
    auto root = std::coroutine_handle<task_promise<T>>::from_address(root_);
    slot<T>& given = root.promise().outcome;
    if (given.has_error()) [[unlikely]]
      return collect_error(root);
    try {
      outcome.take_from(given);
    } catch (...) {
      given.clear();
      given.set_error(std::current_exception());
      return collect_error(root);
    }
    root.destroy();
    finish(status::value);
  }
  [[gnu::noinline]] void end_specially() noexcept {
    if (status_ == status::error && !looked_at_) report_unseen(outcome.error());
    outcome.clear();
    drop_more();
  }
  [[gnu::noinline]] void collect_error(std::coroutine_handle<task_promise<T>> root) noexcept {
    outcome.take_from(root.promise().outcome);
    root.destroy();
    finish(is_cancellation(outcome.error()) ? status::cancelled : status::error);
  }
  std::exception_ptr stored_error() const noexcept override { return outcome.error(); }
};

/// The innermost running task around a scope.
inline running_task& task_of(scope& inner) noexcept {
  scope* s = &inner;
  while (s->nested) s = static_cast<inner_scope*>(s)->outer;
  return static_cast<running_task&>(*s);
}

/// Awaiting what belongs to another loop is a mistake, and so is awaiting oneself. Throws std::logic_error.
inline void check_may_await(const completion& awaited, const event_loop& home, void* frame) {
  scope& in = *promise_of(frame).in_scope;
  if (in.loop == &home && static_cast<completion*>(&task_of(in)) != &awaited) [[likely]]
    return;
  throw_may_not_await(awaited, in);
}

}  // namespace weft::detail
