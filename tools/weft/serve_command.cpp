#include "serve_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <weft/http.hpp>
#include <weft/net.hpp>
#include <weft/process.hpp>
#include <weft/weft.hpp>

namespace weft::tool {

namespace {

/// As many connections as the system allows this program.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::optional<tls_context> context_for(const serve_request& request) {
  if (!request.certificate.empty()) return tls_context::server(request.certificate, request.key).alpn("http/1.1");
  if (!request.tls) return std::nullopt;
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  const bool is_name = !request.host.empty() && request.host != "0.0.0.0" && request.host != "::";
  if (is_name) names.insert(names.begin(), request.host);
  const made_up_certificate made = make_up_certificate(names);
  return tls_context::server().add_certificate_pem(made.certificate, made.key).alpn("http/1.1");
}

/// Another descriptor of the same socket: each loop has its own.
owned_descriptor copy_of(const owned_descriptor& socket) {
  owned_descriptor copy{::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0)};
  if (!copy) throw std::system_error{errno, std::generic_category(), "a socket that was passed on"};
  return copy;
}

/// One line for each request, on standard output.
class access_log {
 public:
  explicit access_log(bool quiet) noexcept : quiet_{quiet} {}

  void add(const http::server_request& request, const http::server_response& response) const {
    if (quiet_) return;
    const auto time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    fmt::print("{} {} {} {} {}\n", http::format_http_date(time), request.peer().address(), request.method(),
               request.target(), response.status());
  }

 private:
  bool quiet_;
};

/// What the loops of one run share.
class serve_run {
 public:
  explicit serve_run(const serve_request& request)
      : request_{request}, tls_{context_for(request)}, log_{request.quiet}, passed_on_{inherited_descriptors()} {}

  void execute() {
    const std::size_t loops = request_.workers == 0 ? std::thread::hardware_concurrency() : request_.workers;
    run_workers(loops, [this, loops](worker& self) { return work(self, loops > 1); });
  }

 private:
  task<> work(worker& self, bool shared) {
    const http::static_files files{
        request_.directory,
        {.listing = !request_.no_listing, .hidden = request_.hidden, .cache_control = request_.cache_control}};
    const auto answer = [this, files](http::server_request& asked) { return answer_from(files, asked); };
    const auto drain =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>{request_.drain});
    // The first to come finds the port for all.
    const std::uint16_t port = self.index() == 0 ? request_.port : port_.get();
    http::server site{answer,
                      {.host = request_.host,
                       .port = port,
                       .tls = tls_ ? &*tls_ : nullptr,
                       .reuse_port = shared,
                       .drain_timeout = drain}};
    for (const inherited_descriptor& each : passed_on_) site.listen_on(copy_of(each.descriptor));
    try {
      co_await with(std::move(site), [&](http::server& listening) { return serve_until_told(self, listening); });
    } catch (...) {
      if (self.index() == 0 && !told_port_) port_told_.set_exception(std::current_exception());
      throw;
    }
  }

  task<> serve_until_told(worker& self, http::server& listening) {
    if (self.index() != 0) {  // until stop_all()
      event never;
      co_await never.wait();
    }
    signal_set signals{SIGINT, SIGTERM};
    told_port_ = true;
    port_told_.set_value(passed_on_.empty() ? listening.port() : 0);
    if (!request_.quiet) announce(passed_on_.empty() ? listening.url() + "/" : "the sockets that were passed on");
    co_await signals.next();
    if (!request_.quiet) fmt::print(stderr, "ending: requests that are under way may finish\n");
    self.stop_all();
  }

  void announce(const std::string& place) const {
    const std::string directory = std::filesystem::weakly_canonical(request_.directory).string();
    fmt::print(stderr, "serving {} at {} (Ctrl-C ends it)\n", directory, place);
    if (tls_ && request_.certificate.empty()) {
      fmt::print(stderr, "with a certificate made up for this run: clients must be told not to check it\n");
    }
  }

  task<http::server_response> answer_from(const http::static_files& files, http::server_request& asked) const {
    http::server_response response = co_await files(asked);
    log_.add(asked, response);
    co_return response;
  }

  const serve_request& request_;
  std::optional<tls_context> tls_;
  access_log log_;
  std::vector<inherited_descriptor> passed_on_;  // to be listened on
  std::promise<std::uint16_t> port_told_;
  std::shared_future<std::uint16_t> port_{port_told_.get_future()};
  bool told_port_ = false;
};

}  // namespace

void add_serve_command(CLI::App& program, serve_request& request) {
  CLI::App& command = *program.add_subcommand(
      "serve",
      "Serve the files of a directory over HTTP, until Ctrl-C; a line for each request goes to standard output. Where "
      "systemd (or another process, in its way: LISTEN_FDS) passes sockets on, these are served");
  command.add_option("DIR", request.directory, "The directory")->capture_default_str();
  command.add_option("--host", request.host, "The name or address to listen on; '' for all of this machine's")
      ->capture_default_str();
  command.add_option("-p,--port", request.port, "The port; 0 for any that is free")->capture_default_str();
  command.add_flag("--tls", request.tls, "Serve https, with a certificate made up for this run unless there is --cert");
  CLI::Option* const certificate =
      command.add_option("--cert", request.certificate, "A certificate (PEM), with those above it; means --tls")
          ->check(CLI::ExistingFile.description(""));
  command.add_option("--key", request.key, "Its private key, unless that is in the same file")
      ->check(CLI::ExistingFile.description(""))
      ->needs(certificate);
  command.add_flag("--no-listing", request.no_listing, "Do not show what is in directories without an index.html");
  command.add_flag("--hidden", request.hidden, "Serve files whose names begin with a dot, too");
  command.add_option("--cache-control", request.cache_control, "The value of Cache-Control, such as max-age=3600");
  command.add_option("-w,--workers", request.workers, "Threads that serve; 0 for one per processor")
      ->capture_default_str();
  command.add_option("--drain", request.drain, "Seconds that requests have to finish when it ends")
      ->check(CLI::Range(0.0, 1e6).description(""))
      ->capture_default_str();
  command.add_flag("-q,--quiet", request.quiet, "Say nothing but errors");
}

int serve(const serve_request& request) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // who follows the log sees each request at once
  raise_descriptor_limit();
  serve_run run{request};
  run.execute();
  return 0;
}

}  // namespace weft::tool
