#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/detail/safe_in_await.hpp>
#include <weft/core/generator.hpp>
#include <weft/core/task.hpp>
#include <weft/postgres/detail/copy_rows.hpp>
#include <weft/postgres/detail/row_reader.hpp>
#include <weft/postgres/detail/session.hpp>
#include <weft/postgres/pipeline.hpp>
#include <weft/postgres/row.hpp>
#include <weft/postgres/transaction_options.hpp>

namespace weft::postgres {

class transaction;

namespace detail {

[[noreturn]] void throw_row_count(std::size_t count, bool none_allowed);

inline task<std::uint64_t> execute_in(std::shared_ptr<session> on, command what) {
  const result got = co_await on->run(what);
  co_return got.affected();
}

inline task<> script_in(std::shared_ptr<session> on, std::string text) { co_await on->run_script(text); }

inline task<rows> rows_in(std::shared_ptr<session> on, command what) {
  what.needed = knowledge::parts;
  answer got = co_await on->run(what);
  co_return rows{std::move(got)};
}

template <class T>
task<std::vector<T>> fetch_in(std::shared_ptr<session> on, command what) {
  what.needed = row_reader<T>::needed;
  const answer got = co_await on->run(what);
  const row_reader<T> reader{got};
  const reading_in known{got.types()};
  std::vector<T> all;
  const std::size_t count = got.rows();
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) all.push_back(reader.read(result_row{got, i}));
  co_return all;
}

template <class T>
task<T> fetch_one_in(std::shared_ptr<session> on, command what) {
  what.needed = row_reader<T>::needed;
  const answer got = co_await on->run(what);
  if (got.rows() != 1) throw_row_count(got.rows(), false);
  co_return read_row(row_reader<T>{got}, result_row{got, 0}, got.types());
}

template <class T>
task<std::optional<T>> fetch_optional_in(std::shared_ptr<session> on, command what) {
  what.needed = row_reader<T>::needed;
  const answer got = co_await on->run(what);
  std::optional<T> found;
  if (got.rows() > 1) throw_row_count(got.rows(), true);
  if (got.rows() == 1) found.emplace(read_row(row_reader<T>{got}, result_row{got, 0}, got.types()));
  co_return found;
}

template <class T>
async_generator<T> stream_in(std::shared_ptr<session> on, command what) {
  what.needed = row_reader<T>::needed;
  const std::unique_ptr<row_source> source = co_await on->stream(what);
  std::shared_ptr<const type_book> types;
  std::optional<row_reader<T>> reader;
  for (;;) {
    const streamed_row* row = source->take();
    while (row == nullptr) {
      const bool more = co_await source->wait();
      if (!more && !reader) reader.emplace(source->shape());  // the columns have to fit without a row too
      if (!more) co_return;
      row = source->take();
    }
    if (!reader) {
      reader.emplace(source->shape());
      if constexpr (row_reader<T>::needed != knowledge::none) types = source->types();
    }
    T value = read_row(*reader, *row, types.get());
    co_yield std::move(value);
  }
}

template <class T>
task<std::uint64_t> copy_rows_in(std::shared_ptr<session> on, std::string table, async_generator<T> given) {
  const std::shared_ptr<session> alone = co_await on->alone();
  command columns{"select " + column_list<T>() + " from " + table + " where false"};
  row_encoder<T> encoder;
  {
    const result shape = co_await alone->run(columns);
    encoder.learn(shape);
  }
  if (const std::string types = encoder.users_types(); !types.empty()) {
    const command ask = command::of(type_book_query, types);
    const result said = co_await alone->run(ask);
    encoder.learn_types(said);
  }
  const std::string statement = "copy " + table + " (" + column_list<T>() + ") from stdin (format binary)";
  const std::unique_ptr<copy_sink> sink = co_await alone->copy_in(statement);
  encoder.begin();
  for (;;) {
    std::optional<T> next = co_await given.next();
    if (!next) break;
    encoder.add(*next);
    if (encoder.bytes().size() >= copy_piece) {
      co_await sink->write(encoder.bytes());
      encoder.clear();
    }
  }
  encoder.end();
  co_await sink->write(encoder.bytes());
  const std::uint64_t count = co_await sink->finish();
  co_return count;
}

task<std::vector<rows>> run_pipeline_in(std::shared_ptr<session> on, pipeline what);
task<std::uint64_t> copy_bytes_in(std::shared_ptr<session> on, std::string statement,
                                  async_generator<std::string> given);
async_generator<std::string> copy_out_in(std::shared_ptr<session> on, std::string statement);

template <class F>
auto transaction_in(std::shared_ptr<session> on, F body, transaction_options how)
    -> task<weft::await_result_t<std::invoke_result_t<F&, transaction&>>>;

}  // namespace detail

/// What connections, pools and transactions can do: run statements.
///
/// A statement's parameters are $1, $2, ...; the arguments for them are encoded when the function is called, and the
/// task owns what it needs. NULL is an empty optional, std::nullopt or nullptr. Integers, floating-point numbers,
/// times and the like have the type of the server that fits the C++ type; text has what the statement wants at its
/// place. See codec for the types. Statements are prepared when they are used first, and kept.
///
/// All throw error with what the server says, connection_error if there is no connection or it was lost, and data_error
/// for a value that does not fit. A stop leaves at once; the statement is cancelled on the server if nothing else is
/// under way on its connection, and its result is dropped.
class queries {
 public:
  /// Runs a statement; gives the number of rows that it has inserted, updated, deleted or selected.
  template <class... Args>
  task<std::uint64_t> execute(std::string_view statement, const Args&... args) const {
    return detail::execute_in(where(), detail::command::of(statement, args...));
  }
  /// Runs several statements, separated by semicolons, as one transaction if there is none yet.
  task<> execute_script(std::string_view statements) const {
    return detail::script_in(where(), std::string{statements});
  }

  /// All rows, each as a T: a described struct by the columns' names, a std::tuple by their order, or anything with a
  /// codec from the only column.
  template <class T, class... Args>
  task<std::vector<T>> fetch(std::string_view statement, const Args&... args) const {
    return detail::fetch_in<T>(where(), detail::command::of(statement, args...));
  }
  /// All rows, with access by name and index.
  template <class... Args>
  task<rows> fetch_rows(std::string_view statement, const Args&... args) const {
    return detail::rows_in(where(), detail::command::of(statement, args...));
  }
  /// The only row. Throws data_error if there is none or more than one.
  template <class T, class... Args>
  task<T> fetch_one(std::string_view statement, const Args&... args) const {
    return detail::fetch_one_in<T>(where(), detail::command::of(statement, args...));
  }
  /// The only row, if there is one. Throws data_error if there are more.
  template <class T, class... Args>
  task<std::optional<T>> fetch_optional(std::string_view statement, const Args&... args) const {
    return detail::fetch_optional_in<T>(where(), detail::command::of(statement, args...));
  }
  /// The only column of the only row. Throws data_error if there is none or more than one.
  template <class T, class... Args>
  task<T> fetch_value(std::string_view statement, const Args&... args) const {
    return detail::fetch_one_in<T>(where(), detail::command::of(statement, args...));
  }

  /// Runs a pipeline's statements; gives what each has given, in their order. Throws error, whose statement() says
  /// which one is to blame.
  task<std::vector<rows>> run(pipeline what) const { return detail::run_pipeline_in(where(), std::move(what)); }

  /// The rows one after the other, in constant memory: `while (auto row = co_await rows.next())`. The server is read
  /// only as fast as rows are taken. Nothing else runs on the connection meanwhile. A generator that is destroyed
  /// before its end cancels the statement.
  template <class T, class... Args>
  async_generator<T> stream(std::string_view statement, const Args&... args) const {
    return detail::stream_in<T>(where(), detail::command::of(statement, args...));
  }

  /// Sends the rows of a generator into a table, in binary: the columns of the described type's names. Gives their
  /// number. An error, of the generator too, or a stop leaves the table as it was. COPY ... FROM STDIN.
  /// @param table its name as it stands in a statement, quoted where it needs to be
  template <class T>
  task<std::uint64_t> copy_in(std::string_view table, async_generator<T> given) const {
    return detail::copy_rows_in<T>(where(), std::string{table}, std::move(given));
  }
  /// The same with bytes in the format that the statement says: `copy_in_bytes("copy t from stdin (format csv)", ...)`.
  task<std::uint64_t> copy_in_bytes(std::string_view statement, async_generator<std::string> given) const {
    return detail::copy_bytes_in(where(), std::string{statement}, std::move(given));
  }
  /// What `copy ... to stdout` gives, a row at a time in the text formats.
  async_generator<std::string> copy_out(std::string_view statement) const {
    return detail::copy_out_in(where(), std::string{statement});
  }

  /// Runs `body(transaction&)` in a transaction: committed when it returns, rolled back when it throws or is stopped.
  /// Gives what the body gives. Within a transaction it is a savepoint (transaction::savepoint). `body` is called again
  /// where the options say so.
  template <class F>
  auto transaction(F&& body, transaction_options how = {}) const {
    static_assert(weft::detail::safe_in_await<F>,
                  "g++ 12 destroys this lambda's captures twice: capture by reference, or name the lambda first");
    return detail::transaction_in<std::decay_t<F>>(where(), std::forward<F>(body), how);
  }

 protected:
  queries() noexcept = default;
  explicit queries(std::shared_ptr<detail::session> on) noexcept : on_{std::move(on)} {}
  /// Throws std::logic_error if it has been moved from or closed.
  const std::shared_ptr<detail::session>& where() const;

  std::shared_ptr<detail::session> on_;
};

}  // namespace weft::postgres
