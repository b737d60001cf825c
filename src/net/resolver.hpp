#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/core/detail/running_task.hpp>
#include <weft/core/task_handle.hpp>
#include <weft/net/dns_resolver.hpp>
#include <weft/net/endpoint.hpp>

namespace weft::detail {

/// Gives the addresses of a name, without ports, or throws. Blocks; any thread.
using look_up_function = std::vector<endpoint> (*)(const std::string& host);
/// How the system is asked. Only tests change it, to count the look-ups and to decide when they end.
extern look_up_function look_up_name;

class dns_client;

/// One question to the system, and the answer.
class look_up : public list_hook<look_up> {
 public:
  explicit look_up(std::string name) : host{std::move(name)} {}

  std::string host;
  task_handle<std::vector<endpoint>> answer;
  std::size_t askers = 0;
  enum class place : std::uint8_t { nowhere, under_way, kept } listed = place::nowhere;
  time_point good_until;
};

/// What one loop knows about names: the look-ups that are under way, each a task of the resolver's, and answers that
/// are still good.
class resolver final : public task_owner {
 public:
  static constexpr std::size_t most_kept = 1024;
  static constexpr std::chrono::seconds good_for{5};

  /// Throws std::logic_error outside a loop.
  static resolver& of_this_loop();

  explicit resolver(event_loop& home) noexcept : home_{&home} {}

  std::shared_ptr<look_up> find_or_begin(const std::string& host, bool old_will_do);
  void clear() noexcept;

  /// Who is asked from now on; the system at first.
  void use_dns(const dns_options& options);
  void use_system() noexcept { dns_.reset(); }

  /// Somebody who waits for a look-up, which goes on as long as there is one.
  class asker {
   public:
    asker(resolver& of, std::shared_ptr<look_up> asked) noexcept : of_{&of}, asked_{std::move(asked)} {
      ++asked_->askers;
    }
    asker(const asker&) = delete;
    asker& operator=(const asker&) = delete;
    ~asker() {
      if (--asked_->askers == 0 && !asked_->answer.done()) of_->abandon(*asked_);
    }
    const task_handle<std::vector<endpoint>>& answer() const noexcept { return asked_->answer; }

   private:
    resolver* of_;
    std::shared_ptr<look_up> asked_;
  };

 private:
  static task<std::vector<endpoint>> ask(resolver& self, std::shared_ptr<look_up> question);
  void keep(look_up& answered) noexcept;
  /// Takes it off the lists; that may be its end.
  void forget(look_up& listed) noexcept;
  void abandon(look_up& unwanted) noexcept;

  // A look-up's failure is for those who ask.
  void child_done(running_task& child) noexcept override { child.look_at(); }
  bool internal() const noexcept override { return true; }

  event_loop* home_;
  std::shared_ptr<dns_client> dns_;                                  // null: the system is asked
  std::unordered_map<std::string, std::shared_ptr<look_up>> known_;  // each name's only listed look-up
  list<look_up> kept_;                                               // those with answers, by their last use
  std::size_t kept_count_ = 0;
};

}  // namespace weft::detail
