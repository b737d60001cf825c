#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/core/clock.hpp>
#include <weft/core/detail/event_loop.hpp>
#include <weft/core/detail/timer.hpp>
#include <weft/core/task.hpp>
#include <weft/http/client_connection.hpp>
#include <weft/sync/semaphore.hpp>

#include "http/text_hash.hpp"

namespace weft::http::detail {

/// Connections that are kept, by origin ("https://example.org:443"): so many altogether, and so many for one origin.
///
/// Who finds none free waits in line. Where a new connection needs room, the one that has been idle longest is closed.
class connection_pool final : private weft::detail::timer {
  struct origin;
  struct place;
  using places = std::list<place>;

 public:
  /// @param most       connections open at the same time, idle ones included.
  /// @param per_origin of these, for one origin.
  /// @param idle_limit how long a connection is kept; 0 or less: without limit.
  connection_pool(std::size_t most, std::size_t per_origin, std::chrono::nanoseconds idle_limit);
  ~connection_pool();

  /// A place for one connection; given back when it goes out of scope. What stands in it then is kept for others if it
  /// is reusable, and closed otherwise.
  class lease {
   public:
    lease(lease&& other) noexcept
        : pool_{std::exchange(other.pool_, nullptr)}, place_{other.place_}, permits_{std::move(other.permits_)} {}
    lease& operator=(lease&&) = delete;
    ~lease();

    /// The connection in this place, if there is one: an idle one that was taken over, or what open() put there.
    client_connection* connection() const noexcept { return place_->connection ? &*place_->connection : nullptr; }
    client_connection& open(client_connection fresh) const { return place_->connection.emplace(std::move(fresh)); }
    void close() const noexcept { place_->connection.reset(); }

   private:
    friend class connection_pool;
    struct permits {
      std::optional<semaphore::permit> of_origin;
      std::optional<semaphore::permit> of_all;
    };
    lease(std::shared_ptr<connection_pool> pool, places::iterator at, permits held) noexcept
        : pool_{std::move(pool)}, place_{at}, permits_{std::move(held)} {}

    std::shared_ptr<connection_pool> pool_;
    places::iterator place_;
    permits permits_;
  };

  /// A place for a connection to an origin, with an idle one in it if there is one that still lives. The pool lives
  /// as long as its leases. The name is looked at when this is first awaited.
  [[nodiscard]] static task<lease> acquire(std::shared_ptr<connection_pool> pool, std::string_view name);

  std::size_t active() const noexcept { return active_.size(); }
  std::size_t idle() const noexcept { return idle_.size(); }
  void close_idle() noexcept;

 private:
  struct origin {
    explicit origin(std::size_t permits) : free{permits} {}
    semaphore free;
    std::vector<places::iterator> idle;  // the one used last is used next: others may time out
    std::size_t users = 0;               // leases, and tasks that wait for one
  };
  using origins = text_map<origin>;
  struct place {
    origins::value_type* of = nullptr;
    std::optional<client_connection> connection;
    time_point idle_since;
  };
  /// Counts a user of an origin, also one that is stopped while it waits.
  class visit;

  std::optional<places::iterator> take_idle(origins::value_type& entry);
  void give_back(places::iterator at) noexcept;
  void close(places::iterator idle) noexcept;
  void close_longest_idle() noexcept;
  void close_expired() noexcept;
  void fired() noexcept override { close_expired(); }
  void watch_expiry() noexcept;
  void forget_if_unused(origins::value_type& entry) noexcept;

  weft::detail::event_loop* loop_;
  std::size_t most_;
  std::size_t per_origin_;
  std::chrono::nanoseconds idle_limit_;
  semaphore free_;
  origins origins_;
  places active_;
  places idle_;   // longest idle first
  places spare_;  // empty, so that giving and taking allocate nothing
};

}  // namespace weft::http::detail
