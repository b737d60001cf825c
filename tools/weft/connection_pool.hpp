#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>
#include <weft/http/client_connection.hpp>
#include <weft/net/endpoint.hpp>
#include <weft/sync/event.hpp>
#include <weft/sync/lock.hpp>
#include <weft/sync/semaphore.hpp>
#include <weft/weft.hpp>

namespace weft::tool {

/// Keep-alive connections, by host and port: so many altogether, and so many for one host.
///
/// Memory and descriptors are bounded by the number of connections, however many hosts there are: where a new
/// connection needs room, the one that has been idle longest is closed.
class connection_pool {
  struct host;
  struct place;
  struct addresses;
  using places = std::list<place>;

 public:
  /// @param most     connections open at the same time, idle ones included.
  /// @param per_host of these, for one host; 0: as many as there are.
  connection_pool(std::size_t most, std::size_t per_host) noexcept : most_{most}, per_host_{per_host} {}

  /// A place for one connection to a host; given back when it goes out of scope. What stands in it then is kept for
  /// others if it is reusable, and closed otherwise.
  class lease {
   public:
    lease() noexcept = default;
    lease(lease&& other) noexcept
        : pool_{std::exchange(other.pool_, nullptr)}, place_{other.place_}, permit_{std::move(other.permit_)} {}
    lease& operator=(lease&&) = delete;
    ~lease() {
      if (pool_ == nullptr) return;
      permit_.reset();  // before the host it belongs to may go
      pool_->give_back(place_);
    }

    /// The connection in this place, if there is one: an idle one that was taken over, or what open() put there.
    http::client_connection* connection() const noexcept { return place_->connection ? &*place_->connection : nullptr; }
    http::client_connection& open(http::client_connection fresh) const {
      return place_->connection.emplace(std::move(fresh));
    }
    void close() const noexcept { place_->connection.reset(); }

    /// Where the host is; it is asked for once for all that wait for it, and again after a while.
    /// Throws what weft::resolve() does.
    [[nodiscard]] task<std::vector<endpoint>> resolve(std::string name, std::uint16_t port) const {
      return find(place_->of->second.found, std::move(name), port);
    }
    /// Nobody could be reached at its addresses: they are to be asked for again.
    void forget_addresses() const noexcept { place_->of->second.found.known.clear(); }

   private:
    friend class connection_pool;
    lease(connection_pool& pool, places::iterator at, std::optional<semaphore::permit> permit) noexcept
        : pool_{&pool}, place_{at}, permit_{std::move(permit)} {}

    connection_pool* pool_ = nullptr;
    places::iterator place_;
    std::optional<semaphore::permit> permit_;
  };

  /// A place for a connection to `host_and_port`, with an idle one in it if there is one. Waits while that host has all
  /// it may have. `host_and_port` must live until this is done.
  [[nodiscard]] task<lease> acquire(std::string_view host_and_port);

  /// The system refused a connection because it has run out of something: makes what room there is, and waits until a
  /// connection is given back, or a while. False if this one is the only one, so that nothing is to be hoped for.
  [[nodiscard]] task<bool> wait_for_room();

  /// Connections in use.
  std::size_t active() const noexcept { return active_.size(); }

 private:
  struct addresses {
    lock asking;
    std::vector<endpoint> known;
    time_point since;
  };
  struct host {
    explicit host(std::size_t permits) noexcept : free{permits} {}
    semaphore free;
    std::vector<places::iterator> idle;  // the one used last is used next: others may time out
    std::size_t users = 0;               // leases, and tasks that wait for one
    addresses found;
  };
  struct by_name {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
  };
  using hosts = std::unordered_map<std::string, host, by_name, std::equal_to<>>;
  struct place {
    hosts::value_type* of = nullptr;
    std::optional<http::client_connection> connection;
  };
  /// Counts a user of a host, also one that is stopped while it waits.
  class visit;

  static task<std::vector<endpoint>> find(addresses& of, std::string name, std::uint16_t port);
  void give_back(places::iterator at) noexcept;
  void close_longest_idle() noexcept;
  void forget_if_unused(hosts::value_type& entry) noexcept;

  std::size_t most_;
  std::size_t per_host_;
  hosts hosts_;
  places active_;
  places idle_;   // longest idle first
  places spare_;  // empty, so that giving and taking allocate nothing
  event given_back_;
};

}  // namespace weft::tool
