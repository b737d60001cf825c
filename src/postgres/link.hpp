#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/detail/list.hpp>
#include <weft/core/task.hpp>
#include <weft/postgres/connect_options.hpp>
#include <weft/postgres/detail/parameters.hpp>
#include <weft/postgres/detail/result.hpp>
#include <weft/postgres/detail/type_book.hpp>
#include <weft/postgres/error.hpp>
#include <weft/sync/event.hpp>

#include "postgres/link_socket.hpp"
#include "postgres/statement_cache.hpp"

namespace weft::postgres::detail {

struct end_connection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using connection_owner = std::unique_ptr<PGconn, end_connection>;

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
  batch,   ///< several in the pipeline with one sync; the whole results at once
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
  struct part {
    bool preparing = false;
    std::string statement;
    result got;
  };
  std::vector<part> parts;  ///< of a batch
  std::size_t at = 0;       ///< the part that the server is at

  bool failed() const noexcept { return got.get() != nullptr && PQresultStatus(got.get()) == PGRES_FATAL_ERROR; }
  bool is_fetched() const noexcept { return what == kind::stream || what == kind::script; }
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
  /// What has been asked about users' types so far; null for nothing.
  const std::shared_ptr<const type_book>& types() const noexcept { return types_; }
  /// Adds the answer to type_book_query.
  void learn(const std::vector<oid::number>& asked, const result& said);

  link_observer* observer = nullptr;
  bool listens = false;  ///< the server may say something at any time

 private:
  friend class operation;

  enum class event : std::uint8_t { none, nothing_yet, kept, row, copy_in, done };

  entry& make_entry();
  void recycle(entry& used) noexcept;
  void enqueue(entry& next);
  void send_waiting();
  void send(entry& next);
  void send_query(entry& next, const command& what);
  void send_batch(entry& next, const std::vector<command>& what);
  bool send_one(const command& what, std::string& statement, bool& preparing);
  void note_error(entry& first, result got);
  void end_part(entry& first) noexcept;
  void flush();
  static task<> write_rest(std::shared_ptr<link> self);
  static task<> pump(std::shared_ptr<link> self);
  class park_leaf;
  class edge_leaf;
  bool parked() const noexcept;
  void unpark() noexcept;
  void dispatch();
  bool dispatch_some();
  bool dispatch_one();
  /// Takes the next thing that the server has said to the first entry.
  event step(entry& first, result* row);
  // Parts of it: none if it goes on.
  event step_copy(entry& first);
  event end_result(entry& first);
  event take_result(entry& first, result got);
  bool fetch(entry& first);
  void finish(entry& first) noexcept;
  void hear_refusal_of_copy() noexcept;
  void cancel() noexcept;
  static task<> send_cancel(std::shared_ptr<link> self);
  void settle();
  static void take_notice(void* self, const PGresult* notice);

  connection_owner connection_;
  std::optional<link_socket> socket_;
  std::optional<link_socket> room_;  // to wait for room in
  statement_cache statements_;
  std::shared_ptr<const type_book> types_;
  std::chrono::nanoseconds cancel_timeout_;
  std::size_t read_ahead_;
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
  bool rows_come_ = false;     // the last that was read had some
  bool quiet_socket_ = false;  // everything that was asked for has come: an edge tells of more
};

}  // namespace weft::postgres::detail
