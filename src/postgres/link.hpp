#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/core/task.hpp>
#include <weft/postgres/connect_options.hpp>
#include <weft/postgres/detail/parameters.hpp>
#include <weft/postgres/detail/result.hpp>
#include <weft/postgres/error.hpp>
#include <weft/sync/event.hpp>

#include "net/socket_core.hpp"

namespace weft::postgres::detail {

struct end_connection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using connection_owner = std::unique_ptr<PGconn, end_connection>;

/// libpq's descriptor, which libpq closes.
class link_socket final : public weft::detail::socket_core {
 public:
  explicit link_socket(int fd, bool own) : socket_core{fd}, own_{own} {}
  ~link_socket() override { close(); }
  std::string describe() const override { return "a PostgreSQL server"; }

 private:
  void release(int fd) noexcept override;
  bool own_;
};

/// Waits until libpq has something to do with a socket.
task<> wait_until_ready(link_socket& socket, bool to_write);

class link;
class operation;

/// Who wants to know what becomes of a link.
class link_observer {
 public:
  /// Nothing is under way any more.
  virtual void quiet(link& which) noexcept = 0;
  virtual void broken(link& which) noexcept = 0;
  virtual void notified(link& which, const PGnotify& what) = 0;

 protected:
  ~link_observer() = default;
};

/// What an operation is to libpq.
enum class kind : std::uint8_t {
  query,   ///< in the pipeline; the whole result at once
  stream,  ///< in the pipeline; a row at a time, and the operation fetches them
  script   ///< by itself, outside the pipeline: several statements, or COPY; the operation fetches what comes
};

/// A place in the link's line of operations. The operation may be gone before the server has answered.
struct entry : weft::detail::list_hook<entry> {
  operation* owner = nullptr;
  kind what = kind::query;
  bool preparing = false;  ///< the answer to PREPARE comes first
  bool copying_in = false;
  bool copying_out = false;
  bool absorbs = false;   ///< takes the place where a late cancellation may hit
  std::string statement;  ///< the name of what was prepared; empty for none
  std::string text;       ///< of one without an owner
  result got;             ///< so far
};

/// What is prepared on the server.
class statement_cache {
 public:
  explicit statement_cache(std::size_t limit) noexcept : limit_{limit} {}
  struct statement {
    std::string key;
    std::string name;
  };
  bool enabled() const noexcept { return limit_ != 0; }
  /// The name it is prepared under; nothing if it is not.
  const std::string* find(const command& what);
  /// A name for it, from now on.
  const std::string& add(const command& what);
  void forget(std::string_view name) noexcept;
  /// One too many: its name, and it is forgotten.
  std::optional<std::string> evict();
  void clear() noexcept;

 private:
  void make_key(const command& what);
  std::size_t limit_;
  std::uint64_t named_ = 0;
  std::string key_;
  std::list<statement> by_use_;  // the last used first
  std::unordered_map<std::string_view, std::list<statement>::iterator> known_;
};

/// A connection to a server: operations stand in line in it, and a task of its own reads what the server says. Lives as
/// long as that task; close() ends it.
class link final : public std::enable_shared_from_this<link> {
 public:
  link(connection_owner connection, const connect_options& how);
  link(const link&) = delete;
  link& operator=(const link&) = delete;
  ~link();

  void begin();
  void close() noexcept;
  /// Closes it; what is under way gets connection_error.
  void fail(const std::string& why) noexcept;
  bool is_open() const noexcept { return open_; }
  /// Looks whether the server has gone meanwhile.
  bool alive() noexcept;
  /// Nothing is under way.
  bool quiet() const noexcept { return sent_.empty() && waiting_.empty() && !cancelling_; }
  bool cancelling() const noexcept { return cancelling_; }
  std::size_t load() const noexcept { return load_; }
  PGTransactionStatusType transaction_status() const noexcept { return PQtransactionStatus(connection_.get()); }
  /// Runs a statement that nobody waits for.
  void run_detached(std::string text);
  PGconn* connection() const noexcept { return connection_.get(); }
  statement_cache& statements() noexcept { return statements_; }

  link_observer* observer = nullptr;
  bool listens = false;  ///< the server may say something at any time

 private:
  friend class operation;

  enum class event : std::uint8_t { nothing_yet, row, copy, done };

  entry& make_entry();
  void recycle(entry& used) noexcept;
  void enqueue(entry& next);
  void send_waiting();
  void send(entry& next);
  void send_query(entry& next, const command& what);
  void flush();
  static task<> write_rest(std::shared_ptr<link> self);
  static task<> pump(std::shared_ptr<link> self);
  class park_leaf;
  class edge_leaf;
  bool parked() const noexcept;
  void unpark() noexcept;
  void dispatch();
  /// Takes the next thing that the server has said to the first entry.
  event step(entry& first, result& row);
  void finish(entry& first) noexcept;
  void cancel() noexcept;
  static task<> send_cancel(std::shared_ptr<link> self);
  void settle();
  static void take_notice(void* self, const PGresult* notice);

  connection_owner connection_;
  std::optional<link_socket> socket_;
  statement_cache statements_;
  void (*on_notice_)(const diagnostics&);
  weft::detail::list<entry> sent_;
  weft::detail::list<entry> waiting_;
  std::vector<std::unique_ptr<entry>> entries_;
  std::vector<entry*> spare_;
  std::size_t load_ = 0;
  park_leaf* pump_parked_ = nullptr;
  weft::event settled_;
  std::string last_word_;  // of a server that ends the connection
  bool open_ = true;
  bool writing_ = false;
  bool cancelling_ = false;
  bool cancel_on_its_way_ = false;
  bool absorbing_ = false;
  bool quiet_socket_ = false;  // everything that was asked for has come: an edge tells of more
};

/// One thing that is done on a link; lives in the frame of who does it. Destroyed before its end it leaves its result
/// to be dropped.
class operation {
 public:
  /// Stands in line from now on. `what` must live as long.
  operation(std::shared_ptr<link> on, kind how, const command& what);
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;
  ~operation();

  /// Until something has happened.
  class progress_leaf;
  progress_leaf progress() noexcept;

  bool done() const noexcept { return entry_ == nullptr; }
  /// Of one that is done; throws what the server or the connection had to say against it.
  result take();
  /// It failed because what was prepared does not hold any more, and may be tried again.
  bool stale() const noexcept { return stale_; }

  /// Of streams and scripts.
  /// The next row; no row at the end.
  task<result> next_row();
  bool take_row(result& into);
  /// Waits until the server is ready for COPY.
  task<> copy_begins();
  task<> send_copy(std::string_view bytes);
  void end_copy();
  task<std::string> next_copied();
  /// Waits until it is done; see take().
  task<> until_done();

 private:
  friend class link;
  void wake() noexcept;
  void finished(result got, bool stale) noexcept;
  void broken(std::exception_ptr error) noexcept;
  void need_more();

  std::shared_ptr<link> link_;
  const command* what_;
  entry* entry_;
  progress_leaf* waiting_ = nullptr;
  result got_;
  std::exception_ptr error_;
  bool stale_ = false;
  bool hungry_ = true;
};

class operation::progress_leaf final : public weft::detail::leaf {
 public:
  explicit progress_leaf(operation& of) noexcept : of_{&of} {}
  bool await_ready() const noexcept { return of_->done(); }
  template <weft::detail::weft_promise P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    of_->waiting_ = this;
    suspend(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return "a PostgreSQL query"; }

 private:
  void withdraw() noexcept override { of_->waiting_ = nullptr; }
  operation* of_;
};

inline operation::progress_leaf operation::progress() noexcept { return progress_leaf{*this}; }

/// What a result says of an error.
diagnostics diagnostics_of(const PGresult* said);
[[noreturn]] void throw_error(const PGresult* said);

/// Runs a statement; prepares it anew where the schema has changed and nothing is lost by it.
task<result> run_on(std::shared_ptr<link> on, const command& what);

}  // namespace weft::postgres::detail
