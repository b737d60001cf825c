#include "postgres/operation.hpp"

#include <utility>

#include "postgres/diagnostics.hpp"

namespace weft::postgres::detail {

operation::operation(std::shared_ptr<link> on, kind how, const command& what)
    : operation{std::move(on), how, &what, nullptr} {}

operation::operation(std::shared_ptr<link> on, const std::vector<command>& what)
    : operation{std::move(on), kind::batch, nullptr, &what} {}

operation::operation(std::shared_ptr<link> on, kind how, const command* one, const std::vector<command>* many)
    : link_{std::move(on)}, what_{one}, many_{many}, entry_{&link_->make_entry()} {
  entry_->owner = this;
  entry_->what = how;
  try {
    link_->enqueue(*entry_);
  } catch (...) {
    link_->recycle(*entry_);
    throw;
  }
}

operation::~operation() {
  if (entry_ == nullptr) return;
  entry& left = *entry_;
  left.owner = nullptr;
  for (entry* one = link_->waiting_.front(); one != nullptr; one = weft::detail::list<entry>::after(*one)) {
    if (one != &left) continue;
    link_->waiting_.remove(left);
    --link_->load_;
    link_->recycle(left);
    return;
  }
  const bool copies_in = left.copying_in;
  const bool is_alone = link_->sent_.front() == &left && weft::detail::list<entry>::after(left) == nullptr;
  if (is_alone && !copies_in) link_->cancel();
  if (link_->sent_.front() == &left && left.is_fetched() && link_->open_) {
    (void)link_->step(left, nullptr);  // what is here already; ends a COPY
    if (link_->open_) link_->unpark();
  }
}

bool operation::wake() noexcept {
  progress_leaf* const leaf = std::exchange(waiting_, nullptr);
  if (leaf != nullptr) leaf->wake();
  return leaf != nullptr;
}

void operation::finished(entry& with, bool stale) noexcept {
  if (with.what == kind::batch && with.failed()) {
    // The error is of the first part that has no result.
    failed_ = 1;
    for (const entry::part& one : with.parts) {
      if (one.got.get() == nullptr) break;
      ++failed_;
    }
  }
  got_ = std::move(with.got);
  parts_ = std::move(with.parts);
  stale_ = stale;
  entry_ = nullptr;
  wake();
}

void operation::broken(std::exception_ptr error) noexcept {
  error_ = std::move(error);
  entry_ = nullptr;
  wake();
}

void operation::check() const {
  if (error_) std::rethrow_exception(error_);
  if (got_.get() != nullptr && PQresultStatus(got_.get()) == PGRES_FATAL_ERROR) throw_error(got_.get(), failed_);
}

result operation::take() {
  check();
  return std::move(got_);
}

std::vector<result> operation::take_all() {
  (void)take();
  std::vector<result> all;
  all.reserve(parts_.size());
  for (entry::part& one : parts_) all.push_back(std::move(one.got));
  return all;
}

bool operation::is_full() const noexcept { return ahead_.size() >= link_->read_ahead_; }

void operation::learn(const result& row) {
  if (shape_.get() == nullptr) shape_ = result{PQcopyResult(row.get(), PG_COPYRES_ATTRS)};
}

bool operation::take_row(result& into) {
  if (!ahead_.empty() || done() || link_->sent_.front() != entry_) return false;
  if (link_->step(*entry_, &into) != link::event::row) return false;
  learn(into);
  return true;
}

task<bool> operation::next_block(row_block& into) {
  into.clear();
  if (!done() && ahead_.empty()) co_await progress();
  if (!ahead_.empty()) {
    std::swap(into, ahead_);
    link_->unpark();
  } else if (done()) {
    result last = take();
    if (shape_.get() == nullptr) shape_ = std::move(last);
    co_return false;
  }
  co_return true;
}

task<> operation::copy_begins(bool in) {
  while (!done() && copies_ == copying::no) co_await progress();
  if (done()) check();
  if (copies_ != (in ? copying::in : copying::out)) throw error{"the statement is no COPY in this direction"};
}

task<> operation::send_copy(std::string_view bytes) {
  if (done()) (void)take();
  PGconn* const to = link_->connection();
  if (PQputCopyData(to, bytes.data(), static_cast<int>(bytes.size())) < 0) {
    throw connection_error{PQerrorMessage(to)};
  }
  link_->flush();
  while (!done() && link_->writing_) co_await progress();
  if (done()) (void)take();
}

void operation::end_copy() {
  if (done()) return;
  entry_->copying_in = false;
  if (PQputCopyEnd(link_->connection(), nullptr) < 0) throw connection_error{PQerrorMessage(link_->connection())};
  link_->flush();
}

task<> operation::until_done() {
  while (!done()) {
    if (copies_ == copying::out || entry_->copying_in) throw error{"COPY needs copy_in or copy_out"};
    co_await progress();
  }
}

task<result> run_on(std::shared_ptr<link> on, const command& what) {
  for (bool again = false;; again = true) {
    operation one{on, kind::query, what};
    while (!one.done()) co_await one.progress();
    if (one.stale() && !again) continue;
    co_return one.take();
  }
}

task<std::vector<result>> run_all_on(std::shared_ptr<link> on, const std::vector<command>& what) {
  for (bool again = false;; again = true) {
    operation all{on, what};
    while (!all.done()) co_await all.progress();
    if (all.stale() && !again) continue;
    co_return all.take_all();
  }
}

}  // namespace weft::postgres::detail
