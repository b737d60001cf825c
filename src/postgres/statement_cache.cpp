#include <utility>

#include "postgres/statement_cache.hpp"

namespace weft::postgres::detail {

/// The text and the parameters' types.
void statement_cache::make_key(const command& what) {
  key_.assign(what.text);
  key_ += '\0';
  for (const parameters::one& one : what.values.list()) put(key_, one.type);
}

const std::string* statement_cache::find(const command& what) {
  make_key(what);
  const auto known = known_.find(key_);
  if (known == known_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, known->second);
  return &known->second->name;
}

const std::string& statement_cache::add(const command& what) {
  make_key(what);
  by_use_.push_front({key_, "weft_" + std::to_string(++named_), nullptr});
  known_.insert_or_assign(by_use_.front().key, by_use_.begin());
  return by_use_.front().name;
}

std::shared_ptr<const std::vector<oid::number>> statement_cache::parameters_of(const command& what) {
  return find(what) != nullptr ? by_use_.front().parameters : nullptr;
}

void statement_cache::note(const command& what, std::shared_ptr<const std::vector<oid::number>> parameters) {
  if (find(what) != nullptr) by_use_.front().parameters = std::move(parameters);
}

void statement_cache::forget(std::string_view name) noexcept {
  for (auto at = by_use_.begin(); at != by_use_.end(); ++at) {
    if (at->name != name) continue;
    known_.erase(at->key);
    by_use_.erase(at);
    return;
  }
}

std::optional<std::string> statement_cache::evict() {
  if (by_use_.size() <= limit_) return std::nullopt;
  std::string name = std::move(by_use_.back().name);
  known_.erase(by_use_.back().key);
  by_use_.pop_back();
  return name;
}

void statement_cache::clear() noexcept {
  known_.clear();
  by_use_.clear();
}

}  // namespace weft::postgres::detail
