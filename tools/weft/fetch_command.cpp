#include "fetch_command.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <system_error>

#include "progress.hpp"
#include "url_list.hpp"

namespace weft::tool {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t urls_in_line = 1024;
constexpr auto tick = 200ms;

void complain(std::string_view what) { fmt::print(stderr, "weft: {}\n", what); }

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 3;
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count - 3;  // ".", ".." and the directory itself
}

/// How many connections may be open, of `wanted`: raises the limit on descriptors if that helps, and leaves some of
/// them to the resolver and the library.
std::size_t possible_connections(std::size_t wanted) {
  constexpr std::size_t reserve = 16;
  const std::size_t needed = wanted + open_descriptors() + reserve;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  if (limit.rlim_cur < needed) {
    rlimit raised = limit;
    raised.rlim_cur = std::min<rlim_t>(needed, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  const std::size_t others = needed - wanted;
  return limit.rlim_cur > others ? std::min<std::size_t>(wanted, limit.rlim_cur - others) : 1;
}

/// One run of the command. Everything that its threads or the loop's last tasks may touch outlives the loop.
class fetch_run {
 public:
  explicit fetch_run(const fetch_request& request)
      : request_{request}, limits_{request.limits}, records_{request.output}, progress_{shows_progress()} {
    if (!request.list.empty()) list_ = std::make_unique<url_list>(request.list);
    limits_.timeout = std::chrono::nanoseconds{static_cast<std::int64_t>(request.timeout * 1e9)};
    limits_.connections = possible_connections(request.limits.connections);
    if (limits_.connections < request.limits.connections && !request_.quiet) {
      complain(fmt::format("the limit on open files (ulimit -n) allows {} connections at a time, not {}",
                           limits_.connections, request.limits.connections));
    }
  }

  int execute() {
    const time_point begin = now();
    int signal = 0;
    try {
      weft::run(work());
    } catch (const interrupted& e) {
      signal = e.signal();
    }
    progress_.clear();
    if (list_) list_->stop();
    records_.finish();

    if (!request_.quiet) {
      if (signal != 0) fmt::print(stderr, "interrupted\n");
      fmt::print(stderr, "{}", statistics_.summary(now() - begin));
    }
    if (records_.error()) {
      complain(fmt::format("cannot write the records to {}: {}", name_of_output(), records_.error().message()));
      return output_failed;
    }
    if (signal != 0) return ended_by_signal + signal;
    if (list_ && list_->error()) {
      complain(fmt::format("cannot read {}: {}", request_.list, list_->error().message()));
      return wrong_usage;
    }
    return statistics_.failed() == 0 ? all_succeeded : some_failed;
  }

 private:
  bool shows_progress() const {
    const bool records_on_terminal = request_.output == "-" && ::isatty(STDOUT_FILENO) == 1;
    return !request_.quiet && !records_on_terminal && ::isatty(STDERR_FILENO) == 1;
  }
  std::string name_of_output() const { return request_.output == "-" ? "standard output" : request_.output; }

  task<> work() {
    records_.start(this_loop());
    fetcher fetches{limits_, urls_, records_, statistics_};
    co_await with(task_group{}, [&](task_group& all) -> task<> {
      all.create_task(feed());
      all.create_task(watch(all));
      co_await fetches.run();
      all.cancel();
    });
  }

  /// The URLs of the command line, then those of the list.
  task<> feed() {
    for (const std::string& url : request_.urls) co_await urls_.put(url);
    if (list_) {
      list_->start(this_loop(), urls_);
    } else {
      urls_.shutdown();
    }
  }

  /// Lets records out that have waited long enough, shows how far things are, and ends it all if nothing can be
  /// written.
  task<> watch(task_group& all) {
    for (;;) {
      co_await sleep(tick);
      records_.flush();
      progress_.show(statistics_, total());
      if (records_.failed()) all.cancel();
    }
  }

  std::optional<std::uint64_t> total() const {
    if (!list_) return request_.urls.size();
    const std::optional<std::uint64_t> listed = list_->total();
    if (!listed) return std::nullopt;
    return request_.urls.size() + *listed;
  }

  const fetch_request& request_;
  fetch_limits limits_;
  queue<std::string> urls_{urls_in_line};
  fetch_statistics statistics_;
  record_writer records_;
  progress_line progress_;
  std::unique_ptr<url_list> list_;
};

}  // namespace

CLI::App& add_fetch_command(CLI::App& program, fetch_request& request) {
  CLI::App& command = *program.add_subcommand("fetch", "Fetch URLs, many at a time, and write a JSON record of each");
  fetch_limits& limits = request.limits;
  limits.body_bytes = 16 * 1024 * 1024;
  limits.retries = 2;
  command.add_option("URL", request.urls, "What to fetch");
  command.add_option("-i,--input", request.list, "Read URLs from this file, one a line; - is standard input")
      ->type_name("FILE");
  command.add_option("-o,--output", request.output, "Write the records there; - is standard output")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_option("-c,--concurrency", limits.connections, "Connections at the same time")
      ->check(CLI::Range(1, 100000))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--per-host", limits.per_host, "Of these, to one host and port; 0: all")
      ->check(CLI::Range(0, 100000))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--timeout", request.timeout, "How long one attempt may take, connecting included")
      ->check(CLI::Range(0.001, 1e6))
      ->type_name("SECONDS")
      ->capture_default_str();
  command.add_option("--retries", limits.retries, "Further attempts after connection errors and 502, 503, 504")
      ->check(CLI::Range(0, 1000))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--bodies", limits.bodies, "Put the bodies into the records");
  command.add_option("--max-body", limits.body_bytes, "Bytes of a body that are put into its record")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 30))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("-q,--quiet", request.quiet, "Neither progress nor summary");
  command.callback([&request] {
    if (request.urls.empty() && request.list.empty()) throw CLI::RequiredError{"URL or --input FILE"};
  });
  command.footer(
      "A record is one line of JSON with url, status, headers, bytes, milliseconds, attempts, error and, with "
      "--bodies,\n"
      "body (body_base64 if it is not UTF-8). Redirects are not followed.\n"
      "Exit status: 0 if every URL was answered with a status below 400, 1 if not, 2 for wrong usage, 3 if records "
      "could\n"
      "not be written, 130 after Ctrl-C.");
  return command;
}

int fetch(const fetch_request& request) {
  try {
    fetch_run run{request};
    return run.execute();
  } catch (const std::system_error& e) {
    complain(e.what());
    return wrong_usage;
  }
}

}  // namespace weft::tool
