#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <weft/http/client.hpp>
#include <weft/patterns/keyed.hpp>
#include <weft/patterns/rate_limiter.hpp>
#include <weft/patterns/retry.hpp>
#include <weft/sync/event.hpp>
#include <weft/sync/queue.hpp>
#include <weft/sync/semaphore.hpp>
#include <weft/weft.hpp>

#include "fetch_options.hpp"
#include "fetch_record.hpp"
#include "fetch_statistics.hpp"
#include "host_gate.hpp"
#include "record_writer.hpp"

namespace weft::tool {

/// Fetches URLs from a queue, several at a time, and writes a record for each, in the order in which they are done.
///
/// URLs that wait for their host's turn, or to be tried again, let others go first: so many, so that memory depends on
/// the number of connections, not on that of the URLs.
class fetcher {
 public:
  /// All arguments must outlive it. Throws what http::client does, tls_error and std::system_error for certificates
  /// that cannot be read, std::invalid_argument for what cannot be sent.
  fetcher(const fetch_options& options, queue<std::string>& urls, record_writer& records, fetch_statistics& statistics);

  /// Until the queue is shut down and empty, or writing has failed. A stop gives up what is under way, of which a
  /// record is written too.
  [[nodiscard]] task<> run();

 private:
  class job;
  /// After what time at least another attempt may succeed; nothing if this was the last.
  using another_attempt = std::optional<std::chrono::nanoseconds>;

  static constexpr std::size_t most_waiting = 1000;

  task<> serve();
  void add_worker();
  void wait_aside(job& work);
  void go_on(job& work) noexcept;
  task<another_attempt> attempt(job& work);
  task<> exchange(job& work);
  task<> save(job& work);
  task<bool> wait_for_room();
  static void tell(circuit_breaker::ticket& ticket, const job& work);
  another_attempt judge(const job& work) const;
  void write(job& work);

  const fetch_options& options_;
  queue<std::string>& urls_;
  record_writer& records_;
  fetch_statistics& statistics_;
  http::client client_;
  bool repeatable_;  // sent twice, a request does no more than sent once
  retry_options retries_;
  std::optional<rate_limiter> rate_;
  keyed<host_gate> hosts_;
  semaphore connections_;
  task_group* group_ = nullptr;
  std::size_t workers_ = 0;
  std::size_t idle_ = 0;     // of them, without a URL
  std::size_t waiting_ = 0;  // of them, aside
  event gone_on_;            // an attempt has ended, which may have given something back
};

}  // namespace weft::tool
