#include "postgres/link_session.hpp"

#include <optional>
#include <utility>

namespace weft::postgres::detail {

namespace {

// These keep the session, and so the connection if it is on loan, until they go themselves.

class link_rows final : public row_source {
 public:
  link_rows(std::shared_ptr<link_session> on, const command& what) : on_{std::move(on)}, what_{what} {
    running_.emplace(on_->where(), kind::stream, what_);
  }
  task<bool> wait() override {
    for (;;) {
      try {
        const bool more = co_await running_->wait_for_rows();
        co_return more;
      } catch (const error&) {
        if (std::exchange(again_, true) || !running_->stale()) throw;
      }
      running_.reset();
      running_.emplace(on_->where(), kind::stream, what_);
    }
  }
  const streamed_row* take() override { return running_->take_row(); }
  const result& shape() const noexcept override { return running_->shape(); }
  std::shared_ptr<const type_book> types() const noexcept override { return on_->where()->types(); }

 private:
  std::shared_ptr<link_session> on_;
  command what_;
  std::optional<operation> running_;
  bool again_ = false;
};

class link_sink final : public copy_sink {
 public:
  link_sink(std::shared_ptr<link_session> on, const std::string& statement)
      : on_{std::move(on)}, what_{statement}, running_{on_->where(), kind::script, what_} {}
  task<> begin() { return running_.copy_begins(true); }
  task<> write(std::string_view bytes) override { return running_.send_copy(bytes); }
  task<std::uint64_t> finish() override {
    running_.end_copy();
    co_await running_.until_done();
    const result got = running_.take();
    co_return got.affected();
  }

 private:
  std::shared_ptr<link_session> on_;
  command what_;
  operation running_;
};

class link_copied final : public copy_source {
 public:
  link_copied(std::shared_ptr<link_session> on, const std::string& statement)
      : on_{std::move(on)}, what_{statement}, running_{on_->where(), kind::script, what_} {}
  task<> begin() { return running_.copy_begins(false); }
  task<bool> next(row_block& into) override {
    for (;;) {
      const bool more = co_await running_.next_block(into);
      if (!more || !into.empty()) co_return more;
    }
  }

 private:
  std::shared_ptr<link_session> on_;
  command what_;
  operation running_;
};

}  // namespace

task<answer> link_session::run(const command& what) { return run_on(link_, what); }

task<std::vector<answer>> link_session::run_all(const std::vector<command>& what) { return run_all_on(link_, what); }

task<> link_session::run_script(const std::string& text) {
  const command what{text};
  operation one{link_, kind::script, what};
  co_await one.until_done();
  (void)one.take();
}

task<std::unique_ptr<row_source>> link_session::stream(const command& what) {
  std::unique_ptr<row_source> made = std::make_unique<link_rows>(shared_from_this(), what);
  co_return made;
}

task<std::unique_ptr<copy_sink>> link_session::copy_in(const std::string& statement) {
  auto made = std::make_unique<link_sink>(shared_from_this(), statement);
  co_await made->begin();
  std::unique_ptr<copy_sink> sink = std::move(made);
  co_return sink;
}

task<std::unique_ptr<copy_source>> link_session::copy_out(const std::string& statement) {
  auto made = std::make_unique<link_copied>(shared_from_this(), statement);
  co_await made->begin();
  std::unique_ptr<copy_source> source = std::move(made);
  co_return source;
}

task<std::shared_ptr<session>> link_session::alone() {
  std::shared_ptr<session> self = shared_from_this();
  co_return self;
}

}  // namespace weft::postgres::detail
