#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/postgres/detail/parameters.hpp>

namespace weft::postgres {

/// Statements that are sent together and take one round trip: fill it, then `co_await db.run(std::move(it))`.
///
/// They run one after the other as one transaction, if none is open: an error undoes all of them, and those after it do
/// not run. (Statements that are merely issued at once share round trips as well, but each stands for itself.)
class pipeline {
 public:
  /// Adds a statement; the arguments are encoded now, as for queries::execute. Throws data_error for what does not fit.
  template <class... Args>
  pipeline& add(std::string_view statement, const Args&... args) {
    statements_.push_back(detail::command::of(statement, args...));
    return *this;
  }
  std::size_t size() const noexcept { return statements_.size(); }

  /// For the library's own use.
  std::vector<detail::command> statements() && noexcept { return std::move(statements_); }

 private:
  std::vector<detail::command> statements_;
};

}  // namespace weft::postgres
