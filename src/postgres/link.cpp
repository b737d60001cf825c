#include "postgres/link.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <weft/core/create_task.hpp>
#include <weft/core/thread_pool.hpp>
#include <weft/core/timeout.hpp>
#include <weft/net/detail/socket_leaf.hpp>

#include "postgres/background.hpp"

namespace weft::postgres::detail {

namespace {

/// How long the server may take to end a statement that was cancelled.
constexpr std::chrono::seconds cancel_limit{10};

bool is_ready(int fd, short events) noexcept {
  pollfd asked{fd, events, 0};
  return ::poll(&asked, 1, 0) > 0;
}

/// Waits until a socket is ready. libpq does not always read all there is, so an edge is not enough.
class ready_leaf final : public weft::detail::socket_leaf {
 public:
  ready_leaf(link_socket& socket, bool to_write) noexcept
      : socket_leaf{socket, to_write ? direction::write : direction::read},
        events_{static_cast<short>(to_write ? POLLOUT : POLLIN)} {}
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "a PostgreSQL server"; }

 private:
  bool attempt() noexcept override {
    if (!socket_->is_open()) return true;
    if (must_yield()) return false;
    return is_ready(socket_->watch.fd, events_);
  }
  short events_;
};

}  // namespace

void link_socket::release(int fd) noexcept {
  if (own_) ::close(fd);
}

task<> wait_until_ready(link_socket& socket, bool to_write) { co_await ready_leaf{socket, to_write}; }

diagnostics diagnostics_of(const PGresult* said) {
  const auto field = [said](int code) {
    const char* const text = PQresultErrorField(said, code);
    return std::string{text != nullptr ? text : ""};
  };
  diagnostics all;
  all.sqlstate = field(PG_DIAG_SQLSTATE);
  all.severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
  all.message = field(PG_DIAG_MESSAGE_PRIMARY);
  all.detail = field(PG_DIAG_MESSAGE_DETAIL);
  all.hint = field(PG_DIAG_MESSAGE_HINT);
  all.position = std::atoi(field(PG_DIAG_STATEMENT_POSITION).c_str());
  all.schema_name = field(PG_DIAG_SCHEMA_NAME);
  all.table_name = field(PG_DIAG_TABLE_NAME);
  all.column_name = field(PG_DIAG_COLUMN_NAME);
  all.constraint_name = field(PG_DIAG_CONSTRAINT_NAME);
  if (all.message.empty()) {
    all.message = PQresultErrorMessage(said);
    while (!all.message.empty() && all.message.back() == '\n') all.message.pop_back();
  }
  return all;
}

void throw_error(const PGresult* said) {
  diagnostics all = diagnostics_of(said);
  if (all.severity == "FATAL" || all.severity == "PANIC") throw connection_error{std::move(all)};
  throw error{std::move(all)};
}

// ---- link -----------------------------------------------------------------------------------------------------------

/// Waits for more from the server.
class link::edge_leaf final : public weft::detail::socket_leaf {
 public:
  edge_leaf(link_socket& socket, bool quiet) noexcept : socket_leaf{socket, direction::read}, quiet_{quiet} {}
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "a PostgreSQL server"; }

 private:
  bool attempt() noexcept override {
    if (!socket_->is_open() || std::exchange(tried_, true)) return true;
    if (must_yield()) return false;
    if (quiet_ && !socket_->watch.troubled) return false;
    return is_ready(socket_->watch.fd, POLLIN);
  }
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
    : connection_{std::move(connection)}, statements_{how.statement_cache}, on_notice_{how.on_notice} {
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
  start_background(pump(shared_from_this()));
}

void link::close() noexcept {
  if (!std::exchange(open_, false)) return;
  if (socket_) socket_->close();
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

void link::recycle(entry& used) noexcept {
  used.owner = nullptr;
  used.preparing = used.copying_in = used.copying_out = used.absorbs = false;
  used.statement.clear();
  used.text.clear();
  used.got = {};
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

void link::send_waiting() {
  while (!waiting_.empty() && open_) {
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
  } else {
    send_query(next, *next.owner->what_);
    return;
  }
  if (!sent) return fail(PQerrorMessage(to));
  flush();
}

void link::send_query(entry& next, const command& what) {
  PGconn* const to = connection_.get();
  constexpr std::size_t usual = 16;
  const auto& list = what.values.list();
  const std::size_t count = list.size();
  struct {
    std::array<Oid, usual> types;
    std::array<const char*, usual> values;
    std::array<int, usual> lengths;
    std::array<int, usual> formats;
  } few;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled as far as it is used
  struct {
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  } many;
  Oid* types = few.types.data();
  const char** values = few.values.data();
  int* lengths = few.lengths.data();
  int* formats = few.formats.data();
  if (count > usual) {
    many.types.resize(count);
    many.values.resize(count);
    many.lengths.resize(count);
    many.formats.resize(count);
    types = many.types.data();
    values = many.values.data();
    lengths = many.lengths.data();
    formats = many.formats.data();
  }
  for (std::size_t i = 0; i < count; ++i) {
    types[i] = list[i].type;
    values[i] = list[i].length < 0 ? nullptr : what.values.bytes().data() + list[i].at;
    lengths[i] = std::max(list[i].length, 0);
    formats[i] = list[i].as_text ? 0 : 1;
  }
  const int n = static_cast<int>(count);
  bool sent = true;
  if (!statements_.enabled()) {
    sent = PQsendQueryParams(to, what.text.c_str(), n, types, values, lengths, formats, 1) == 1;
  } else {
    const std::string* name = statements_.find(what);
    if (name == nullptr) {
      name = &statements_.add(what);
      next.preparing = true;
      sent = PQsendPrepare(to, name->c_str(), what.text.c_str(), n, types) == 1;
    }
    next.statement = *name;
    sent = sent && PQsendQueryPrepared(to, name->c_str(), n, values, lengths, formats, 1) == 1;
  }
  if (!sent || PQpipelineSync(to) != 1) return fail(PQerrorMessage(to));
  // libpq wants to be told before the first row comes; see step() for one that is not the first in line.
  if (next.what == kind::stream && sent_.front() == &next && !next.preparing) PQsetSingleRowMode(to);
  flush();
  if (next.preparing) {
    if (std::optional<std::string> old = statements_.evict()) run_detached("deallocate " + *old);
  }
}

void link::flush() {
  if (!open_ || writing_) return;
  const int left = PQflush(connection_.get());
  if (left < 0) return fail(PQerrorMessage(connection_.get()));
  if (left == 0) return;
  writing_ = true;
  start_background(write_rest(shared_from_this()));
}

task<> link::write_rest(std::shared_ptr<link> self) {
  while (self->open_) {
    co_await wait_until_ready(*self->socket_, true);
    if (!self->open_) break;
    const int left = PQflush(self->connection_.get());
    if (left < 0) self->fail(PQerrorMessage(self->connection_.get()));
    if (left == 0) break;
  }
  self->writing_ = false;
  if (self->open_ && !self->sent_.empty() && self->sent_.front()->owner != nullptr) self->sent_.front()->owner->wake();
}

bool link::parked() const noexcept {
  if (!open_ || sent_.empty()) return false;
  const entry& first = *sent_.front();
  return first.what != kind::query && first.owner != nullptr && !first.owner->hungry_;
}

void link::unpark() noexcept {
  if (park_leaf* const waiting = std::exchange(pump_parked_, nullptr)) waiting->wake();
}

task<> link::pump(std::shared_ptr<link> self) {
  struct last {
    link* of;
    ~last() { of->fail("nobody reads from the connection any more: the loop has ended"); }
  } const at_end{self.get()};
  while (self->open_) {
    co_await edge_leaf{*self->socket_, self->quiet_socket_};
    if (!self->open_) break;
    if (PQconsumeInput(self->connection_.get()) != 1) {
      const std::string why = PQerrorMessage(self->connection_.get());
      self->dispatch();  // what it has said last
      self->fail(why);
      break;
    }
    self->dispatch();
    if (self->open_ && PQstatus(self->connection_.get()) == CONNECTION_BAD) {
      self->fail(PQerrorMessage(self->connection_.get()));
    }
    while (self->parked()) co_await park_leaf{*self};
  }
}

void link::dispatch() {
  while (open_) {
    if (PGnotify* const told = PQnotifies(connection_.get())) {
      if (observer != nullptr) observer->notified(*this, *told);
      PQfreemem(told);
      continue;
    }
    if (sent_.empty()) {
      quiet_socket_ = !listens;
      if (!last_word_.empty()) fail(last_word_);
      return;
    }
    entry& first = *sent_.front();
    if (first.what != kind::query && first.owner != nullptr) {
      first.owner->hungry_ = false;
      first.owner->wake();
      return;
    }
    result unused;
    if (step(first, unused) == event::nothing_yet) return;
  }
}

link::event link::step(entry& first, result& row) {
  PGconn* const from = connection_.get();
  for (;;) {
    if (first.copying_out) {
      if (first.owner != nullptr) return event::copy;
      char* bytes = nullptr;
      const int length = PQgetCopyData(from, &bytes, 1);
      if (bytes != nullptr) PQfreemem(bytes);
      if (length == 0) return event::nothing_yet;
      if (length > 0) continue;
      first.copying_out = false;
    }
    if (first.copying_in) {
      if (first.owner != nullptr) return event::copy;
      PQputCopyEnd(from, "the task that sent the rows has ended");
      flush();
      if (!open_) return event::done;
      first.copying_in = false;
    }
    if (PQisBusy(from) == 1) return event::nothing_yet;
    result got{PQgetResult(from)};
    if (got.get() == nullptr) {
      if (first.what == kind::script) {
        PQenterPipelineMode(from);
        finish(first);
        return event::done;
      }
      if (PQstatus(from) == CONNECTION_BAD) return event::nothing_yet;  // the pump is about to find out
      if (std::exchange(first.preparing, false) && first.what == kind::stream && first.owner != nullptr) {
        PQsetSingleRowMode(from);
      }
      continue;
    }
    switch (PQresultStatus(got.get())) {
      case PGRES_PIPELINE_SYNC:
        finish(first);
        if (open_ && !sent_.empty() && sent_.front()->what == kind::stream && !sent_.front()->preparing) {
          PQsetSingleRowMode(from);
        }
        return event::done;
      case PGRES_PIPELINE_ABORTED:
        break;
      case PGRES_SINGLE_TUPLE:
        if (first.owner == nullptr) break;
        row = std::move(got);
        return event::row;
      case PGRES_COPY_IN:
        first.copying_in = true;
        break;
      case PGRES_COPY_OUT:
        first.copying_out = true;
        break;
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE:
        if (first.preparing) statements_.forget(first.statement);
        if (first.got.get() == nullptr || PQresultStatus(first.got.get()) != PGRES_FATAL_ERROR) {
          first.got = std::move(got);
        }
        break;
      default:
        if (first.preparing) break;
        if (first.got.get() == nullptr || PQresultStatus(first.got.get()) != PGRES_FATAL_ERROR) {
          first.got = std::move(got);
        }
    }
  }
}

void link::finish(entry& first) noexcept {
  sent_.remove(first);
  --load_;
  if (first.absorbs) absorbing_ = cancelling_ = false;
  bool stale = false;
  if (first.got.get() != nullptr && PQresultStatus(first.got.get()) == PGRES_FATAL_ERROR && !first.statement.empty()) {
    const char* const state = PQresultErrorField(first.got.get(), PG_DIAG_SQLSTATE);
    const char* const where = PQresultErrorField(first.got.get(), PG_DIAG_SOURCE_FUNCTION);
    const std::string_view sqlstate = state != nullptr ? state : "";
    const std::string_view function = where != nullptr ? where : "";
    // "cached plan must not change result type", or it is gone (DISCARD, a pooler in between).
    if (sqlstate == "26000" || (sqlstate == "0A000" && function == "RevalidateCachedQuery")) {
      statements_.forget(first.statement);
      stale = PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
    }
  }
  if (first.owner != nullptr) {
    first.owner->finished(std::move(first.got), stale);
  }
  recycle(first);
  settle();
  if (!open_) return;
  send_waiting();
  unpark();
  if (quiet() && observer != nullptr) observer->quiet(*this);
}

void link::fail(const std::string& why) noexcept {
  if (!open_) return;
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
        const bool said = one.got.get() != nullptr && PQresultStatus(one.got.get()) == PGRES_FATAL_ERROR;
        if (said) {
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
  std::shared_ptr<PGcancel> request{PQgetCancel(self->connection_.get()), &PQfreeCancel};
  const auto send = [request] {
    std::array<char, 256> why{};
    (void)PQcancel(request.get(), why.data(), static_cast<int>(why.size()));
  };
  co_await to_thread({.abandon_on_stop = true}, send);
  self->cancel_on_its_way_ = false;
  self->settle();
  const bool in_time = co_await move_on_after(cancel_limit, self->settled_.wait());
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

// ---- operation ------------------------------------------------------------------------------------------------------

operation::operation(std::shared_ptr<link> on, kind how, const command& what)
    : link_{std::move(on)}, what_{&what}, entry_{&link_->make_entry()} {
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
  if (link_->sent_.front() == &left && left.what != kind::query && link_->open_) {
    result unused;
    (void)link_->step(left, unused);  // what is here already; ends a COPY
    if (link_->open_) link_->unpark();
  }
}

void operation::wake() noexcept {
  if (progress_leaf* const leaf = std::exchange(waiting_, nullptr)) leaf->wake();
}

void operation::finished(result got, bool stale) noexcept {
  got_ = std::move(got);
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
  if (got_.get() != nullptr && PQresultStatus(got_.get()) == PGRES_FATAL_ERROR) throw_error(got_.get());
  return std::move(got_);
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
    if (entry_->what == kind::query) {
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

}  // namespace weft::postgres::detail
