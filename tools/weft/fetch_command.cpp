#include "fetch_command.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <system_error>

#include "fetcher.hpp"
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
      : request_{request}, options_{request.options}, records_{request.output}, progress_{shows_progress()} {
    if (!request.list.empty()) list_ = std::make_unique<url_list>(request.list);
    options_.connections = possible_connections(request.options.connections);
    if (options_.connections < request.options.connections && !request_.quiet) {
      complain(fmt::format("the limit on open files (ulimit -n) allows {} connections at a time, not {}",
                           options_.connections, request.options.connections));
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
    if (!records_.error().empty()) {
      complain(fmt::format("cannot write the records to {}: {}", name_of_output(), records_.error()));
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
  std::string name_of_output() const {
    if (postgres_sink::is_meant_by(request_.output)) return "the PostgreSQL server";  // the URI may hold a password
    return request_.output == "-" ? "standard output" : request_.output;
  }

  task<> work() {
    records_.start(this_loop());
    fetcher fetches{options_, urls_, records_, statistics_};
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
  fetch_options options_;
  queue<std::string> urls_{urls_in_line};
  fetch_statistics statistics_;
  record_writer records_;
  progress_line progress_;
  std::unique_ptr<url_list> list_;
};

}  // namespace

int fetch(const fetch_request& request) {
  try {
    fetch_run run{request};
    return run.execute();
  } catch (const std::system_error& e) {  // a list, an output or a certificate that cannot be used
    complain(e.what());
    return wrong_usage;
  }
}

}  // namespace weft::tool
