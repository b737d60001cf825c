#include "core/loop.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/environment.hpp"
#include "core/signals.hpp"
#include "core/task_tree.hpp"

namespace weft::detail {

constinit thread_local event_loop* this_thread_loop __attribute__((tls_model("initial-exec"))) = nullptr;

// Defined first, for run_ready to inline it.
void resume_until_suspended(event_loop& loop, void* frame) noexcept {
  if (frame == nullptr) return;
  for (;;) {
    std::coroutine_handle<>::from_address(frame).resume();
    frame = loop.next_frame;
    if (frame == nullptr) return;
    loop.next_frame = nullptr;
  }
}

namespace {

/// How many steps may run before the loop looks at the kernel and at the clock, if it is never idle.
constexpr int steps_per_poll = 61;

/// The loop that runs on this thread, while this lives.
class running_here {
 public:
  explicit running_here(event_loop& loop) noexcept : around_{std::exchange(this_thread_loop, &loop)} {}
  running_here(const running_here&) = delete;
  running_here& operator=(const running_here&) = delete;
  ~running_here() { this_thread_loop = around_; }

 private:
  event_loop* around_;
};

void pass_stop_on(void* self) noexcept {
  auto& unwinder = *static_cast<struct event_loop::unwinder*>(self);
  unwinder.loop->next_frame = unwind(std::exchange(unwinder.unwind_from, nullptr));
}

constexpr std::chrono::seconds longest_spin{1000};

/// What the options say, or the environment.
std::chrono::nanoseconds spin_of(const run_options& options) {
  const char* const value = std::getenv("WEFT_SPIN");  // NOLINT(concurrency-mt-unsafe)
  if (options.spin.count() != 0 || value == nullptr || *value == '\0') {
    return std::min<std::chrono::nanoseconds>(options.spin, longest_spin);
  }
  const std::string_view text{value};
  constexpr std::chrono::microseconds most = longest_spin;
  std::uint32_t microseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), microseconds);
  if (error != std::errc{} || end != text.data() + text.size() || microseconds > most.count()) {
    throw std::invalid_argument{"WEFT_SPIN is \"" + std::string{text} + "\"; it is a number of microseconds"};
  }
  return std::chrono::microseconds{microseconds};
}

}  // namespace

std::int64_t monotonic_now() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

event_loop::event_loop() { unwinder = {.resume = &pass_stop_on, .loop = this}; }

std::int64_t event_loop::now() const noexcept { return simulated_ ? simulated_now_ : monotonic_now(); }

void throw_no_loop(const char* what) {
  throw std::logic_error{std::string{what} + " needs a running loop: call it inside weft::run"};
}

void report_to_stderr(const char* message, const std::exception_ptr& error, const std::string& task) noexcept {
  const std::string text = error ? ": " + what(error) : "";
  const std::string place = task.empty() ? "" : " (" + task + ")";
  std::fprintf(stderr, "weft: %s%s%s\n", message, place.c_str(), text.c_str());
}

void event_loop::check_thread() const noexcept {
  if (!static_cast<const loop*>(this)->foreign_thread()) return;
  std::fputs(
      "weft: a loop was used from another thread than its own; only loop_handle's _threadsafe functions may be\n",
      stderr);
  std::abort();
}

void event_loop::push_checked(node& n) noexcept {
  check_thread();
  push_unchecked(n);
}

void event_loop::arm_checked(timer& t, std::int64_t deadline) {
  check_thread();
  arm_unchecked(t, deadline);
}

void event_loop::report_unawaited(const std::source_location& begin) noexcept {
  report(("A task was never awaited: " + describe(begin)).c_str(), nullptr);
}

void drop_unawaited(void* frame) noexcept {
  event_loop* const loop = this_thread_loop;
  if (loop != nullptr && loop->debug && !loop->unwinding) loop->report_unawaited(promise_of(frame).at);
  std::coroutine_handle<>::from_address(frame).destroy();
}

void event_loop::report(const char* message, const std::exception_ptr& error, const std::string& task) noexcept {
  const auto& handler = static_cast<loop*>(this)->exception_handler;
  if (!handler) return report_to_stderr(message, error, task);
  try {
    handler({message, error, task});
  } catch (...) {
    report_to_stderr(message, error, task);
    report_to_stderr("the exception handler itself failed", std::current_exception(), {});
  }
}

void start_watching(event_loop& home, io_watch& watch) {
  loop_of(home).kernel->start_watching(watch);
  watch.loop = &home;
}
void stop_watching(io_watch& watch) noexcept {
  if (watch.loop == nullptr) return;
  loop_of(*std::exchange(watch.loop, nullptr)).kernel->stop_watching(watch);
}

void shared_state::post(owned<posted> work) {
  const std::lock_guard held{mutex_};
  if (backend_ == nullptr) throw loop_closed_error{};
  posted_.push_back(std::move(work));
  has_posted_.store(true, std::memory_order_release);
  if (posted_.size() == 1) backend_->interrupt();
}

void shared_state::interrupt() noexcept {
  const std::lock_guard held{mutex_};
  if (backend_ != nullptr) backend_->interrupt();
}

void shared_state::end() {
  std::vector<owned<posted>> dropped;
  const std::lock_guard held{mutex_};
  backend_ = nullptr;
  dropped.swap(posted_);
}

std::vector<owned<posted>> shared_state::take() {
  std::vector<owned<posted>> taken;
  const std::lock_guard held{mutex_};
  taken.swap(posted_);
  has_posted_.store(false, std::memory_order_relaxed);
  return taken;
}

void root_tasks::child_done(running_task& child) noexcept {
  if (awaited == &child) awaited = nullptr;
}

loop::loop(const run_options& how)
    : options{how}, kernel{make_backend(options.backend)}, spin_{spin_of(options).count()} {
  shared = std::make_shared<shared_state>(*kernel);
  shared->loop = this;
  simulated_ = options.clock == clock_mode::simulated;
  if (simulated_) random_state = 1;  // what runs on the simulated clock can be repeated
  root_owner = &roots;
  debug = options.debug || switched_on("WEFT_DEBUG");
  watched = debug || inspector::wanted();
  timers_each_round_ = simulated_ || watched;
  tasks_carry_more = watched || !current_context().empty();
  if (inspector::wanted()) inspected_ = inspector::add(shared, steps_);
}

loop::~loop() {
  names.reset();  // may have sockets, which the kernel still watches
  while (!timers_.empty()) timers_.pop().dropped();
  shared->end();
  shared->loop = nullptr;
}

inline void loop::run_ready() noexcept {
  int steps = 0;
  for (node* n = take_ready(); n != nullptr; ++steps) {
    node* const following = n->next;
    if (following != nullptr) __builtin_prefetch(following);
    resume_until_suspended(*this, n->run());
    n = following;
  }
  steps_until_poll_ -= steps;
}

/// Does what one turn is for, and tells of it if it took long.
template <class F>
void loop::measure(F turn) noexcept {
  steps_.begin();
  turn();
  const std::int64_t took = steps_.end();
  if (!debug || took <= options.slow_step.count()) return;
  const step_watch::step step = steps_.current();
  std::string text = "A step took " + std::to_string(took / 1'000'000) + " ms";
  if (step.from.line() != 0) text.append(", from ").append(describe(step.from));
  if (step.made_at.line() != 0) text.append("; the task was made at ").append(describe(step.made_at));
  report(text.c_str(), nullptr, step.task);
}

void loop::run_watched(node& n) noexcept {
  measure([&] {
    void* const frame = n.run();  // which is where callbacks do their work
    if (frame == nullptr) return;
    running_task* const task = current != nullptr ? &task_of(*current) : nullptr;
    if (task != nullptr) task->notes().stepped_at = now();
    steps_.is_of(task, promise_of(frame).at);
    resume_until_suspended(*this, frame);
  });
}

void loop::run_ready_watched() noexcept {
  for (node* n = take_ready(); n != nullptr;) {
    node* const following = n->next;
    run_watched(*n);
    n = following;
  }
  steps_until_poll_ = 0;
}

void loop::run_ready_hooked() noexcept {
  for (node* n = hook->arrange(take_ready()); n != nullptr;) {
    node* const following = n->next;
    current = nullptr;
    hook->before_turn();
    if (watched) {
      run_watched(*n);
    } else {
      resume_until_suspended(*this, n->run());
    }
    n = following;
  }
  steps_until_poll_ = 0;
}

void loop::run_ready_and_timers() noexcept {
  recent_time_known_ = false;
  if (!timers_.empty()) round_time_ = recent_time();
  const std::uint64_t before = timers_.next_number();
  if (hook != nullptr) {
    run_ready_hooked();
  } else if (watched) {
    run_ready_watched();
  } else {
    run_ready();
  }
  fire_timers(before);
}

inline bool loop::run_round() {
  const bool busy = has_ready() && steps_until_poll_ > 0;
  if (busy && !timers_each_round_) [[likely]] {
    run_ready();
    return true;
  }
  if (!busy && !wait_for_more()) return false;
  run_ready_and_timers();
  return true;
}

void loop::fire_timers(std::uint64_t before) noexcept {
  while (!timers_.empty() && timers_.first_deadline() <= round_time_ && timers_.first_was_armed_before(before)) {
    current = nullptr;
    timer& due = timers_.pop();
    if (watched) {
      measure([&] { due.fired(); });
    } else {
      due.fired();
    }
  }
}

void loop::take_posted() {
  if (!shared->has_posted()) return;
  for (auto& work : shared->take()) {
    work->loop = this;
    push(*work.release());
  }
}

void loop::take_signals() {
  if (stop_signals::take_quit()) std::fprintf(stderr, "weft: tasks\n%s", format_tree(*this).c_str());
  const int signal = stop_signals::take();
  if (signal == 0 || roots.awaited == nullptr) return;
  stopped_by_signal = signal;
  roots.awaited->cancel();
}

bool loop::wait_for_more() {
  steps_until_poll_ = steps_per_poll;
  take_posted();
  take_signals();
  if (has_ready()) {
    if (kernel->has_news()) kernel->wait(0);
    return true;
  }
  if (!simulated_) {
    wait_for_kernel();
  } else if (!wait_on_simulated_clock()) {
    take_posted();  // the last handle may have gone after its last word
    return has_ready();
  }
  take_posted();
  take_signals();
  return true;
}

void loop::wait_for_kernel() {
  std::int64_t limit = -1;
  std::int64_t began = 0;
  if (!timers_.empty()) {
    began = now();
    limit = std::max<std::int64_t>(timers_.first_deadline() - began, 0);
  }
  if (!spin_.wanted() || limit == 0) [[likely]] {
    kernel->wait(limit);
    return;
  }

  if (timers_.empty()) began = now();
  const std::int64_t budget = spin_.budget();
  if (budget == 0) {
    kernel->wait(limit);
    spin_.slept(now() - began);
  } else if (kernel->wait(0)) {  // there was something already, and looking has no part in it
    return;
  } else if (look_for_news(began + (limit < 0 ? budget : std::min(budget, limit))) || (limit >= 0 && limit <= budget)) {
    spin_.found_something();
  } else {
    spin_.found_nothing();
    if (limit >= 0) limit = std::max<std::int64_t>(timers_.first_deadline() - now(), 0);
    kernel->wait(limit);
  }
}

/// False if none came until then.
bool loop::look_for_news(std::int64_t until) {
  do {
    if (kernel->wait(0)) return true;
  } while (now() < until);
  return false;
}

bool loop::wait_on_simulated_clock() {
  const std::int64_t deadline = timers_.empty() ? never : timers_.first_deadline();
  if (deadline <= simulated_now_) return true;
  // The clock stands still while threads work, and what the kernel has for us comes first.
  if (outside_work == 0 && (deadline != never || hook != nullptr)) {
    kernel->wait(0);
    if (has_ready() || shared->has_posted()) return true;
    const bool may_jump = hook == nullptr || hook->idle(deadline);
    if (has_ready()) return true;
    if (deadline != never && may_jump) {
      simulated_now_ = deadline;
      return true;
    }
  }
  if (outside_work == 0 && !kernel->watching() && !shared->await_handles()) return false;
  kernel->wait(-1);
  shared->end_awaiting_handles();
  return true;
}

void loop::run_until_done(running_task& main) {
  roots.awaited = &main;
  main.tell_owner();
  const running_here here{*this};
  const stop_signals handlers{*kernel, options.handle_signals, debug};
  stopped_by_signal = 0;
  bool alive = true;
  while (alive && roots.awaited != nullptr) {
    alive = run_round();
  }
  roots.awaited = nullptr;
  if (!alive) throw deadlock_error{"nothing can ever happen again:" + describe_waiters()};
}

void loop::run_to_idle() {
  while (owners.front() != nullptr && run_round()) {
  }
}

void loop::end_tasks() {
  const running_here here{*this};
  roots.cancel_children();
  for (task_owner* owner = owners.front(); owner != nullptr; owner = list<task_owner>::after(*owner)) {
    if (owner != &roots) owner->cancel_children();
  }
  run_to_idle();
  // What is left waits, in its clean-up, for what cannot come: the innermost tasks first, and one by one, because the
  // end of one may be what others wait for.
  while (task_owner* last = owners.back()) {
    last->children().back()->abandon();
    run_to_idle();
  }
  while (has_ready() && run_round()) {
  }
  default_executor.reset();
  take_posted();
  while (has_ready() && run_round()) {
  }
}

std::string loop::describe_waiters() {
  std::string text;
  using siblings = list<running_task>;
  for (task_owner* owner = owners.front(); owner != nullptr; owner = list<task_owner>::after(*owner)) {
    for (running_task* task = owner->children().front(); task != nullptr; task = siblings::after(*task)) {
      const task_place place = place_of(*task);
      if (place.waits_for == nullptr) continue;
      text.append("\n  ").append(task->name()).append(" waits in ").append(place.waits_for);
      text.append(" at ").append(describe(place.stack.front()));
    }
  }
  return text;
}

}  // namespace weft::detail

namespace weft {

clock::time_point clock::now() noexcept {
  const detail::event_loop* loop = detail::this_thread_loop;
  return time_point{duration{loop != nullptr ? loop->now() : detail::monotonic_now()}};
}

}  // namespace weft
