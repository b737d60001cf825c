#include "postgres/open_transaction.hpp"

#include <stdexcept>
#include <utility>

namespace weft::postgres::detail {

namespace {

/// Rows under a savepoint. Left early, their statement is cancelled, which would be the end of the transaction.
class undone_rows final : public row_source {
 public:
  undone_rows(std::shared_ptr<session> on, const command& what) : on_{std::move(on)}, what_{what} {}
  undone_rows(const undone_rows&) = delete;
  undone_rows& operator=(const undone_rows&) = delete;
  ~undone_rows() override {
    if (!rows_) return;
    rows_.reset();
    on_->run_detached("rollback to savepoint weft_stream");
    on_->run_detached("release savepoint weft_stream");
  }

  task<bool> wait() override {
    if (!rows_) {
      on_->run_detached("savepoint weft_stream");
      rows_ = co_await on_->stream(what_);
    }
    bool more = false;
    try {
      more = co_await rows_->wait();
    } catch (...) {
      ended_ = std::move(rows_);  // the transaction has failed
      throw;
    }
    if (!more) {
      ended_ = std::move(rows_);
      on_->run_detached("release savepoint weft_stream");
    }
    co_return more;
  }
  const streamed_row* take() override { return rows_ ? rows_->take() : nullptr; }
  const result& shape() const noexcept override { return rows_ ? rows_->shape() : ended_->shape(); }
  std::shared_ptr<const type_book> types() const noexcept override { return (rows_ ? rows_ : ended_)->types(); }

 private:
  std::shared_ptr<session> on_;
  command what_;
  std::unique_ptr<row_source> rows_;
  std::unique_ptr<row_source> ended_;
};

}  // namespace

task<answer> open_transaction::run(const command& what) {
  check_open();
  return alone_->run(what);
}

task<std::vector<answer>> open_transaction::run_all(const std::vector<command>& what) {
  check_open();
  return alone_->run_all(what);
}

task<> open_transaction::run_script(const std::string& text) {
  check_open();
  return alone_->run_script(text);
}

task<std::unique_ptr<row_source>> open_transaction::stream(const command& what) {
  check_open();
  std::unique_ptr<row_source> made = std::make_unique<undone_rows>(alone_, what);
  co_return made;
}

task<std::unique_ptr<copy_sink>> open_transaction::copy_in(const std::string& statement) {
  check_open();
  return alone_->copy_in(statement);
}

task<std::unique_ptr<copy_source>> open_transaction::copy_out(const std::string& statement) {
  check_open();
  return alone_->copy_out(statement);
}

task<std::shared_ptr<session>> open_transaction::alone() {
  check_open();
  std::shared_ptr<session> self = shared_from_this();
  co_return self;
}

void open_transaction::check_open() const {
  if (!open_) throw std::logic_error{"the transaction has ended"};
}

}  // namespace weft::postgres::detail
