#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weft/core/detail/leaf.hpp>
#include <weft/core/task.hpp>
#include <weft/postgres/detail/parameters.hpp>
#include <weft/postgres/detail/result.hpp>
#include <weft/postgres/detail/row_block.hpp>
#include <weft/postgres/detail/streamed_row.hpp>

#include "postgres/link.hpp"

namespace weft::postgres::detail {

/// One thing that is done on a link; lives in the frame of who does it. Destroyed before its end it leaves its result
/// to be dropped. Where the types of users matter, it asks the server about them: before it runs what has parameters of
/// such types, or gives rows as they come; after it otherwise.
class operation {
 public:
  /// Stands in line from now on. `what` must live as long.
  operation(std::shared_ptr<link> on, kind how, const command& what);
  /// Several with one sync.
  operation(std::shared_ptr<link> on, const std::vector<command>& what);
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;
  ~operation();

  /// Until something has happened.
  class progress_leaf;
  progress_leaf progress() noexcept;

  bool done() const noexcept { return entry_ == nullptr; }
  /// Of one that is done; throws what the server or the connection had to say against it.
  result take();
  void check() const;
  /// The same, with what is known about the types in it.
  answer take_answer();
  /// The same of several.
  std::vector<answer> take_answers();
  /// It failed because what was prepared does not hold any more, and may be tried again.
  bool stale() const noexcept { return stale_; }

  /// Of streams and scripts.
  /// See row_source.
  const streamed_row* take_row();
  task<bool> wait_for_rows();
  /// What knows the columns of a stream that has begun.
  const result& shape() const noexcept { return row_.shape(); }
  /// What a COPY has given, perhaps nothing yet. False at the end.
  task<bool> next_block(row_block& into);
  /// Waits until the server is ready for COPY in the direction that is wanted.
  task<> copy_begins(bool in);
  task<> send_copy(std::string_view bytes);
  void end_copy();
  /// The server has begun a COPY that nobody asked for.
  bool wants_copy() const noexcept;
  /// Throws if it has.
  void refuse_copy() const;
  /// Waits until it is done; see take().
  task<> until_done();

 private:
  friend class link;
  /// False if nobody waits.
  bool wake() noexcept;
  struct inquiry;
  enum class stage : std::uint8_t { describe, learn_before, run, learn_after };
  operation(std::shared_ptr<link> on, kind how, const command* one, const std::vector<command>* many);
  const command& given(std::size_t i) const noexcept { return given_many_ != nullptr ? (*given_many_)[i] : *given_; }
  std::size_t given_count() const noexcept { return given_many_ != nullptr ? given_many_->size() : 1; }
  inquiry& inquire();
  void begin();
  void stand_in_line(kind how);
  void run();
  bool ask(std::vector<oid::number> types, stage then);
  bool described();
  bool wants_types();
  /// Goes on with the next stage; false after the last.
  bool go_on();
  void finished(entry& with, bool stale) noexcept;
  void broken(std::exception_ptr error) noexcept;
  /// So much has come that no more is read before some of it is taken.
  bool is_full() const noexcept;
  void keep(const result& row);
  void keep(std::string_view copied) { ahead_.add(copied); }

  std::shared_ptr<link> link_;
  kind kind_;
  stage stage_ = stage::run;
  const command* given_;
  const std::vector<command>* given_many_;
  const command* what_;  // what is under way
  const std::vector<command>* many_;
  std::unique_ptr<inquiry> inquiry_;
  entry* entry_ = nullptr;
  progress_leaf* waiting_ = nullptr;
  result got_;
  std::vector<entry::part> parts_;
  int failed_ = 0;  // of these, from 1
  std::exception_ptr error_;
  bool stale_ = false;
  enum class copying : std::uint8_t { no, in, out } copies_ = copying::no;
  row_block ahead_;
  // The row that was taken last, and what it looks into; after the last row, the end of the result.
  streamed_row row_;
  result held_;
  row_block block_;
  block_cursor left_;
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

/// Runs a statement; prepares it anew where the schema has changed and nothing is lost by it.
task<answer> run_on(std::shared_ptr<link> on, const command& what);
task<std::vector<answer>> run_all_on(std::shared_ptr<link> on, const std::vector<command>& what);

}  // namespace weft::postgres::detail
