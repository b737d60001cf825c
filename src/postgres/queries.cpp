#include <stdexcept>
#include <utility>
#include <weft/postgres/queries.hpp>
#include <weft/postgres/transaction.hpp>

#include "postgres/open_transaction.hpp"

namespace weft::postgres {

const std::shared_ptr<detail::session>& queries::where() const {
  if (!on_) throw std::logic_error{"there is no connection: it was moved from, or closed"};
  return on_;
}

namespace detail {

void throw_row_count(std::size_t count, bool none_allowed) {
  throw data_error{std::to_string(count) + " rows, and " + (none_allowed ? "at most " : "exactly ") + "one is wanted"};
}

task<std::vector<rows>> run_pipeline_in(std::shared_ptr<session> on, pipeline what) {
  std::vector<rows> all;
  if (what.size() == 0) co_return all;
  std::vector<command> statements = std::move(what).statements();
  for (command& one : statements) one.needed = knowledge::parts;
  std::vector<answer> got = co_await on->run_all(statements);
  all.reserve(got.size());
  for (answer& one : got) all.emplace_back(std::move(one));
  co_return all;
}

task<std::uint64_t> copy_bytes_in(std::shared_ptr<session> on, std::string statement,
                                  async_generator<std::string> given) {
  const std::shared_ptr<session> alone = co_await on->alone();
  const std::unique_ptr<copy_sink> sink = co_await alone->copy_in(statement);
  for (;;) {
    std::optional<std::string> piece = co_await given.next();
    if (!piece) break;
    co_await sink->write(*piece);
  }
  const std::uint64_t count = co_await sink->finish();
  co_return count;
}

async_generator<std::string> copy_out_in(std::shared_ptr<session> on, std::string statement) {
  const std::shared_ptr<session> alone = co_await on->alone();
  const std::unique_ptr<copy_source> source = co_await alone->copy_out(statement);
  row_block block;
  for (;;) {
    const bool more = co_await source->next(block);
    if (!more) co_return;
    for (block_cursor pieces{block}; !pieces.at_end();) {
      std::string piece{pieces.next()};
      co_yield std::move(piece);
    }
  }
}

// ---- transactions ---------------------------------------------------------------------------------------------------

bool is_savepoint(const session& on) noexcept { return dynamic_cast<const open_transaction*>(&on) != nullptr; }

bool worth_retrying() noexcept {
  try {
    throw;
  } catch (const error& e) {
    return e.worth_retrying();
  } catch (...) {
    return false;
  }
}

transaction_scope::transaction_scope(std::shared_ptr<session> alone, transaction_options how)
    : alone_{std::move(alone)}, how_{how}, depth_{0} {
  if (const auto* const outer = dynamic_cast<const open_transaction*>(alone_.get())) depth_ = outer->depth() + 1;
}

namespace {

std::string begin_of(const transaction_options& how) {
  std::string text = "begin";
  switch (how.level) {
    case isolation::server_default:
      break;
    case isolation::read_committed:
      text += " isolation level read committed";
      break;
    case isolation::repeatable_read:
      text += " isolation level repeatable read";
      break;
    case isolation::serializable:
      text += " isolation level serializable";
      break;
  }
  if (how.read_only) text += " read only";
  if (how.deferrable) text += " deferrable";
  return text;
}

}  // namespace

task<transaction*> transaction_scope::enter() {
  const command begin{depth_ == 0 ? begin_of(how_) : "savepoint weft_" + std::to_string(depth_)};
  (void)co_await alone_->run(begin);
  open_.emplace(transaction{std::make_shared<open_transaction>(alone_, depth_), depth_});
  co_return &*open_;
}

task<> transaction_scope::exit(exit_reason how) {
  static_cast<open_transaction&>(*open_->where()).end();
  open_.reset();
  const std::string name = "weft_" + std::to_string(depth_);
  std::string text;
  if (how.ok()) {
    text = depth_ == 0 ? "commit" : "release savepoint " + name;
  } else {
    text = depth_ == 0 ? "rollback" : "rollback to savepoint " + name;
  }
  const command end{text};
  bool rolled_back = false;
  try {
    const result got = co_await alone_->run(end);
    rolled_back = how.ok() && depth_ == 0 && got.tag() == "ROLLBACK";
  } catch (const connection_error&) {
    if (how.ok()) throw;  // otherwise there is nothing left to roll back
  }
  if (rolled_back) throw error{"the transaction was rolled back: a statement in it had failed"};
}

}  // namespace detail
}  // namespace weft::postgres
