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
    result unused;
    (void)link_->step(left, unused);  // what is here already; ends a COPY
    if (link_->open_) link_->unpark();
  }
}

void operation::wake() noexcept {
  if (progress_leaf* const leaf = std::exchange(waiting_, nullptr)) leaf->wake();
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

result operation::take() {
  if (error_) std::rethrow_exception(error_);
  if (got_.get() != nullptr && PQresultStatus(got_.get()) == PGRES_FATAL_ERROR) throw_error(got_.get(), failed_);
  return std::move(got_);
}

std::vector<result> operation::take_all() {
  (void)take();
  std::vector<result> all;
  all.reserve(parts_.size());
  for (entry::part& one : parts_) all.push_back(std::move(one.got));
  return all;
}

void operation::need_more() {
  hungry_ = true;
  link_->unpark();
}

bool operation::take_row(result& into) {
  if (done() || link_->sent_.front() != entry_) return false;
  return link_->step(*entry_, into) == link::event::row;
}

task<result> operation::next_row() {
  result row;
  while (!done()) {
    if (link_->sent_.front() == entry_) {
      const link::event came = link_->step(*entry_, row);
      if (came == link::event::row) co_return row;
      if (came == link::event::done) break;
      need_more();
    }
    co_await progress();
  }
  co_return take();
}

task<> operation::copy_begins() {
  result unused;
  while (!done()) {
    if (link_->sent_.front() == entry_) {
      const link::event came = link_->step(*entry_, unused);
      if (came == link::event::copy) {
        // What the server says meanwhile is read by the pump.
        need_more();
        co_return;
      }
      if (came == link::event::done) break;
      need_more();
    }
    co_await progress();
  }
  (void)take();
  throw error{"the statement is no COPY in this direction"};
}

task<> operation::send_copy(std::string_view bytes) {
  if (done()) (void)take();
  PGconn* const to = link_->connection();
  if (PQputCopyData(to, bytes.data(), static_cast<int>(bytes.size())) < 0) {
    throw connection_error{PQerrorMessage(to)};
  }
  link_->flush();
  while (!done() && link_->writing_) {
    need_more();
    co_await progress();
  }
  if (done()) (void)take();
}

void operation::end_copy() {
  if (done()) return;
  entry_->copying_in = false;
  if (PQputCopyEnd(link_->connection(), nullptr) < 0) throw connection_error{PQerrorMessage(link_->connection())};
  link_->flush();
}

task<std::string> operation::next_copied() {
  std::string copied;
  while (!done() && entry_->copying_out) {
    char* bytes = nullptr;
    const int length = PQgetCopyData(link_->connection(), &bytes, 1);
    if (length > 0) {
      copied.assign(bytes, static_cast<std::size_t>(length));
      PQfreemem(bytes);
      co_return copied;
    }
    if (length < 0) {
      entry_->copying_out = false;
      break;
    }
    need_more();
    co_await progress();
  }
  co_await until_done();
  (void)take();
  co_return copied;
}

task<> operation::until_done() {
  result unused;
  while (!done()) {
    if (!entry_->is_fetched()) {
      co_await progress();
      continue;
    }
    if (link_->sent_.front() == entry_) {
      const link::event came = link_->step(*entry_, unused);
      if (came == link::event::done) break;
      if (came == link::event::copy) throw error{"COPY needs copy_in or copy_out"};
      need_more();
    }
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
