#include "postgres/pool_state.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <weft/core/clock.hpp>
#include <weft/core/timeout.hpp>

#include "postgres/background.hpp"
#include "postgres/opening.hpp"
#include "postgres/operation.hpp"

namespace weft::postgres::detail {

namespace {

/// One that was idle for longer is looked at before it is used.
constexpr std::int64_t fresh = 1'000'000;
/// How long no other is opened after that failed, while there are some.
constexpr std::int64_t opening_pause = 250'000'000;

/// How long statements wait for connections that are being opened, rather than share those that are there.
constexpr std::int64_t patience = 200'000'000;

}  // namespace

/// What a task has got. Lost on its way to who uses it, a connection that is for one alone goes back.
class pool_state::claim {
 public:
  claim() noexcept = default;
  claim(pool_state& of, place_ptr got, bool alone) noexcept : of_{&of}, got_{std::move(got)}, alone_{alone} {
    if (got_) got_->leased = alone;
  }
  claim(claim&&) noexcept = default;
  claim& operator=(claim&& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(got_, other.got_);
    std::swap(alone_, other.alone_);
    return *this;
  }
  ~claim() {
    if (got_ && alone_) of_->give_back(got_);
  }
  const place_ptr& got() const noexcept { return got_; }
  place_ptr release() noexcept { return std::move(got_); }

 private:
  pool_state* of_ = nullptr;
  place_ptr got_;
  bool alone_ = false;
};

/// A task in the line.
class pool_state::waiter final : public weft::detail::leaf, public weft::detail::list_hook<pool_state::waiter> {
 public:
  waiter(pool_state& of, bool alone) noexcept : of_{&of}, alone_{alone} {}
  bool await_ready() const noexcept { return false; }
  template <weft::detail::weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    of_->line_.push_back(*this);
    ++of_->waiting_;
    suspend(waiting.address());
  }
  claim await_resume() {
    if (error_) std::rethrow_exception(error_);
    --given_->promised;
    return {*of_, std::move(given_), alone_};
  }
  const char* describe() const noexcept override { return "a connection of the pool"; }

  bool alone() const noexcept { return alone_; }
  void give(place_ptr given) noexcept {
    given_ = std::move(given);
    ++given_->promised;
    given_->leased = alone_;
    wake();
  }
  void fail(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    wake();
  }

 private:
  void withdraw() noexcept override {
    of_->line_.remove(*this);
    --of_->waiting_;
  }
  void abandon() noexcept override {
    if (!given_) return;
    --given_->promised;
    if (alone_) {
      of_->give_back(given_);
    } else {
      of_->serve();
    }
  }
  pool_state* of_;
  bool alone_;
  place_ptr given_;
  std::exception_ptr error_;
};

/// A connection on loan.
class lease final : public link_session {
 public:
  lease(std::shared_ptr<pool_state> of, pool_state::place_ptr place) noexcept
      : link_session{place->on}, of_{std::move(of)}, place_{std::move(place)} {}
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease() override { of_->give_back(place_); }

 private:
  std::shared_ptr<pool_state> of_;
  pool_state::place_ptr place_;
};

pool_state::pool_state(std::string where, const pool_options& how) : where_{std::move(where)}, how_{how} {
  if (how.max_size == 0) throw std::invalid_argument{"pool_options.max_size: less than one"};
  gone_.set();
}

pool_state::~pool_state() {
  if (armed()) loop_->disarm(*this);
  for (const place_ptr& one : places_) {
    one->on->observer = nullptr;
    one->on->close();
  }
}

std::int64_t pool_state::time() const noexcept { return loop_->recent_time(); }

bool pool_state::may_open() const noexcept {
  return places_.size() + opening_ < how_.max_size &&
         ((places_.empty() && opening_ == 0) || time() >= no_opening_before_);
}

bool pool_state::too_old(const place& one) const noexcept {
  return how_.max_lifetime.count() > 0 && time() - one.made_at >= how_.max_lifetime.count();
}

pool_state::place_ptr pool_state::find_idle() {
  for (;;) {
    place_ptr found;
    for (const place_ptr& one : places_) {
      if (one->idle() && (!found || one->idle_since > found->idle_since)) found = one;
    }
    if (!found) return nullptr;
    if (!too_old(*found) && (time() - found->idle_since < fresh || found->on->alive())) return found;
    remove(found);
  }
}

pool_state::place_ptr pool_state::find(bool alone) {
  place_ptr found = find_idle();
  if (found || alone) return found;
  if (may_open() || (opening_ > 0 && time() < patient_until_)) return nullptr;
  for (const place_ptr& one : places_) {
    if (one->leased || one->asked || one->on->cancelling() || !one->on->is_open()) continue;
    const auto load = [](const place_ptr& p) { return p->on->load() + static_cast<std::size_t>(p->promised); };
    if (!found || load(one) < load(found)) found = one;
  }
  return found;
}

task<pool_state::claim> pool_state::acquire(bool alone) {
  if (shut_) throw connection_error{"the pool was closed"};
  if (loop_ == nullptr) {
    loop_ = &weft::detail::require_loop("postgres::pool");
    keep_minimum();
  }
  claim found;
  if (line_.empty()) found = claim{*this, find(alone), alone};
  if (found.got()) co_return found;
  if (may_open() && opening_ <= waiting_) open_another();
  watch();
  if (how_.acquire_timeout.count() <= 0) co_return co_await wait_in_line(alone);
  bool late = false;
  try {
    found = co_await wait_for(wait_in_line(alone), how_.acquire_timeout);
  } catch (const timeout_error&) {
    late = true;
  }
  if (late) {
    const pool_statistics have = statistics();
    throw pool_timeout{"no connection in time: " + std::to_string(have.connections) + " are in use, " +
                       std::to_string(have.waiting) + " tasks wait"};
  }
  co_return found;
}

task<pool_state::claim> pool_state::wait_in_line(bool alone) {
  claim given = co_await waiter{*this, alone};
  co_return given;
}

/// Opens what is missing to min_size.
void pool_state::keep_minimum() {
  while (!shut_ && places_.size() + opening_ < how_.min_size && time() >= no_opening_before_) open_another();
}

void pool_state::open_another() {
  ++opening_;
  patient_until_ = time() + patience;
  gone_.clear();
  start_background(open_one(shared_from_this()));
}

task<> pool_state::open_one(std::shared_ptr<pool_state> self) {
  std::shared_ptr<link> opened;
  std::exception_ptr failure;
  try {
    opened = co_await open_link(self->where_, self->how_.connect);
  } catch (...) {
    failure = std::current_exception();
  }
  --self->opening_;
  if (opened && self->shut_) {
    opened->close();
  } else if (opened) {
    auto made = std::make_shared<place>();
    made->made_at = made->idle_since = self->time();
    made->on = std::move(opened);
    made->on->observer = self.get();
    self->places_.push_back(std::move(made));
    ++self->opened_;
  } else {
    self->no_opening_before_ = self->time() + opening_pause;
    // Others may be on their way, and be let in.
    if (self->places_.empty() && self->opening_ == 0) self->fail_waiters(failure);
  }
  if (self->places_.empty() && self->opening_ == 0) self->gone_.set();
  self->serve();
  self->watch();
}

void pool_state::serve() {
  while (!line_.empty()) {
    waiter& first = *line_.front();
    place_ptr found = find(first.alone());
    if (!found) {
      while (may_open() && opening_ < waiting_) open_another();
      break;
    }
    line_.remove(first);
    --waiting_;
    first.give(std::move(found));
  }
  watch();
}

void pool_state::fail_waiters(const std::exception_ptr& error) noexcept {
  while (!line_.empty()) {
    waiter& first = line_.pop_front();
    --waiting_;
    first.fail(error);
  }
}

void pool_state::give_back(const place_ptr& used) noexcept {
  used->returning = true;
  try {
    put_in_order(used);
  } catch (...) {
    remove(used);
  }
}

/// Comes when nothing is under way, and again when something had to be done.
void pool_state::put_in_order(const place_ptr& used) {
  link& on = *used->on;
  if (!on.is_open()) {  // NOLINT(bugprone-branch-clone): what has to be done first comes first
    remove(used);
  } else if (!on.quiet()) {
    return;
  } else if (on.transaction_status() != PQTRANS_IDLE) {
    on.run_detached("rollback");
    return;
  } else if (std::exchange(used->with_reset, false)) {
    for (const char* const what : {"select pg_advisory_unlock_all()", "close all", "unlisten *", "reset all"}) {
      on.run_detached(what);
    }
    return;
  } else if (shut_) {
    remove(used);
  } else {
    used->leased = used->returning = false;
    used->idle_since = time();
  }
  serve();
}

void pool_state::remove(const place_ptr& gone) noexcept {
  const place_ptr kept = gone;  // NOLINT(performance-unnecessary-copy-initialization): it may be the list's own
  const auto at = std::find(places_.begin(), places_.end(), kept);
  if (at != places_.end()) places_.erase(at);
  kept->on->observer = nullptr;
  kept->on->close();
  if (places_.empty() && opening_ == 0) gone_.set();
}

pool_state::place_ptr pool_state::place_of(const link& which) noexcept {
  for (const place_ptr& one : places_) {
    if (one->on.get() == &which) return one;
  }
  return nullptr;
}

void pool_state::quiet(link& which) noexcept {
  const place_ptr at = place_of(which);
  if (!at) return;
  if (std::exchange(at->asked, false)) {
    at->looked_at = time();
  } else {
    at->idle_since = time();
  }
  if (at->returning) {
    give_back(at);
  } else if (at->leased) {
    return;
  } else if (shut_) {
    remove(at);
  } else {
    serve();
  }
}

void pool_state::broken(link& which) noexcept {
  const place_ptr at = place_of(which);
  if (!at) return;
  ++lost_;
  remove(at);
  serve();
}

void pool_state::shut() noexcept {
  if (std::exchange(shut_, true)) return;
  fail_waiters(std::make_exception_ptr(connection_error{"the pool was closed"}));
  const std::vector<place_ptr> all = places_;
  for (const place_ptr& one : all) {
    if (one->idle() || one->asked) remove(one);
  }
}

pool_statistics pool_state::statistics() const noexcept {
  pool_statistics now;
  now.connections = places_.size();
  now.idle = static_cast<std::size_t>(
      std::count_if(places_.begin(), places_.end(), [](const place_ptr& one) { return one->idle(); }));
  now.opening = opening_;
  now.waiting = waiting_;
  now.opened = opened_;
  now.lost = lost_;
  return now;
}

/// One timer for all that time brings.
void pool_state::watch() noexcept {
  if (shut_) return;
  std::int64_t first = weft::detail::never;
  if (!line_.empty() && no_opening_before_ > time()) first = no_opening_before_;
  if (!line_.empty() && opening_ > 0 && patient_until_ > time()) first = std::min(first, patient_until_);
  if (places_.size() + opening_ < how_.min_size) first = std::max(no_opening_before_, time());
  for (const place_ptr& one : places_) {
    if (one->asked) first = std::min(first, weft::detail::deadline_after(one->looked_at, how_.health_check.count()));
    if (!one->idle()) continue;
    if (how_.max_idle.count() > 0 && places_.size() > how_.min_size)
      first = std::min(first, weft::detail::deadline_after(one->idle_since, how_.max_idle.count()));
    if (how_.max_lifetime.count() > 0)
      first = std::min(first, weft::detail::deadline_after(one->made_at, how_.max_lifetime.count()));
    if (how_.health_check.count() > 0)
      first = std::min(first, weft::detail::deadline_after(last_sign(*one), how_.health_check.count()));
  }
  if (first >= due_) return;
  if (armed()) loop_->disarm(*this);
  due_ = first;
  loop_->arm(*this, first);
}

std::int64_t pool_state::last_sign(const place& one) noexcept { return std::max(one.idle_since, one.looked_at); }

void pool_state::fired() noexcept {
  due_ = weft::detail::never;
  const std::vector<place_ptr> all = places_;
  for (const place_ptr& one : all) {
    const std::int64_t asked_for = how_.health_check.count();
    if (one->asked && time() - one->looked_at >= asked_for) {
      one->on->fail("the server does not answer");
      continue;
    }
    if (!one->idle()) continue;
    const bool unused = how_.max_idle.count() > 0 && time() - one->idle_since >= how_.max_idle.count();
    if (too_old(*one) || (unused && places_.size() > how_.min_size)) {
      remove(one);
    } else if (asked_for > 0 && time() - last_sign(*one) >= asked_for) {
      look_at(one);
    }
  }
  try {
    keep_minimum();
    serve();
  } catch (...) {  // out of memory; there will be another time
    watch();
  }
}

/// Asks the server whether it still answers. Nothing else is sent meanwhile.
void pool_state::look_at(const place_ptr& one) noexcept {
  one->asked = true;
  one->looked_at = time();
  try {
    one->on->run_detached("");
  } catch (...) {
    one->asked = false;
  }
}

// ---- the session ----------------------------------------------------------------------------------------------------

task<answer> pool_state::run(const command& what) {
  for (;;) {
    const claim found = co_await acquire(false);
    const std::shared_ptr<link> on = found.got()->on;
    if (!on->is_open()) continue;  // it broke meanwhile
    co_return co_await run_on(on, what);
  }
}

task<std::vector<answer>> pool_state::run_all(const std::vector<command>& what) {
  for (;;) {
    const claim found = co_await acquire(false);
    const std::shared_ptr<link> on = found.got()->on;
    if (!on->is_open()) continue;
    co_return co_await run_all_on(on, what);
  }
}

task<std::shared_ptr<session>> pool_state::lend(bool with_reset) {
  for (;;) {
    claim found = co_await acquire(true);
    if (!found.got()->on->is_open()) continue;
    found.got()->with_reset = with_reset;
    std::shared_ptr<session> lent = std::make_shared<lease>(shared_from_this(), found.got());
    (void)found.release();
    co_return lent;
  }
}

task<std::shared_ptr<session>> pool_state::alone() { return lend(false); }

task<> pool_state::run_script(const std::string& text) {
  const std::shared_ptr<session> lent = co_await alone();
  co_await lent->run_script(text);
}

task<std::unique_ptr<row_source>> pool_state::stream(const command& what) {
  const std::shared_ptr<session> lent = co_await alone();
  std::unique_ptr<row_source> source = co_await lent->stream(what);
  co_return source;
}

task<std::unique_ptr<copy_sink>> pool_state::copy_in(const std::string& statement) {
  const std::shared_ptr<session> lent = co_await alone();
  std::unique_ptr<copy_sink> sink = co_await lent->copy_in(statement);
  co_return sink;
}

task<std::unique_ptr<copy_source>> pool_state::copy_out(const std::string& statement) {
  const std::shared_ptr<session> lent = co_await alone();
  std::unique_ptr<copy_source> source = co_await lent->copy_out(statement);
  co_return source;
}

}  // namespace weft::postgres::detail
