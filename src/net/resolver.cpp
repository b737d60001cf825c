#include "net/resolver.hpp"

#include <weft/core/create_task.hpp>
#include <weft/core/thread_pool.hpp>

#include "core/loop.hpp"
#include "net/dns_client.hpp"

namespace weft::detail {

resolver& resolver::of_this_loop() {
  loop& home = loop_of(require_loop("resolve"));
  if (!home.names) home.names = std::make_shared<resolver>(home);
  return *static_cast<resolver*>(home.names.get());
}

std::shared_ptr<look_up> resolver::find_or_begin(const std::string& host, bool old_will_do) {
  if (const auto found = known_.find(host); found != known_.end()) {
    look_up& known = *found->second;
    if (known.listed == look_up::place::under_way) return found->second;
    if (old_will_do && now() < known.good_until) {
      kept_.remove(known);
      kept_.push_back(known);
      return found->second;
    }
    forget(known);
  }
  auto fresh = std::make_shared<look_up>(host);
  fresh->answer = start_task(*home_, *this, ask(*this, fresh), {});
  known_.emplace(host, fresh);
  fresh->listed = look_up::place::under_way;
  return fresh;
}

task<std::vector<endpoint>> resolver::ask(resolver& self, std::shared_ptr<look_up> question) {
  std::vector<endpoint> found;
  try {
    if (const auto dns = self.dns_) {
      found = co_await dns_client::look_up(dns, question->host);
    } else {
      found = co_await to_thread({.abandon_on_stop = true}, look_up_name, question->host);
    }
  } catch (...) {
    self.forget(*question);
    throw;
  }
  self.keep(*question);
  co_return found;
}

void resolver::use_dns(const dns_options& options) { dns_ = std::make_shared<dns_client>(*home_, *this, options); }

void resolver::keep(look_up& answered) noexcept {
  if (answered.listed == look_up::place::nowhere) return;
  answered.listed = look_up::place::kept;
  answered.good_until = now() + good_for;
  kept_.push_back(answered);
  if (++kept_count_ > most_kept) forget(*kept_.front());
}

void resolver::forget(look_up& listed) noexcept {
  if (listed.listed == look_up::place::nowhere) return;
  if (listed.listed == look_up::place::kept) {
    kept_.remove(listed);
    --kept_count_;
  }
  listed.listed = look_up::place::nowhere;
  known_.erase(known_.find(listed.host));
}

void resolver::abandon(look_up& unwanted) noexcept {
  forget(unwanted);
  unwanted.answer.cancel();
}

void resolver::clear() noexcept {
  while (!known_.empty()) forget(*known_.begin()->second);
}

}  // namespace weft::detail
