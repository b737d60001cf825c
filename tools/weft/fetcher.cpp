#include "fetcher.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <weft/core/timeout.hpp>
#include <weft/http/http_date.hpp>
#include <weft/http/retry.hpp>
#include <weft/net/tls_context.hpp>

#include "body_file.hpp"
#include "fetch_failure.hpp"
#include "http/methods.hpp"
#include "url_list.hpp"

namespace weft::tool {

using namespace std::chrono_literals;

namespace {

/// How often a connection is tried for in vain when no other is open that could make room.
constexpr int most_shortages = 20;

/// The statuses by which a server, or a proxy before it, says that it cannot work.
bool is_outage(int status) noexcept { return status >= 502 && status <= 504; }

/// The failures that those after it will meet too.
bool is_outage(failure kind) noexcept {
  constexpr std::array all{failure::resolve,    failure::connect,  failure::tls,
                           failure::connection, failure::protocol, failure::timeout};
  return std::find(all.begin(), all.end(), kind) != all.end();
}

http::url without_login(http::url full) {
  full.set_username({});
  full.set_password({});
  return full;
}

http::client make_client(const fetch_options& options) {
  std::optional<tls_context> tls;
  if (!options.authorities.empty() || !options.certificate.empty()) {
    tls = tls_context::client();
    if (!options.authorities.empty()) tls->trust_file(options.authorities);
    if (!options.certificate.empty()) tls->add_certificate(options.certificate, options.key);
    tls->load();
  }
  return http::client{{.timeout = 0ns,  // of a whole attempt: see attempt()
                       .connect_timeout = options.connect_timeout,
                       .tls_timeout = options.connect_timeout,
                       .write_timeout = options.read_timeout,
                       .read_timeout = options.read_timeout,
                       .max_connections = options.connections,
                       .follow_redirects = options.redirects,
                       .tls = tls ? &*tls : nullptr,
                       .verify = options.verify,
                       .proxy = options.proxy,
                       .use_environment = options.use_environment,
                       .decompress = options.decompress,
                       .keep_cookies = options.keep_cookies}};
}

retry_options retries_of(const fetch_options& options) {
  return {.max_attempts = options.retries + 1,
          .base_delay = options.retry_delay,
          .max_delay = options.longest_retry_delay,
          .max_retry_after = options.longest_retry_delay};
}

}  // namespace

/// What one of the workers is busy with. Kept from one URL to the next, and with it its memory.
class fetcher::job {
 public:
  std::string url;
  std::optional<http::url> target;
  std::string host;  // of the gate
  std::shared_ptr<host_gate> gate;
  std::optional<http::streaming_response> answer;
  std::string body;
  std::string file;
  fetch_failure failed;
  fetch_record record;
  bool aside = false;  // another worker may go first

  explicit job(fetcher& owner) noexcept : owner_{owner} {}
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  /// A stop that comes while it is at work leaves a record too.
  ~job() {
    if (!at_work_) return;
    fail({.kind = failure::interrupted, .message = "stopped before it was complete"});
    owner_.write(*this);
  }

  void begin(std::string given) {
    url = std::move(given);
    at_work_ = true;
    record = {};
    record.url = url;
    failed = {};
    target.reset();
    try {
      parse();
    } catch (const http::url_error& e) {
      fail({.kind = failure::url, .message = e.what()});
    }
  }

  void end() noexcept {
    at_work_ = false;
    answer.reset();
  }

  void begin_attempt() {
    ++record.attempts;
    record.status = 0;
    record.bytes = 0;
    fail({});
    answer.reset();
    body.clear();
    file.clear();
  }

  void fail(fetch_failure how) {
    failed = std::move(how);
    record.kind = failed.kind;
    record.message = failed.message;
  }

  /// How the client's errors begin.
  std::string request_name() const { return owner_.options_.method + " " + without_login(*target).str(); }

  /// Where the response came from, if not from the URL.
  std::string_view elsewhere() const {
    const http::url& from = answer->url();
    const bool has_login = !target->username().empty() || !target->password().empty();
    const bool same = has_login ? from == without_login(*target) : from == *target;
    return same ? std::string_view{} : std::string_view{from.str()};
  }

 private:
  void parse() {
    if (url.size() > line_splitter::longest_line) {
      url.resize(256);
      record.url = url;
      throw http::url_error{"longer than " + std::to_string(line_splitter::longest_line) + " bytes; cut here"};
    }
    http::url parsed{url};
    if (parsed.scheme() != "http" && parsed.scheme() != "https") {
      throw http::url_error{"the URL must begin with http:// or https://, not " + std::string{parsed.scheme()} + ":"};
    }
    if (parsed.host_header() != host || !gate) {
      host = parsed.host_header();
      gate = owner_.hosts_.of(host);
    }
    target = std::move(parsed);
  }

  fetcher& owner_;
  bool at_work_ = false;
};

fetcher::fetcher(const fetch_options& options, queue<std::string>& urls, record_writer& records,
                 fetch_statistics& statistics)
    : options_{options},
      urls_{urls},
      records_{records},
      statistics_{statistics},
      client_{make_client(options)},
      repeatable_{options.retry_any_method || http::detail::is_idempotent(options.method)},
      retries_{retries_of(options)},
      hosts_{{.connections = options.per_host,
              .rate = options.per_host_rate,
              .break_after = options.break_after,
              .break_for = options.break_for}},
      connections_{options.connections} {
  if (options.rate > 0) rate_.emplace(rate_limit{.rate = options.rate});
}

task<> fetcher::run() {
  co_await with(task_group{}, [this](task_group& group) -> task<> {
    group_ = &group;
    for (std::size_t i = 0; i < options_.connections; ++i) add_worker();
    co_return;
  });
}

void fetcher::add_worker() {
  group_->create_task(serve());
  ++workers_;
}

task<> fetcher::serve() {
  job work{*this};
  const auto before_pause = [&](const retry_event& /*failed*/) { wait_aside(work); };
  retry_options retries = retries_;
  retries.on_retry = before_pause;
  while (!records_.failed() && workers_ - waiting_ <= options_.connections) {
    ++idle_;
    std::optional<std::string> url = co_await urls_.next();
    --idle_;
    if (!url) break;
    work.begin(std::move(*url));
    if (work.target) {
      co_await retry(retries, [&] { return attempt(work); }, [](const another_attempt& after) { return after; });
    }
    write(work);
    work.end();
    if (records_.crowded()) co_await records_.room();
  }
  --workers_;
}

/// It will wait for something other than a connection: somebody else may use its.
void fetcher::wait_aside(job& work) {
  if (std::exchange(work.aside, true)) return;
  ++waiting_;
  const bool is_missed = idle_ == 0 && workers_ - waiting_ < options_.connections;
  if (is_missed && waiting_ <= most_waiting) add_worker();
}

void fetcher::go_on(job& work) noexcept {
  if (std::exchange(work.aside, false)) --waiting_;
}

task<fetcher::another_attempt> fetcher::attempt(job& work) {
  for (int shortages = 0;;) {
    std::optional<semaphore::permit> connection;
    std::optional<semaphore::permit> place;
    std::optional<circuit_breaker::ticket> ticket;
    go_on(work);
    try {
      work.gate->look();
      if (work.gate->has_line()) {
        if (work.gate->would_wait()) wait_aside(work);
        place = co_await work.gate->enter();
        go_on(work);
      }
      if (rate_) co_await rate_->acquire();
      connection.emplace(co_await connections_.acquire());
      work.gate->admit(ticket);
    } catch (const circuit_open_error& e) {
      // Of a URL that was tried before, the last attempt tells more.
      if (work.record.attempts == 0) {
        work.fail({.kind = failure::circuit, .message = work.gate->reason(work.host, e)});
      }
      co_return std::nullopt;
    }

    work.begin_attempt();
    const time_point begin = now();
    std::exception_ptr error;
    try {
      if (options_.timeout <= 0ns) {
        co_await exchange(work);
      } else {
        const bool in_time = co_await move_on_after(options_.timeout, exchange(work));
        if (!in_time) throw timeout_error{"the response was not complete in " + readable(options_.timeout)};
      }
    } catch (...) {
      error = std::current_exception();
    }
    work.record.duration = now() - begin;
    gone_on_.set();

    if (error && work.failed.kind == failure::none) work.fail(failure_of(error, work.request_name()));
    if (ticket) tell(*ticket, work);
    if (!work.failed.out_of_descriptors) co_return judge(work);

    work.answer.reset();
    place.reset();
    connection.reset();
    const bool hope = co_await wait_for_room();
    shortages = hope ? 0 : shortages + 1;
    if (shortages == most_shortages) co_return std::nullopt;
    --work.record.attempts;
  }
}

/// Whether the host can be said to work, by how an attempt has ended.
void fetcher::tell(circuit_breaker::ticket& ticket, const job& work) {
  if (is_outage(work.failed.kind)) {
    ticket.failed(std::make_exception_ptr(weft::error{work.failed.message}));
  } else if (is_outage(work.record.status)) {
    ticket.failed(std::make_exception_ptr(weft::error{"status " + std::to_string(work.record.status)}));
  } else if (work.failed.kind == failure::none) {
    ticket.succeeded();
  }
}

/// Whether there should be another attempt after one.
fetcher::another_attempt fetcher::judge(const job& work) const {
  if (work.failed.kind != failure::none) {
    const bool worthwhile = work.failed.passing && (repeatable_ || work.failed.unsent);
    return worthwhile ? another_attempt{0ns} : std::nullopt;
  }
  if (!repeatable_ || !http::is_transient_status(work.record.status)) return std::nullopt;
  const std::string_view wish = work.answer->header("retry-after");
  if (wish.empty()) return 0ns;
  const auto present = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return http::parse_retry_after(wish, present).value_or(0s);
}

task<> fetcher::exchange(job& work) {
  http::request request = client_.make(options_.method, work.target->str());
  if (!options_.body_file.empty()) {
    request.body_file(options_.body_file, options_.content_type);
  } else if (options_.has_body) {
    request.body(options_.body, options_.content_type);
  }
  for (const auto [name, value] : options_.headers) request.header(name, value);
  http::streaming_response answer = co_await request.stream();
  work.answer.emplace(std::move(answer));
  work.record.status = work.answer->status();
  const bool saves = !options_.save.empty() || !options_.save_below.empty();
  if (saves && work.answer->ok()) {
    co_await save(work);
    co_return;
  }
  for (;;) {
    const std::optional<std::string> piece = co_await work.answer->next();
    if (!piece) co_return;
    work.record.bytes += piece->size();
    if (options_.bodies) work.body.append(*piece, 0, options_.body_bytes - work.body.size());
  }
}

task<> fetcher::save(job& work) {
  std::filesystem::path place =
      options_.save.empty() ? options_.save_below / file_of(work.answer->url()) : options_.save;
  work.file = place.string();
  try {
    body_file out = co_await body_file::open(std::move(place));
    for (;;) {
      const std::optional<std::string> piece = co_await work.answer->next();
      if (!piece) break;
      work.record.bytes += piece->size();
      if (options_.file_bytes && work.record.bytes > *options_.file_bytes) {
        work.fail({.kind = failure::limit,
                   .message = "the body is larger than " + readable_size(*options_.file_bytes) + ", see --max-body"});
        throw std::runtime_error{work.failed.message};
      }
      co_await out.write(*piece);
    }
    co_await out.complete();
  } catch (const std::system_error& e) {
    work.fail({.kind = failure::file, .message = e.what()});
    throw;
  }
}

/// The system refused a connection because it has run out of something: makes what room there is, and waits until an
/// attempt has ended, or a while. False if there is no other connection, so that nothing is to be hoped for.
task<bool> fetcher::wait_for_room() {
  client_.close_idle();
  const bool others = client_.active_connections() > 0;
  gone_on_.clear();
  co_await move_on_after(100ms, gone_on_.wait());
  co_return others;
}

void fetcher::write(job& work) {
  if (work.record.status != 0) {
    work.record.headers = &work.answer->headers();
    work.record.final_url = work.elsewhere();
    if (options_.bodies && work.file.empty()) {
      work.record.body = &work.body;
      work.record.body_is_cut = work.record.bytes > work.body.size();
    }
  }
  if (!work.file.empty() && work.record.kind == failure::none) work.record.file = &work.file;
  append_json(records_.buffer(), work.record);
  records_.commit();
  statistics_.add(work.record);
}

}  // namespace weft::tool
