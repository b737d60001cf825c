#include "postgres/link.hpp"

#include <poll.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <weft/core/sleep.hpp>
#include <weft/core/timeout.hpp>
#include <weft/net/detail/socket_leaf.hpp>
#include <weft/postgres/detail/copy_rows.hpp>

#include "postgres/background.hpp"
#include "postgres/cancel_request.hpp"
#include "postgres/diagnostics.hpp"
#include "postgres/operation.hpp"
#include "postgres/statement_parameters.hpp"

namespace weft::postgres::detail {

namespace {

struct free_memory {
  void operator()(char* bytes) const noexcept { PQfreemem(bytes); }
};

}  // namespace

/// Waits for more from the server. A look whether there is some costs a system call, so it is spared where it is known.
class link::edge_leaf final : public weft::detail::socket_leaf {
 public:
  edge_leaf(link_socket& socket, bool likely, bool quiet) noexcept
      : socket_leaf{socket, direction::read}, likely_{likely}, quiet_{quiet} {}
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "a PostgreSQL server"; }

 private:
  bool attempt() noexcept override {
    if (!socket_->is_open() || tried_) return true;
    if (must_yield()) return false;
    tried_ = true;
    if (likely_) return true;
    if (quiet_ && !socket_->watch.troubled) return false;
    return is_ready(socket_->watch.fd, POLLIN);
  }
  bool likely_;
  bool quiet_;
  bool tried_ = false;
};

/// Where the pump waits while an operation has not taken what is there.
class link::park_leaf final : public weft::detail::leaf {
 public:
  explicit park_leaf(link& of) noexcept : of_{&of} {}
  bool await_ready() const noexcept { return !of_->parked(); }
  template <weft::detail::weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    of_->pump_parked_ = this;
    suspend(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "rows to be taken"; }

 private:
  void withdraw() noexcept override { of_->pump_parked_ = nullptr; }
  link* of_;
};

link::link(connection_owner connection, const connect_options& how)
    : connection_{std::move(connection)},
      statements_{how.statement_cache},
      cancel_timeout_{how.cancel_timeout},
      read_ahead_{std::max<std::size_t>(how.read_ahead, 1)},
      on_notice_{how.on_notice} {
  PQsetNoticeReceiver(connection_.get(), &take_notice, this);
  PQsetnonblocking(connection_.get(), 1);
  PQenterPipelineMode(connection_.get());
}

link::~link() { close(); }

void link::take_notice(void* self, const PGresult* notice) {
  auto& of = *static_cast<link*>(self);
  // What comes while nothing is under way is a notice to libpq, also the server's last word.
  const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && (std::string_view{severity} == "FATAL" || std::string_view{severity} == "PANIC")) {
    of.last_word_ = diagnostics_of(notice).message;
  }
  if (of.on_notice_ != nullptr) of.on_notice_(diagnostics_of(notice));
}

void link::begin() {
  socket_.emplace(PQsocket(connection_.get()), false);
  socket_->read_only();
  start_background(pump(shared_from_this()));
}

void link::close() noexcept {
  if (!std::exchange(open_, false)) return;
  if (socket_) socket_->close();
  if (room_) room_->close();
  connection_.reset();
  unpark();
}

bool link::alive() noexcept {
  if (!open_) return false;
  if (!is_ready(socket_->watch.fd, POLLIN)) return true;
  const bool read = PQconsumeInput(connection_.get()) == 1;
  if (read) dispatch();
  if (!open_) return false;
  if (read && PQstatus(connection_.get()) == CONNECTION_OK) return true;
  fail(PQerrorMessage(connection_.get()));
  return false;
}

entry& link::make_entry() {
  if (spare_.empty()) {
    spare_.reserve(entries_.size() + 1);
    entries_.push_back(std::make_unique<entry>());
    spare_.push_back(entries_.back().get());
  }
  entry& made = *spare_.back();
  spare_.pop_back();
  return made;
}

void link::learn(const std::vector<oid::number>& asked, const result& said) {
  // Those that have got the book may read in it on another thread.
  auto more = types_ ? std::make_shared<type_book>(*types_) : std::make_shared<type_book>();
  detail::learn(*more, said);
  more->close(asked);
  types_ = std::move(more);
}

void link::recycle(entry& used) noexcept {
  used.owner = nullptr;
  used.preparing = used.copying_in = used.copying_out = used.absorbs = false;
  used.statement.clear();
  used.text.clear();
  used.got = {};
  used.parts.clear();
  used.at = 0;
  spare_.push_back(&used);
}

void link::enqueue(entry& next) {
  if (!open_) throw connection_error{"the connection is closed"};
  ++load_;
  waiting_.push_back(next);
  send_waiting();
}

void link::run_detached(std::string text) {
  if (!open_) return;
  entry& next = make_entry();
  next.what = kind::query;
  next.text = std::move(text);
  enqueue(next);
}

/// While the socket is full they wait here: libpq would try in vain to send each.
void link::send_waiting() {
  while (!waiting_.empty() && open_ && !writing_) {
    entry& next = *waiting_.front();
    if (cancelling_ && !next.absorbs) return;
    if (!sent_.empty() && (next.what == kind::script || sent_.front()->what == kind::script)) return;
    waiting_.remove(next);
    sent_.push_back(next);
    send(next);
  }
}

void link::send(entry& next) {
  PGconn* const to = connection_.get();
  quiet_socket_ = false;
  bool sent = true;
  if (next.what == kind::script) {
    sent = PQexitPipelineMode(to) == 1 && PQsendQuery(to, next.owner->what_->text.c_str()) == 1;
  } else if (next.owner == nullptr) {
    sent = PQsendQueryParams(to, next.text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1) == 1 &&
           PQpipelineSync(to) == 1;
  } else if (next.what == kind::batch) {
    return send_batch(next, *next.owner->many_);
  } else {
    return send_query(next, *next.owner->what_);
  }
  if (!sent) return fail(PQerrorMessage(to));
  flush();
}

void link::send_query(entry& next, const command& what) {
  PGconn* const to = connection_.get();
  if (!send_one(what, next.statement, next.preparing) || PQpipelineSync(to) != 1) return fail(PQerrorMessage(to));
  // libpq wants to be told before the first row comes; see step() for one that is not the first in line.
  if (next.what == kind::stream && sent_.front() == &next && !next.preparing) PQsetSingleRowMode(to);
  flush();
  if (next.preparing) {
    if (std::optional<std::string> old = statements_.evict()) run_detached("deallocate " + *old);
  }
}

void link::send_batch(entry& next, const std::vector<command>& what) {
  PGconn* const to = connection_.get();
  next.parts.resize(what.size());
  bool sent = true;
  for (std::size_t i = 0; sent && i < what.size(); ++i) {
    sent = send_one(what[i], next.parts[i].statement, next.parts[i].preparing);
  }
  if (!sent || PQpipelineSync(to) != 1) return fail(PQerrorMessage(to));
  flush();
  while (std::optional<std::string> old = statements_.evict()) run_detached("deallocate " + *old);
}

/// Sends it, prepared if that is wanted; false for an error of the connection.
bool link::send_one(const command& what, std::string& statement, bool& preparing) {
  PGconn* const to = connection_.get();
  const statement_parameters values{what.values};
  if (!statements_.enabled()) {
    if (!what.describes) return values.run(to, what.text.c_str());
    preparing = true;
    return values.prepare(to, "", what.text.c_str()) && PQsendDescribePrepared(to, "") == 1;
  }
  const std::string* name = statements_.find(what);
  if (name == nullptr) {
    name = &statements_.add(what);
    preparing = true;
    if (!values.prepare(to, name->c_str(), what.text.c_str())) return false;
  }
  statement = *name;
  if (what.describes) return PQsendDescribePrepared(to, name->c_str()) == 1;
  return values.run_prepared(to, name->c_str());
}

void link::flush() {
  if (!open_ || writing_) return;
  const int left = PQflush(connection_.get());
  if (left < 0) return fail(PQerrorMessage(connection_.get()));
  if (left == 0) return;
  try {
    if (!room_) room_.emplace(copy_of(PQsocket(connection_.get())), true);
  } catch (const std::system_error& e) {
    return fail(e.what());
  }
  writing_ = true;
  start_background(write_rest(shared_from_this()));
}

task<> link::write_rest(std::shared_ptr<link> self) {
  while (self->open_) {
    co_await wait_until_ready(*self->room_, true);
    if (!self->open_) break;
    const int left = PQflush(self->connection_.get());
    if (left < 0) self->fail(PQerrorMessage(self->connection_.get()));
    if (left == 0) break;
  }
  self->writing_ = false;
  self->send_waiting();
  if (self->open_ && !self->sent_.empty() && self->sent_.front()->owner != nullptr) self->sent_.front()->owner->wake();
}

bool link::parked() const noexcept {
  if (!open_ || sent_.empty()) return false;
  const entry& first = *sent_.front();
  return first.is_fetched() && first.owner != nullptr && first.owner->is_full();
}

void link::unpark() noexcept {
  if (park_leaf* const waiting = std::exchange(pump_parked_, nullptr)) waiting->wake();
}

task<> link::pump(std::shared_ptr<link> self) {
  struct last {
    link* of;
    ~last() {
      if (!of->open_) return;
      of->observer = nullptr;  // which may not do anything any more
      of->fail("nobody reads from the connection any more: the loop has ended");
    }
  } const at_end{self.get()};
  while (self->open_) {
    co_await edge_leaf{*self->socket_, std::exchange(self->rows_come_, false), self->quiet_socket_};
    if (!self->open_) break;
    if (PQconsumeInput(self->connection_.get()) != 1) {
      const std::string why = PQerrorMessage(self->connection_.get());
      self->dispatch();  // what it has said last
      self->fail(why);
      break;
    }
    while (self->dispatch_some()) co_await checkpoint();
    if (self->open_ && PQstatus(self->connection_.get()) == CONNECTION_BAD) {
      self->fail(PQerrorMessage(self->connection_.get()));
    }
    while (self->parked()) {
      co_await park_leaf{*self};
      while (self->dispatch_some()) co_await checkpoint();  // what libpq has read
    }
  }
}

void link::dispatch() {
  while (dispatch_one()) continue;
}

/// True if there may be more. Those that wait for the first few had better take them before libpq makes the next, for
/// which it then has their memory.
bool link::dispatch_some() {
  constexpr int few = 16;
  for (int done = 0; done < few; ++done) {
    if (!dispatch_one()) return false;
  }
  return true;
}

/// Up to the end of an operation; true if there are more in line.
bool link::dispatch_one() {
  while (open_) {
    if (PGnotify* const told = PQnotifies(connection_.get())) {
      if (observer != nullptr) observer->notified(*this, *told);
      PQfreemem(told);
      continue;
    }
    if (sent_.empty()) {
      quiet_socket_ = !listens;
      if (!last_word_.empty()) fail(last_word_);
      return false;
    }
    entry& first = *sent_.front();
    if (first.is_fetched() && first.owner != nullptr) {
      if (!fetch(first)) return false;
    } else {
      const event came = step(first, nullptr);
      if (came == event::nothing_yet) return false;
      if (came != event::done) continue;
    }
    if (!sent_.empty()) return true;
  }
  return false;
}

/// Takes what there is, up to the limit, for an operation that is not waiting for it; one that waits has its turn now,
/// and takes it from libpq. True at the operation's end.
bool link::fetch(entry& first) {
  operation& owner = *first.owner;
  const bool may_be_taken = first.what == kind::stream && owner.waiting_ != nullptr && owner.ahead_.empty();
  if (may_be_taken && !first.preparing) {
    rows_come_ = PQisBusy(connection_.get()) == 0;
    if (!rows_come_) return false;
    owner.wake();
    socket_->turns = std::numeric_limits<std::uint8_t>::max() - 1;
    return false;
  }
  while (!owner.is_full()) {
    const event came = step(first, nullptr);
    if (came == event::done) return true;
    if (came != event::kept) break;
    rows_come_ = true;
  }
  if (open_ && (!owner.ahead_.empty() || owner.copies_ != operation::copying::no)) owner.wake();
  return false;
}

/// A row goes into `row`, or is kept for the operation.
link::event link::step(entry& first, result* row) {
  for (;;) {
    if (first.copying_out || first.copying_in) {
      if (const event came = step_copy(first); came != event::none) return came;
    }
    if (PQisBusy(connection_.get()) == 1) return event::nothing_yet;
    PGresult* const got = PQgetResult(connection_.get());
    if (row != nullptr && got != nullptr && PQresultStatus(got) == PGRES_SINGLE_TUPLE) {
      *row = result{got};
      return event::row;
    }
    const event came = got == nullptr ? end_result(first) : take_result(first, result{got});
    if (came != event::none) return came;
  }
}

link::event link::step_copy(entry& first) {
  PGconn* const from = connection_.get();
  if (first.copying_out) {
    char* bytes = nullptr;
    const int length = PQgetCopyData(from, &bytes, 1);
    const std::unique_ptr<char, free_memory> held{bytes};
    if (length == 0) return event::nothing_yet;
    if (length > 0) {
      if (first.owner != nullptr) first.owner->keep(std::string_view{bytes, static_cast<std::size_t>(length)});
      return event::kept;
    }
    first.copying_out = false;
  }
  if (first.copying_in) {
    if (first.owner != nullptr) return event::copy_in;
    PQputCopyEnd(from, "the task that sent the rows has ended");
    flush();
    if (!open_) return event::done;
    first.copying_in = false;
  }
  return event::none;
}

/// libpq has no more results, for now.
link::event link::end_result(entry& first) {
  PGconn* const from = connection_.get();
  const bool lost = PQstatus(from) == CONNECTION_BAD;  // libpq has closed the socket
  if (first.what == kind::script) {
    if (lost) {
      fail(PQerrorMessage(from));
    } else {
      PQenterPipelineMode(from);
      finish(first);
    }
    return event::done;
  }
  if (lost) return event::nothing_yet;  // the pump is about to find out
  if (first.what == kind::batch) end_part(first);
  if (std::exchange(first.preparing, false) && first.what == kind::stream && first.owner != nullptr) {
    PQsetSingleRowMode(from);
  }
  return event::none;
}

link::event link::take_result(entry& first, result got) {
  PGconn* const from = connection_.get();
  switch (PQresultStatus(got.get())) {
    case PGRES_SINGLE_TUPLE:
      if (first.owner != nullptr) first.owner->keep(got);
      return event::kept;
    case PGRES_PIPELINE_SYNC:
      finish(first);
      if (open_ && !sent_.empty() && sent_.front()->what == kind::stream && !sent_.front()->preparing) {
        PQsetSingleRowMode(from);
      }
      return event::done;
    case PGRES_PIPELINE_ABORTED:
      if (first.at < first.parts.size() && first.parts[first.at].preparing)
        statements_.forget(first.parts[first.at].statement);
      break;
    case PGRES_COPY_IN:
      if (first.what != kind::script) {  // what has been sent after it would be taken for its rows
        fail("a COPY that was not known as one");
        return event::done;
      }
      first.copying_in = true;
      if (first.owner != nullptr) first.owner->copies_ = operation::copying::in;
      break;
    case PGRES_COPY_OUT:
      first.copying_out = true;
      if (first.owner != nullptr) first.owner->copies_ = operation::copying::out;
      break;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
      note_error(first, std::move(got));
      break;
    default:
      if (first.at < first.parts.size()) {
        if (!first.parts[first.at].preparing) first.parts[first.at].got = std::move(got);
      } else if (!first.preparing && !first.failed()) {
        first.got = std::move(got);
      }
  }
  return event::none;
}

/// The first error is the one that counts.
void link::note_error(entry& first, result got) {
  if (first.at < first.parts.size()) {
    first.statement = first.parts[first.at].statement;
    first.preparing = first.parts[first.at].preparing;
  }
  if (first.preparing) statements_.forget(first.statement);
  if (first.what == kind::batch) first.preparing = false;
  if (!first.failed()) first.got = std::move(got);
}

/// The answers to PREPARE and to the statement itself end alike.
void link::end_part(entry& first) noexcept {
  if (first.at == first.parts.size() || std::exchange(first.parts[first.at].preparing, false)) return;
  ++first.at;
}

void link::finish(entry& first) noexcept {
  sent_.remove(first);
  --load_;
  if (first.absorbs) absorbing_ = cancelling_ = false;
  bool stale = false;
  if (first.failed() && !first.statement.empty()) {
    const char* const state = PQresultErrorField(first.got.get(), PG_DIAG_SQLSTATE);
    const char* const where = PQresultErrorField(first.got.get(), PG_DIAG_SOURCE_FUNCTION);
    const std::string_view sqlstate = state != nullptr ? state : "";
    const std::string_view function = where != nullptr ? where : "";
    const char* const said = PQresultErrorField(first.got.get(), PG_DIAG_MESSAGE_PRIMARY);
    const std::string_view message = said != nullptr ? said : "";
    // "cached plan must not change result type", or it is gone (DISCARD, a pooler in between), or the type of one of
    // its parameters is, which the server only notices by what it calls an internal error, in English always.
    const bool lost_type = sqlstate == "XX000" && message.starts_with("cache lookup failed for type");
    if (sqlstate == "26000" || lost_type || (sqlstate == "0A000" && function == "RevalidateCachedQuery")) {
      statements_.forget(first.statement);
      stale = PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
    }
  }
  if (first.owner != nullptr) {
    first.owner->finished(first, stale);
  }
  recycle(first);
  settle();
  if (!open_) return;
  send_waiting();
  unpark();
  if (quiet() && observer != nullptr) observer->quiet(*this);
}

/// While rows are sent to the server libpq leaves what it says for later.
void link::hear_refusal_of_copy() noexcept {
  PGconn* const from = connection_.get();
  const bool has_ended = PQsocket(from) < 0;  // libpq waits for nothing then
  if (!has_ended || sent_.empty() || !sent_.front()->copying_in) return;
  PQputCopyEnd(from, nullptr);
  result got{PQgetResult(from)};
  if (got.get() != nullptr && PQresultErrorField(got.get(), PG_DIAG_SQLSTATE) != nullptr) {
    sent_.front()->got = std::move(got);
  }
}

void link::fail(const std::string& why) noexcept {
  if (!open_) return;
  hear_refusal_of_copy();
  const std::shared_ptr<link> here = weak_from_this().lock();
  std::string text = why;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.empty()) text = "the connection was lost";
  const auto error = std::make_exception_ptr(connection_error{text});
  close();
  for (weft::detail::list<entry>* const line : {&sent_, &waiting_}) {
    while (!line->empty()) {
      entry& one = line->pop_front();
      if (one.owner != nullptr) {
        if (one.failed()) {
          diagnostics all = diagnostics_of(one.got.get());
          one.owner->broken(std::make_exception_ptr(connection_error{std::move(all)}));
        } else {
          one.owner->broken(error);
        }
      }
      recycle(one);
    }
  }
  load_ = 0;
  cancelling_ = false;
  settled_.set();
  if (observer != nullptr) observer->broken(*this);
}

// ---- cancelling -----------------------------------------------------------------------------------------------------

/// A cancel request names a connection and not a query: nothing else is sent until it has had its effect, or none.
void link::cancel() noexcept {
  if (cancelling_ || !open_ || weft::detail::this_thread_loop == nullptr) return;
  cancelling_ = cancel_on_its_way_ = true;
  settled_.clear();
  try {
    start_background(send_cancel(shared_from_this()));
  } catch (...) {
    close();
  }
}

task<> link::send_cancel(std::shared_ptr<link> self) {
  const auto both = [](std::shared_ptr<link> of) -> task<> {
    const std::shared_ptr<cancel_request> request = cancel_request::send(of->connection_.get());
    co_await request->over();
    of->cancel_on_its_way_ = false;
    of->settle();
    co_await of->settled_.wait();
  };
  const bool in_time = co_await move_on_after(self->cancel_timeout_, both(self));
  if (!in_time) self->fail("the server did not end a statement that was cancelled");
}

/// The server has closed the connection that the request came on, so the signal has been sent; a statement that does
/// nothing takes it if it came late.
void link::settle() {
  if (!open_ || cancel_on_its_way_ || absorbing_) return;
  if (!cancelling_) {
    settled_.set();
    return;
  }
  if (!sent_.empty()) return;
  absorbing_ = true;
  entry& next = make_entry();
  next.absorbs = true;
  next.what = kind::query;
  ++load_;
  waiting_.push_front(next);
  send_waiting();
}

}  // namespace weft::postgres::detail
