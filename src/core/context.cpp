#include <algorithm>
#include <weft/core/context.hpp>
#include <weft/core/detail/running_task.hpp>

namespace weft {
namespace detail {

namespace {

thread_local context_ref thread_context;
constinit thread_local context_ref* override_of_thread = nullptr;

/// From now on, tasks of the thread's loop look for what to inherit.
void mark_in_use() noexcept {
  if (this_thread_loop != nullptr) this_thread_loop->tasks_carry_more = true;
}

auto place_of(auto& entries, std::uint64_t variable) noexcept {
  return std::lower_bound(entries.begin(), entries.end(), variable,
                          [](const context_data::entry& e, std::uint64_t v) { return e.variable < v; });
}

std::uint64_t next_variable() noexcept {
  static constinit std::atomic<std::uint64_t> taken{0};
  return taken.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

context_ref& current_context() noexcept {
  if (override_of_thread != nullptr) return *override_of_thread;
  event_loop* const loop = this_thread_loop;
  if (loop != nullptr && loop->current != nullptr) return task_of(*loop->current).context();
  return thread_context;
}

context_override::context_override(context_ref* values) noexcept : before_{std::exchange(override_of_thread, values)} {
  if (values != nullptr && !values->empty()) mark_in_use();
}
context_override::~context_override() { override_of_thread = before_; }

void context_ref::release() noexcept {
  if (data_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete data_;
}

std::shared_ptr<const void> context_ref::find(std::uint64_t variable) const noexcept {
  if (data_ == nullptr) return nullptr;
  const auto at = place_of(data_->entries, variable);
  return at != data_->entries.end() && at->variable == variable ? at->value : nullptr;
}

std::shared_ptr<const void> context_ref::exchange(std::uint64_t variable, std::shared_ptr<const void> value) {
  if (data_ == nullptr) {
    data_ = new context_data;
  } else if (data_->references.load(std::memory_order_acquire) > 1) {
    auto own = std::make_unique<context_data>();
    own->entries = data_->entries;
    *this = context_ref{own.release()};
  }
  auto& entries = data_->entries;
  const auto at = place_of(entries, variable);
  if (at == entries.end() || at->variable != variable) {
    if (value) entries.insert(at, {variable, std::move(value)});
    return nullptr;
  }
  std::shared_ptr<const void> before = std::move(at->value);
  if (value) {
    at->value = std::move(value);
  } else {
    entries.erase(at);
  }
  return before;
}

context_key::context_key(std::string_view name) : id_{next_variable()}, name_{name} {}

context_key::change context_key::exchange(value now) const {
  mark_in_use();
  context_ref& here = current_context();
  return {.before = here.exchange(id_, std::move(now)), .where = &here};
}

void context_key::undo(change& made, const char* what) const {
  if (made.where == nullptr) throw std::logic_error{std::string{what} + ": the token has been used already"};
  if (made.where != &current_context()) throw std::logic_error{std::string{what} + ": the token is another task's"};
  std::exchange(made.where, nullptr)->exchange(id_, std::move(made.before));
}

void context_key::undo_quietly(change& made) const noexcept {
  if (made.where == &current_context()) made.where->exchange(id_, std::move(made.before));
}

}  // namespace detail

context context::copy() {
  return context{std::make_shared<detail::shared_context>(detail::shared_context{detail::current_context()})};
}

}  // namespace weft
