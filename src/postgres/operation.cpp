#include "postgres/operation.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <weft/postgres/detail/copy_rows.hpp>

#include "postgres/diagnostics.hpp"

namespace weft::postgres::detail {

operation::operation(std::shared_ptr<link> on, kind how, const command& what)
    : operation{std::move(on), how, &what, nullptr} {}

operation::operation(std::shared_ptr<link> on, const std::vector<command>& what)
    : operation{std::move(on), kind::batch, nullptr, &what} {}

operation::operation(std::shared_ptr<link> on, kind how, const command* one, const std::vector<command>* many)
    : link_{std::move(on)}, kind_{how}, given_{one}, given_many_{many}, what_{one}, many_{many} {
  begin();
}

/// What has to be known, and what waits for it.
struct operation::inquiry {
  std::vector<command> describing;
  std::vector<std::size_t> places;                                          ///< of these among the statements given
  std::vector<std::shared_ptr<const std::vector<oid::number>>> parameters;  ///< the types, by these places
  std::vector<command> whole;  ///< the statements, with all parameters encoded
  std::optional<command> question;
  std::vector<oid::number> asked;
  result got;
  std::vector<entry::part> parts;
};

operation::inquiry& operation::inquire() {
  if (!inquiry_) inquiry_ = std::make_unique<inquiry>();
  return *inquiry_;
}

namespace {

constexpr const char* needs_copy = "COPY needs copy_in or copy_out";

/// Whether it is COPY, after what may stand before a statement.
bool is_copy(std::string_view text) noexcept {
  const auto skip = [&](std::size_t count) { text.remove_prefix(std::min(count, text.size())); };
  for (int depth = 0; !text.empty();) {
    if (text.starts_with("/*")) {
      ++depth;
      skip(2);
    } else if (depth > 0) {
      const bool ends = text.starts_with("*/");
      depth -= ends ? 1 : 0;
      skip(ends ? 2 : 1);
    } else if (text.starts_with("--")) {
      skip(std::min(text.find('\n'), text.size()));
    } else if (std::string_view{" \t\r\n\f\v;"}.find(text.front()) != std::string_view::npos) {
      skip(1);
    } else {
      break;
    }
  }
  constexpr std::string_view word = "copy";
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [](char a, char b) { return a == static_cast<char>(b | 0x20); });
}

}  // namespace

void operation::begin() {
  if (kind_ != kind::script) {
    // It cannot be in libpq's pipeline.
    for (std::size_t i = 0; i < given_count(); ++i) {
      if (!is_copy(given(i).text)) continue;
      if (kind_ != kind::query) throw error{needs_copy};
      kind_ = kind::script;
    }
  }
  for (std::size_t i = 0; i < given_count(); ++i) {
    const command& one = given(i);
    const bool rows_come_at_once = kind_ == kind::stream && one.needed != knowledge::none;
    if (!one.values.has_open() && !rows_come_at_once) continue;
    inquiry& here = inquire();
    here.parameters.resize(given_count());
    here.parameters[i] = link_->statements().parameters_of(one);
    if (here.parameters[i] != nullptr) continue;
    here.describing.push_back(one);
    here.describing.back().describes = true;
    here.places.push_back(i);
  }
  if (!inquiry_ || inquiry_->describing.empty()) return run();
  stage_ = stage::describe;
  many_ = &inquiry_->describing;
  stand_in_line(kind::batch);
}

void operation::stand_in_line(kind how) {
  entry_ = &link_->make_entry();
  entry_->owner = this;
  entry_->what = how;
  try {
    link_->enqueue(*entry_);
  } catch (...) {
    link_->recycle(*std::exchange(entry_, nullptr));
    throw;
  }
}

void operation::run() {
  stage_ = stage::run;
  what_ = given_;
  many_ = given_many_;
  if (inquiry_) {
    std::vector<command>& whole = inquiry_->whole;
    const reading_in known{link_->types().get()};
    for (std::size_t i = 0; i < given_count(); ++i) {
      whole.push_back(given(i));
      if (inquiry_->parameters[i] != nullptr) whole[i].values.encode_open(*inquiry_->parameters[i]);
    }
    if (many_ != nullptr) {
      many_ = &whole;
    } else {
      what_ = &whole.front();
    }
  }
  stand_in_line(kind_);
}

bool operation::ask(std::vector<oid::number> types, stage then) {
  inquiry& here = inquire();
  here.asked = std::move(types);
  here.question = command::of(type_book_query, type_list(here.asked));
  stage_ = then;
  what_ = &*here.question;
  many_ = nullptr;
  stand_in_line(kind::query);
  return true;
}

namespace {

/// Of the columns, where they have to be known.
void add_types(std::vector<oid::number>& to, const result& of, knowledge needed) {
  const std::size_t columns = of.get() != nullptr ? of.columns() : 0;
  if (needed == knowledge::none || (needed == knowledge::whole && columns != 1)) return;
  for (std::size_t i = 0; i < columns; ++i) to.push_back(of.column_type(i));
}

}  // namespace

/// The statements are described; true if the server is asked about some of their types.
bool operation::described() {
  inquiry& here = *inquiry_;
  std::vector<oid::number> all;
  for (std::size_t i = 0; i < here.places.size(); ++i) {
    const result& got = parts_.at(i).got;
    auto types = std::make_shared<std::vector<oid::number>>();
    for (int at = 0; at < PQnparams(got.get()); ++at) types->push_back(PQparamtype(got.get(), at));
    all.insert(all.end(), types->begin(), types->end());
    add_types(all, got, here.describing[i].needed);
    link_->statements().note(here.describing[i], types);
    here.parameters[here.places[i]] = std::move(types);
  }
  parts_.clear();
  all = missing_types(link_->types().get(), all);
  return !all.empty() && ask(std::move(all), stage::learn_before);
}

/// True if the server is asked about the types of what has come.
bool operation::wants_types() {
  if (kind_ != kind::query && kind_ != kind::batch) return false;
  std::vector<oid::number> all;
  if (kind_ == kind::query) add_types(all, got_, given_->needed);
  for (std::size_t i = 0; i < parts_.size(); ++i) add_types(all, parts_[i].got, given(i).needed);
  if (all.empty()) return false;
  all = missing_types(link_->types().get(), all);
  if (all.empty()) return false;
  inquire().got = std::move(got_);
  inquire().parts = std::move(parts_);
  return ask(std::move(all), stage::learn_after);
}

bool operation::go_on() {
  const bool failed = got_.get() != nullptr && PQresultStatus(got_.get()) == PGRES_FATAL_ERROR;
  switch (stage_) {
    case stage::describe:
      if (failed || stale_) {
        failed_ =
            kind_ == kind::batch ? static_cast<int>(inquiry_->places[static_cast<std::size_t>(failed_) - 1]) + 1 : 0;
        return false;
      }
      if (!described()) run();
      return true;
    case stage::learn_before:
      if (!failed) link_->learn(inquiry_->asked, got_);
      got_ = {};
      run();
      return true;
    case stage::run:
      return !failed && wants_types();
    case stage::learn_after:
      if (!failed) link_->learn(inquiry_->asked, got_);
      stale_ = false;
      got_ = std::move(inquiry_->got);
      parts_ = std::move(inquiry_->parts);
      return false;
  }
  return false;
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
  try {
    if (go_on()) return;
  } catch (...) {
    error_ = std::current_exception();
    stale_ = false;
  }
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

answer operation::take_answer() {
  check();
  return {std::move(got_), given_->needed != knowledge::none ? link_->types() : nullptr};
}

std::vector<answer> operation::take_answers() {
  check();
  std::vector<answer> all;
  all.reserve(parts_.size());
  for (entry::part& one : parts_) all.emplace_back(std::move(one.got), link_->types());
  return all;
}

bool operation::is_full() const noexcept { return ahead_.size() >= link_->read_ahead_; }

void operation::keep(const result& row) {
  if (!row_.has_shape()) row_.learn(row);
  ahead_.add(row);
}

const streamed_row* operation::take_row() {
  if (!left_.at_end()) {
    row_.take(left_);
    return &row_;
  }
  if (!ahead_.empty() || done() || stage_ != stage::run || link_->sent_.front() != entry_) return nullptr;
  if (link_->step(*entry_, &held_) != link::event::row) return nullptr;
  row_.take(held_);
  return &row_;
}

task<bool> operation::wait_for_rows() {
  const bool more = co_await next_block(block_);
  left_ = block_cursor{block_};
  if (!more && !row_.has_shape()) row_.learn(held_);
  co_return more;
}

task<bool> operation::next_block(row_block& into) {
  into.clear();
  if (!done() && ahead_.empty()) co_await progress();
  if (!ahead_.empty()) {
    std::swap(into, ahead_);
    link_->unpark();
  } else if (done()) {
    held_ = take();
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
    link_->fail(PQerrorMessage(to));
  } else {
    link_->flush();
  }
  while (!done() && link_->writing_) co_await progress();
  if (done()) (void)take();
}

void operation::end_copy() {
  if (done()) return;
  PGconn* const to = link_->connection();
  if (PQputCopyEnd(to, nullptr) < 0) return link_->fail(PQerrorMessage(to));
  entry_->copying_in = false;
  link_->flush();
}

bool operation::wants_copy() const noexcept {
  return copies_ == copying::out || (entry_ != nullptr && entry_->copying_in);
}

void operation::refuse_copy() const {
  if (!wants_copy()) return;
  if (done()) check();
  throw error{needs_copy};
}

task<> operation::until_done() {
  while (!done() && !wants_copy()) co_await progress();
  refuse_copy();
}

task<answer> run_on(std::shared_ptr<link> on, const command& what) {
  for (bool again = false;; again = true) {
    operation one{on, kind::query, what};
    while (!one.done() && !one.wants_copy()) co_await one.progress();
    one.refuse_copy();
    if (one.stale() && !again) continue;
    co_return one.take_answer();
  }
}

task<std::vector<answer>> run_all_on(std::shared_ptr<link> on, const std::vector<command>& what) {
  for (bool again = false;; again = true) {
    operation all{on, what};
    while (!all.done()) co_await all.progress();
    if (all.stale() && !again) continue;
    co_return all.take_answers();
  }
}

}  // namespace weft::postgres::detail
