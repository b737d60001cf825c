#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace weft::web::detail {

class app_core;

/// The upper ends of a histogram's classes, in seconds.
inline constexpr std::array<double, 13> latency_limits{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                       0.25,  0.5,    1,     2.5,  5,     10};

/// What there is to tell of a route's requests.
struct route_metrics {
  std::map<int, std::uint64_t> by_status;
  std::array<std::uint64_t, latency_limits.size() + 1> classes{};
  double seconds = 0;

  void add(int status, std::chrono::nanoseconds took);
  void add(const route_metrics& other);
};

class metrics_registry;

/// What one worker counts. Written on its thread, read on any.
class server_metrics {
 public:
  server_metrics(metrics_registry& in, std::size_t index, std::size_t routes);
  server_metrics(const server_metrics&) = delete;
  server_metrics& operator=(const server_metrics&) = delete;
  ~server_metrics();

  /// @param route its number and 1 more; 0 for none.
  void answered(std::size_t route, int status, std::chrono::nanoseconds took);
  void add_to(std::vector<route_metrics>& all) const;

  const std::size_t worker;
  std::atomic<std::int64_t> in_flight = 0;
  std::atomic<std::size_t> background = 0;
  std::atomic<std::int64_t> lag = 0;  ///< nanoseconds, the most of the last half minute or more

 private:
  metrics_registry& registry_;
  mutable std::mutex lock_;
  std::vector<route_metrics> routes_;
};

/// The workers that serve an app.
class metrics_registry {
 public:
  void add(server_metrics& worker);
  void remove(server_metrics& worker) noexcept;
  /// In Prometheus's text format, version 0.0.4.
  [[nodiscard]] std::string text(const app_core& app) const;

 private:
  mutable std::mutex lock_;
  std::vector<server_metrics*> workers_;
};

}  // namespace weft::web::detail
