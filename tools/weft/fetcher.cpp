#include "fetcher.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/http/error.hpp>
#include <weft/http/writer.hpp>
#include <weft/net.hpp>
#include <weft/version.hpp>

#include "url_list.hpp"

namespace weft::tool {

using namespace std::chrono_literals;

namespace {

/// How often a connection is tried for in vain when no other is open that could make room.
constexpr int most_shortages = 20;

bool is_shortage(const std::error_code& error) noexcept {
  for (const int code : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL}) {
    if (error == std::error_code{code, std::generic_category()} ||
        error == std::error_code{code, std::system_category()})
      return true;
  }
  return false;
}

/// 0.1 s, 0.2 s, 0.4 s ... but never more than 5 s.
std::chrono::milliseconds pause_before(unsigned retry) noexcept {
  return std::min<std::chrono::milliseconds>(100ms * (1U << std::min(retry, 10U)), 5s);
}

}  // namespace

/// What one of the workers is busy with. Kept from one URL to the next, and with it its memory.
struct fetcher::job {
  std::string url;
  std::optional<http::url> target;
  std::optional<connection_pool::lease> place;
  http::request_head head;
  std::string host;  // that the head was made for
  std::string request;
  std::string body;
  std::string message;
  fetch_record record;

  job() {
    head.headers.set("host", "");
    head.headers.set("user-agent", "weft/" WEFT_VERSION_STRING);
    head.headers.set("accept", "*/*");
  }

  void begin(std::string given) {
    url = std::move(given);
    record = {};
    record.url = url;
    target.reset();
    try {
      parse();
    } catch (const http::url_error& e) {
      fail(failure::url, e.what());
    }
  }

  void fail(failure kind, std::string why) {
    message = std::move(why);
    record.kind = kind;
    record.message = message;
  }

 private:
  void parse() {
    if (url.size() > line_splitter::longest_line) {
      url.resize(256);
      record.url = url;
      return fail(failure::url, "longer than " + std::to_string(line_splitter::longest_line) + " bytes; cut here");
    }
    http::url parsed{url};
    if (parsed.scheme() == "https") return fail(failure::unsupported, "https is not supported yet");
    if (parsed.scheme() != "http")
      return fail(failure::url, "the URL must begin with http://, not " + std::string{parsed.scheme()} + ":");
    if (!parsed.username().empty() || !parsed.password().empty())
      return fail(failure::unsupported, "a user name in a URL is not supported yet");
    if (parsed.host_header() != host) {
      host = parsed.host_header();
      head.headers.set("host", host);
    }
    head.target.assign(parsed.target());
    request.clear();
    http::write_request_head(request, head);
    target = std::move(parsed);
  }
};

fetcher::fetcher(const fetch_limits& limits, queue<std::string>& urls, record_writer& records,
                 fetch_statistics& statistics)
    : limits_{limits},
      urls_{urls},
      records_{records},
      statistics_{statistics},
      pool_{limits.connections, limits.per_host} {}

task<> fetcher::run() {
  co_await with(task_group{}, [this](task_group& workers) -> task<> {
    for (std::size_t i = 0; i < limits_.connections; ++i) workers.create_task(serve());
    co_return;
  });
}

task<> fetcher::serve() {
  job work;
  while (!records_.failed()) {
    std::optional<std::string> url = co_await urls_.next();
    if (!url) co_return;
    work.begin(std::move(*url));
    if (work.target) co_await fetch(work);
    write(work);
    work.place.reset();
    if (records_.crowded()) co_await records_.room();
  }
}

task<> fetcher::fetch(job& work) {
  bool fresh = false;
  int shortages = 0;
  for (unsigned retry = 0;;) {
    work.place.reset();
    connection_pool::lease place = co_await pool_.acquire(work.host);
    work.place.emplace(std::move(place));
    if (fresh) work.place->close();
    const verdict found = co_await attempt(work);
    fresh = found == verdict::stale_connection;
    switch (found) {
      case verdict::final:
        co_return;
      case verdict::transient:
        if (retry == limits_.retries) co_return;
        work.place.reset();
        co_await sleep(pause_before(retry++));
        break;
      case verdict::stale_connection:
        --work.record.attempts;
        break;
      case verdict::out_of_descriptors: {
        work.place.reset();
        const bool hope = co_await pool_.wait_for_room();
        shortages = hope ? 0 : shortages + 1;
        if (shortages == most_shortages) co_return;
        --work.record.attempts;
        break;
      }
    }
  }
}

task<fetcher::verdict> fetcher::attempt(job& work) {
  const bool reused = work.place->connection() != nullptr;
  const time_point begin = now();
  ++work.record.attempts;
  work.record.kind = failure::none;
  work.record.status = 0;
  work.record.headers = nullptr;
  work.record.bytes = 0;
  work.body.clear();

  verdict found = verdict::final;
  try {
    co_await wait_for(exchange(work), limits_.timeout);
  } catch (const timeout_error&) {
    work.fail(failure::timeout, "the response was not complete in time");
  } catch (const http::protocol_error& e) {
    const http::client_connection& connection = *work.place->connection();
    if (connection.ended()) found = verdict::transient;
    work.fail(connection.ended() ? failure::connection : failure::protocol, e.what());
  } catch (const std::system_error& e) {
    found = judge(e.code(), work);
  } catch (const std::exception& e) {
    work.fail(failure::system, e.what());
  }
  work.record.duration = now() - begin;

  const http::client_connection* connection = work.place->connection();
  if (connection == nullptr) co_return found;
  if (found == verdict::transient && reused && !connection->answered()) co_return verdict::stale_connection;
  const http::response_head& head = connection->head();
  if (head.status >= 200) {
    work.record.status = head.status;
    work.record.headers = &head.headers;
  }
  const bool unavailable = head.status >= 502 && head.status <= 504;
  if (unavailable && work.record.kind == failure::none) found = verdict::transient;
  co_return found;
}

/// What an error of the system means for a URL, and what is to be done about it.
fetcher::verdict fetcher::judge(const std::error_code& error, job& work) {
  if (work.place->connection() != nullptr) {
    work.fail(failure::connection, error.message());
    return verdict::transient;
  }
  if (is_shortage(error)) {
    work.fail(failure::system, error.message());
    return verdict::out_of_descriptors;
  }
  if (error.category() == resolve_category()) {
    work.fail(failure::resolve, error.message());
    return error == std::errc::resource_unavailable_try_again ? verdict::transient : verdict::final;
  }
  work.place->forget_addresses();
  work.fail(failure::connect, error.message());
  return verdict::transient;
}

task<> fetcher::exchange(job& work) {
  http::client_connection* connection = work.place->connection();
  if (connection == nullptr) {
    std::vector<endpoint> addresses =
        co_await work.place->resolve(std::string{work.target->host_without_brackets()}, work.target->port());
    tcp_stream stream = co_await open_connection(std::move(addresses));
    connection = &work.place->open(http::client_connection{std::move(stream)});
  }
  co_await connection->send("GET", work.request);
  for (;;) {
    const std::string_view piece = co_await connection->read_body();
    if (piece.empty()) co_return;
    work.record.bytes += piece.size();
    if (limits_.bodies) work.body.append(piece.substr(0, limits_.body_bytes - work.body.size()));
  }
}

void fetcher::write(job& work) {
  if (limits_.bodies && work.record.status != 0) {
    work.record.body = &work.body;
    work.record.body_is_cut = work.record.bytes > work.body.size();
  }
  append_json(records_.buffer(), work.record);
  records_.commit();
  statistics_.add(work.record);
}

}  // namespace weft::tool
