#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <weft/postgres/detail/parameters.hpp>

namespace weft::postgres::detail {

/// What is prepared on the server.
class statement_cache {
 public:
  explicit statement_cache(std::size_t limit) noexcept : limit_{limit} {}
  struct statement {
    std::string key;
    std::string name;
    std::shared_ptr<const std::vector<oid::number>> parameters;
  };
  bool enabled() const noexcept { return limit_ != 0; }
  /// The name it is prepared under; nothing if it is not.
  const std::string* find(const command& what);
  /// A name for it, from now on.
  const std::string& add(const command& what);
  /// What types its parameters have, once note() was told; null otherwise.
  std::shared_ptr<const std::vector<oid::number>> parameters_of(const command& what);
  void note(const command& what, std::shared_ptr<const std::vector<oid::number>> parameters);
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

}  // namespace weft::postgres::detail
