#include "web/metrics.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "web/app_core.hpp"

namespace weft::web::detail {

void route_metrics::add(int status, std::chrono::nanoseconds took) {
  const double duration = std::chrono::duration<double>{took}.count();
  ++by_status[status];
  const auto* const limit = std::lower_bound(latency_limits.begin(), latency_limits.end(), duration);
  ++classes.at(static_cast<std::size_t>(limit - latency_limits.begin()));
  seconds += duration;
}

void route_metrics::add(const route_metrics& other) {
  for (const auto& [status, count] : other.by_status) by_status[status] += count;
  for (std::size_t i = 0; i < classes.size(); ++i) classes.at(i) += other.classes.at(i);
  seconds += other.seconds;
}

server_metrics::server_metrics(metrics_registry& in, std::size_t index, std::size_t routes)
    : worker{index}, registry_{in}, routes_(routes + 1) {
  registry_.add(*this);
}
server_metrics::~server_metrics() { registry_.remove(*this); }

void server_metrics::answered(std::size_t route, int status, std::chrono::nanoseconds took) {
  const std::lock_guard hold{lock_};
  routes_.at(route).add(status, took);
}

void server_metrics::add_to(std::vector<route_metrics>& all) const {
  const std::lock_guard hold{lock_};
  for (std::size_t i = 0; i < routes_.size(); ++i) all.at(i).add(routes_[i]);
}

void metrics_registry::add(server_metrics& worker) {
  const std::lock_guard hold{lock_};
  workers_.push_back(&worker);
}
void metrics_registry::remove(server_metrics& worker) noexcept {
  const std::lock_guard hold{lock_};
  std::erase(workers_, &worker);
}

namespace {

/// Writes series one after the other.
class exposition {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view suffix, std::string_view labels, double value) {
    text_.append(name_).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(number(value)).append("\n");
  }
  static std::string number(double value) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.15g", value);
    return digits.data();
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
  std::string text{name};
  text += "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text += '"';
}

std::string labels_of(const app_core& app, std::size_t route) {
  if (route == 0) return label("method", "") + "," + label("route", "");
  const route_entry& entry = *app.routes[route - 1];
  return label("method", entry.method) + "," + label("route", entry.path);
}

void write_histogram(exposition& out, const std::string& labels, const route_metrics& of) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < of.classes.size(); ++i) {
    count += of.classes.at(i);
    const std::string limit = i < latency_limits.size() ? exposition::number(latency_limits.at(i)) : "+Inf";
    out.sample("_bucket", labels + "," + label("le", limit), static_cast<double>(count));
  }
  out.sample("_sum", labels, of.seconds);
  out.sample("_count", labels, static_cast<double>(count));
}

}  // namespace

std::string metrics_registry::text(const app_core& app) const {
  const std::lock_guard hold{lock_};
  std::vector<route_metrics> all(app.routes.size() + 1);
  std::int64_t in_flight = 0;
  std::size_t background = 0;
  for (const server_metrics* const each : workers_) {
    each->add_to(all);
    in_flight += each->in_flight;
    background += each->background;
  }

  exposition out;
  out.family("weft_http_requests_total", "counter", "Requests that have been answered.");
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const auto& [status, count] : all[i].by_status)
      out.sample({}, labels_of(app, i) + "," + label("status", std::to_string(status)), static_cast<double>(count));
  out.family("weft_http_request_duration_seconds", "histogram",
             "Time until the answer was there; a streamed body comes after that.");
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!all[i].by_status.empty()) write_histogram(out, labels_of(app, i), all[i]);
  out.family("weft_http_requests_in_flight", "gauge", "Requests that are being answered.");
  out.sample({}, {}, static_cast<double>(in_flight));
  out.family("weft_background_tasks", "gauge", "Background tasks that have not ended.");
  out.sample({}, {}, static_cast<double>(background));
  out.family("weft_event_loop_lag_seconds", "gauge",
             "How late a timer of the worker's loop fired, at most in the last 30 to 60 seconds.");
  for (const server_metrics* const each : workers_)
    out.sample({}, label("worker", std::to_string(each->worker)), static_cast<double>(each->lag) * 1e-9);
  return out.take();
}

}  // namespace weft::web::detail
