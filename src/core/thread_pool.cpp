#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/core/thread_pool.hpp>

#include "core/loop.hpp"

namespace weft::detail {

/// The queue and the threads of a pool.
class pool_state {
 public:
  explicit pool_state(std::size_t limit) : limit_{limit} {}
  pool_state(const pool_state&) = delete;
  pool_state& operator=(const pool_state&) = delete;
  ~pool_state() { close(); }

  /// Takes the job over, unless it throws.
  void submit(owned<thread_job>& job) {
    const std::lock_guard held{mutex_};
    if (closed_) throw std::logic_error{"the thread pool is closed"};
    if (waiting_jobs_ >= idle_ && threads_.size() < limit_) start_thread();
    job->queued = true;
    jobs_.push_back(*job.release());
    ++waiting_jobs_;
    work_.notify_one();
  }

  /// Takes back a job that has not begun; null if it has.
  owned<thread_job> withdraw(thread_job& job) noexcept {
    const std::lock_guard held{mutex_};
    if (!job.queued) return {};
    job.queued = false;
    jobs_.remove(job);
    --waiting_jobs_;
    return owned<thread_job>{&job};
  }

  void close() noexcept {
    std::vector<std::thread> threads;
    {
      const std::lock_guard held{mutex_};
      closed_ = true;
      threads.swap(threads_);
    }
    work_.notify_all();
    for (std::thread& t : threads) t.join();
  }

 private:
  void start_thread() {
    try {
      threads_.emplace_back([this] { serve(); });
    } catch (...) {
      if (threads_.empty()) throw;  // else those that exist will get round to it
    }
  }

  void serve() noexcept {
    std::unique_lock held{mutex_};
    for (;;) {
      ++idle_;
      work_.wait(held, [this] { return closed_ || !jobs_.empty(); });
      --idle_;
      if (jobs_.empty()) return;
      owned<thread_job> job{&jobs_.pop_front()};
      job->queued = false;
      --waiting_jobs_;
      held.unlock();
      {
        const context_override own{&job->context};
        job->perform();
      }
      give_back(std::move(job));
      held.lock();
    }
  }

  static void give_back(owned<thread_job> job) noexcept {
    const std::shared_ptr<loop_shared> home = job->home;
    try {
      home->post(std::move(job));
    } catch (const loop_closed_error&) {  // NOLINT(bugprone-empty-catch)
      // The call was abandoned, and the loop has ended since.
    }
  }

  std::mutex mutex_;
  std::condition_variable work_;
  list<thread_job> jobs_;
  std::size_t waiting_jobs_ = 0;
  std::size_t idle_ = 0;
  std::size_t limit_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

std::shared_ptr<pool_state> make_pool(std::size_t threads) {
  if (threads == 0) throw std::invalid_argument{"a thread pool needs at least one thread"};
  return std::make_shared<pool_state>(threads);
}

void close_pool(pool_state& pool) noexcept { pool.close(); }

namespace {

pool_state& default_pool(loop& in) {
  if (!in.default_executor) {
    in.default_executor = make_pool(std::min<std::size_t>(32, std::thread::hardware_concurrency() + 4));
  }
  return *static_cast<pool_state*>(in.default_executor.get());
}

}  // namespace

void thread_leaf::start(void* frame) {
  scope& in = *promise_of(frame).in_scope;
  class loop& home = loop_of(*in.loop);
  if (!in.stop_requested) {
    used_pool_ = pool_ ? pool_.get() : &default_pool(home);
    job_->home = home.shared;
    if (!pool_) job_->context = current_context();
    job_->awaiter = this;
    given_away_ = job_.get();
    used_pool_->submit(job_);
    ++home.outside_work;
  }
  suspend(frame);
}

/// True if no thread has the job, or will have.
bool thread_leaf::take_back() noexcept {
  if (given_away_ == nullptr) return true;
  job_ = used_pool_->withdraw(*given_away_);
  if (!job_) return false;
  given_away_ = nullptr;
  --loop().outside_work;
  return true;
}

void thread_leaf::on_stop() noexcept {
  if (phase_ == phase::waiting && !abandon_ && !take_back()) {
    stop_comes_after_ = true;
  } else {
    leaf::on_stop();
  }
}

void thread_leaf::withdraw() noexcept {
  if (take_back()) return;
  given_away_->awaiter = nullptr;
  given_away_ = nullptr;
  --loop().outside_work;
}

void* thread_leaf::come_back(owned<thread_job> job) noexcept {
  job_ = std::move(job);
  given_away_ = nullptr;
  --loop().outside_work;
  phase_ = stop_comes_after_ ? phase::stopped_when_woken : phase::woken;
  return leaf::run();
}

void* thread_job::run() noexcept {
  owned<thread_job> self{this};
  home.reset();
  if (awaiter == nullptr) {
    loop->current = nullptr;
    return nullptr;
  }
  return awaiter->come_back(std::move(self));
}

}  // namespace weft::detail
