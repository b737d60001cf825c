#pragma once

#include <libpq-fe.h>

#include <array>
#include <cstddef>
#include <vector>
#include <weft/postgres/detail/parameters.hpp>

namespace weft::postgres::detail {

/// A statement's parameters the way libpq takes them. Those given must live as long.
class statement_parameters {
 public:
  explicit statement_parameters(const parameters& given);
  statement_parameters(const statement_parameters&) = delete;
  statement_parameters& operator=(const statement_parameters&) = delete;

  /// They return false for an error of the connection.
  bool prepare(PGconn* to, const char* name, const char* text) const noexcept {
    return PQsendPrepare(to, name, text, count_, types_) == 1;
  }
  bool run_prepared(PGconn* to, const char* name) const noexcept {
    return PQsendQueryPrepared(to, name, count_, values_, lengths_, formats_, 1) == 1;
  }
  bool run(PGconn* to, const char* text) const noexcept {
    return PQsendQueryParams(to, text, count_, types_, values_, lengths_, formats_, 1) == 1;
  }

 private:
  static constexpr std::size_t usual = 16;
  struct arrays {
    std::array<Oid, usual> types;
    std::array<const char*, usual> values;
    std::array<int, usual> lengths;
    std::array<int, usual> formats;
  };
  struct vectors {
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };

  arrays few_;  // filled as far as it is used
  vectors many_;
  int count_;
  Oid* types_ = few_.types.data();
  const char** values_ = few_.values.data();
  int* lengths_ = few_.lengths.data();
  int* formats_ = few_.formats.data();
};

}  // namespace weft::postgres::detail
