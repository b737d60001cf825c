#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <weft/http/message.hpp>
#include <weft/http/url.hpp>
#include <weft/sync/queue.hpp>
#include <weft/weft.hpp>

#include "connection_pool.hpp"
#include "fetch_record.hpp"
#include "fetch_statistics.hpp"
#include "record_writer.hpp"

namespace weft::tool {

struct fetch_limits {
  std::size_t connections = 64;        ///< at the same time
  std::size_t per_host = 0;            ///< of these, to one host; 0: all
  std::chrono::nanoseconds timeout{};  ///< for one attempt, from connecting to the last byte
  unsigned retries = 0;                ///< after connection errors and 502, 503, 504
  bool bodies = false;                 ///< put them into the records
  std::size_t body_bytes = 0;          ///< of a body that is put there; what comes after is only counted
};

/// Fetches URLs from a queue, several at a time, and writes a record for each, in the order in which they are done.
/// Memory depends on the number of connections, not on that of the URLs.
class fetcher {
 public:
  /// All arguments must outlive it.
  fetcher(const fetch_limits& limits, queue<std::string>& urls, record_writer& records, fetch_statistics& statistics);

  /// Until the queue is shut down and empty, or writing has failed. A stop gives up what is under way.
  [[nodiscard]] task<> run();

 private:
  struct job;
  enum class verdict : unsigned char { final, transient, stale_connection, out_of_descriptors };

  task<> serve();
  task<> fetch(job& work);
  task<verdict> attempt(job& work);
  task<> exchange(job& work);
  static verdict judge(const std::error_code& error, job& work);
  void write(job& work);

  fetch_limits limits_;
  queue<std::string>& urls_;
  record_writer& records_;
  fetch_statistics& statistics_;
  connection_pool pool_;
};

}  // namespace weft::tool
