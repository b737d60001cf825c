#include <pthread.h>
#include <sched.h>

#include <cerrno>
#include <latch>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>
#include <weft/core/run_workers.hpp>

#include "core/loop.hpp"

namespace weft {
namespace detail {

namespace {

/// Ties the calling thread to the n-th of the processors that the process may use.
void pin_to(std::size_t n, const cpu_set_t& allowed) {
  const auto count = static_cast<std::size_t>(CPU_COUNT(&allowed));
  std::size_t wanted = n % count;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || wanted-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
    if (error != 0) throw std::system_error{error, std::generic_category(), "pthread_setaffinity_np"};
    return;
  }
}

/// The calling thread is tied to a processor for a time only.
class affinity_guard {
 public:
  affinity_guard() {
    if (::sched_getaffinity(0, sizeof before_, &before_) != 0) {
      throw std::system_error{errno, std::generic_category(), "sched_getaffinity"};
    }
  }
  affinity_guard(const affinity_guard&) = delete;
  affinity_guard& operator=(const affinity_guard&) = delete;
  ~affinity_guard() { ::sched_setaffinity(0, sizeof before_, &before_); }
  const cpu_set_t& before() const noexcept { return before_; }

 private:
  cpu_set_t before_{};
};

}  // namespace

/// What the workers have in common.
class worker_crew {
 public:
  worker_crew(std::size_t count, const std::function<task<>(worker&)>& main, const worker_options& options)
      : main_{main}, options_{options}, loops_(count), mains_(count), ready_{static_cast<std::ptrdiff_t>(count)} {}

  std::size_t size() const noexcept { return loops_.size(); }
  loop_handle loop(std::size_t index) const { return *loops_.at(index); }

  void run() {
    const affinity_guard affinity;
    std::vector<std::thread> threads;
    try {
      for (std::size_t i = 1; i < size(); ++i)
        threads.emplace_back([this, i, &affinity] { work(i, affinity.before()); });
    } catch (...) {
      fail(std::current_exception());
      ready_.count_down(static_cast<std::ptrdiff_t>(size() - threads.size() - 1));  // those that will never arrive
    }
    work(0, affinity.before());
    for (std::thread& thread : threads) thread.join();
    loops_.clear();
    if (error_) std::rethrow_exception(error_);
  }

  /// Stops every main, also those that have not begun. Any thread.
  void stop_all() noexcept {
    const std::lock_guard held{mutex_};
    if (std::exchange(stopping_, true)) return;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      if (!mains_[i]) continue;
      try {
        loops_[i]->call_soon_threadsafe([this, i] { stop_main(i); });
      } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it has ended
      }
    }
  }

 private:
  void work(std::size_t index, const cpu_set_t& allowed) noexcept {
    std::optional<runner> own;
    try {
      if (options_.pin) pin_to(index, allowed);
      own.emplace(options_.run);
      loops_[index].emplace(own->get_loop());
    } catch (...) {
      fail(std::current_exception());
    }
    ready_.arrive_and_wait();
    if (!own || failed()) return;
    worker self{*this, index};
    try {
      std::function<task<>(worker&)> main = main_;  // what it captures is not shared
      own->run([&]() -> task<> {
        if (enter(index)) co_await main(self);
      });
      leave(index);
      own->close();
    } catch (const interrupted&) {
      end(index, std::current_exception());
    } catch (const cancelled_error&) {
      end(index, is_stopping() ? nullptr : std::current_exception());
    } catch (...) {
      end(index, std::current_exception());
    }
  }

  void end(std::size_t index, const std::exception_ptr& error) noexcept {
    leave(index);
    if (error) fail(error);
    stop_all();
  }

  /// False if all are to stop already.
  bool enter(std::size_t index) {
    const std::lock_guard held{mutex_};
    if (stopping_) return false;
    mains_[index] = current_task();
    return true;
  }
  /// On the worker's thread: from now on, nobody stops its main.
  void leave(std::size_t index) noexcept {
    const std::lock_guard held{mutex_};
    mains_[index] = {};
  }
  /// On the worker's thread.
  void stop_main(std::size_t index) noexcept {
    any_task_handle main;
    {
      const std::lock_guard held{mutex_};
      main = mains_[index];
    }
    if (main) main.cancel();
  }

  void fail(const std::exception_ptr& error) noexcept {
    const std::lock_guard held{mutex_};
    if (error_) {
      report_to_stderr("A second worker failed", error, {});
    } else {
      error_ = error;
    }
  }
  bool failed() noexcept {
    const std::lock_guard held{mutex_};
    return error_ != nullptr;
  }
  bool is_stopping() noexcept {
    const std::lock_guard held{mutex_};
    return stopping_;
  }

  std::function<task<>(worker&)> main_;
  worker_options options_;
  std::vector<std::optional<loop_handle>> loops_;
  std::mutex mutex_;
  std::vector<any_task_handle> mains_;  // while they run; each is used on its own thread only
  std::exception_ptr error_;
  bool stopping_ = false;
  std::latch ready_;
};

void run_workers(std::size_t count, const std::function<task<>(worker&)>& main, const worker_options& options) {
  if (count == 0) throw std::invalid_argument{"run_workers needs at least one worker"};
  if (this_thread_loop != nullptr) {
    throw std::logic_error{"run_workers cannot be called while a loop runs on this thread"};
  }
  worker_crew{count, main, options}.run();
}

}  // namespace detail

std::size_t worker::count() const noexcept { return crew_->size(); }
loop_handle worker::loop(std::size_t index) const { return crew_->loop(index); }
void worker::stop_all() const noexcept { crew_->stop_all(); }

}  // namespace weft
