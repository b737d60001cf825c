#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/http/headers.hpp>
#include <weft/http/url.hpp>

#include "fetch_command.hpp"

namespace weft::tool {

namespace {

/// As lines that fit on a terminal beside the options' names.
std::string wrapped(std::string text) {
  constexpr std::size_t width = 84;
  for (std::size_t line = 0; text.size() - line > width;) {
    const std::size_t space = text.rfind(' ', line + width);
    if (space == std::string::npos || space <= line) break;
    text[space] = '\n';
    line = space + 1;
  }
  return text;
}

CLI::Option* in_group(CLI::Option* option, const char* group, const char* type = "") {
  option->group(group);
  option->description(wrapped(option->get_description()));
  if (*type != '\0') option->type_name(type);
  return option;
}

/// Checks without words in the help.
template <class T>
CLI::Validator in_range(T least, T most) {
  return CLI::Range(least, most).description("");
}

/// An option in seconds.
CLI::Option* add_seconds(CLI::App& command, const char* name, std::chrono::nanoseconds& into, double initial,
                         const char* what, const char* group) {
  const auto set = [&into](double seconds) {
    into = std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
  };
  set(initial);
  CLI::Option* const option = command.add_option_function<double>(name, set, what);
  option->check(in_range(0.0, 1e6))->default_str(fmt::format("{}", initial));
  return in_group(option, group, "SECONDS");
}

std::string read_input(const std::string& name) {
  std::ostringstream content;
  if (name == "-") {
    content << std::cin.rdbuf();
  } else {
    std::ifstream file{name, std::ios::binary};
    if (!file) throw CLI::ValidationError{fmt::format("cannot read {}: {}", name, std::strerror(errno))};
    content << file.rdbuf();
  }
  return std::move(content).str();
}

/// A body that is TEXT or @FILE. A long file is read when it is sent.
void set_body(fetch_options& options, const std::string& given, const char* type) {
  constexpr std::uintmax_t long_file = std::uintmax_t{1} << 20;
  if (options.has_body) throw CLI::ValidationError{"--data and --json", "there can be one body only"};
  options.has_body = true;
  options.content_type = type;
  if (!given.starts_with('@')) {
    options.body = given;
    return;
  }
  const std::string name = given.substr(1);
  std::error_code unknown;
  if (std::filesystem::is_regular_file(name, unknown) && std::filesystem::file_size(name, unknown) > long_file) {
    options.body_file = name;
  } else {
    options.body = read_input(name);
  }
}

/// Adds a "Name: value".
void add_header(http::headers& to, const std::string& given) {
  const std::size_t colon = given.find(':');
  if (colon == std::string::npos) {
    throw CLI::ValidationError{"--header", "needs 'Name: value', with a colon, not '" + given + "'"};
  }
  const std::size_t begin = given.find_first_not_of(" \t", colon + 1);
  std::string value = begin == std::string::npos ? "" : given.substr(begin);
  value.erase(value.find_last_not_of(" \t") + 1);
  try {
    to.add(given.substr(0, colon), value);
  } catch (const std::invalid_argument& e) {
    throw CLI::ValidationError{"--header", e.what()};
  }
  if (to.contains("content-length") || to.contains("transfer-encoding")) {
    throw CLI::ValidationError{"--header", given.substr(0, colon) + " follows from --data and cannot be given"};
  }
}

void check_method(const std::string& given) {
  bool is_token = true;
  try {
    http::headers{}.add(given, "");  // names of fields are tokens too
  } catch (const std::invalid_argument&) {
    is_token = false;
  }
  if (!is_token || given == "CONNECT") {
    throw CLI::ValidationError{"--method", "'" + given + "' is not a method for a request"};
  }
}

void check_proxy(const std::string& given) {
  const bool has_scheme = given.find("://") != std::string::npos;
  try {
    const http::url parsed{has_scheme ? given : "http://" + given};
    if (parsed.scheme() == "http" || parsed.scheme() == "https") return;
  } catch (const http::url_error& e) {
    throw CLI::ValidationError{"--proxy", e.what()};
  }
  throw CLI::ValidationError{"--proxy", "must be an http or https URL, not " + given};
}

void add_request_options(CLI::App& command, fetch_request& request) {
  const char* const group = "What is asked";
  fetch_options& options = request.options;
  in_group(
      command.add_option("-X,--method", request.method, "The method; GET without this, or POST if there is --data"),
      group, "METHOD");
  in_group(command.add_option_function<std::vector<std::string>>(
               "-H,--header",
               [&options](const std::vector<std::string>& all) {
                 for (const std::string& one : all) add_header(options.headers, one);
               },
               "A header field for every request, 'Name: value'; can be repeated"),
           group, "FIELD")
      ->allow_extra_args(false);
  in_group(command.add_option_function<std::string>(
               "-d,--data",
               [&options](const std::string& given) { set_body(options, given, "application/x-www-form-urlencoded"); },
               "The body of every request, or @FILE with it, @- for standard input; of the type "
               "application/x-www-form-urlencoded unless a --header says otherwise"),
           group, "TEXT");
  in_group(command.add_option_function<std::string>(
               "--json", [&options](const std::string& given) { set_body(options, given, "application/json"); },
               "The same for a body of JSON"),
           group, "TEXT");
}

void add_connection_options(CLI::App& command, fetch_request& request) {
  const char* const group = "How it is fetched";
  fetch_options& options = request.options;
  in_group(command.add_option("--max-redirects", options.redirects, "Redirects that are followed"), group, "N")
      ->check(in_range(0, 1000))
      ->capture_default_str();
  in_group(command.add_flag("--no-redirects", request.no_redirects, "The same as --max-redirects 0"), group);
  in_group(command.add_flag("--no-compression", request.no_compression,
                            "Do not ask for compressed bodies, and take those that come as they are"),
           group);
  in_group(command.add_flag("--no-cookies", request.no_cookies,
                            "Do not send back the cookies that servers have set in this run"),
           group);
  in_group(
      command.add_option("-x,--proxy", options.proxy,
                         "The HTTP proxy to go through, http://[USER:PASSWORD@]HOST:PORT; otherwise as http_proxy, "
                         "https_proxy, all_proxy and no_proxy in the environment say"),
      group, "URL");
  in_group(command.add_flag("--no-proxy", request.no_environment,
                            "Do not look into the environment for proxies, nor into ~/.netrc for passwords"),
           group);
  in_group(command.add_flag("-k,--insecure", request.insecure,
                            "Do not check who the servers are: anybody in between can read and change everything"),
           group);
  in_group(
      command.add_option("--cacert", options.authorities, "Trust the authorities in this file (PEM), not the system's"),
      group, "FILE")
      ->check(CLI::ExistingFile.description(""));
  in_group(
      command.add_option("--cert", options.certificate, "The certificate (PEM) to show to servers that ask for one"),
      group, "FILE")
      ->check(CLI::ExistingFile.description(""));
  in_group(command.add_option("--key", options.key, "Its private key, unless that is in the same file"), group, "FILE")
      ->check(CLI::ExistingFile.description(""));
}

void add_load_options(CLI::App& command, fetch_options& options) {
  const char* const group = "How much at a time";
  in_group(command.add_option("-c,--concurrency", options.connections, "Connections at the same time"), group, "N")
      ->check(in_range(1, 100000))
      ->capture_default_str();
  in_group(command.add_option("--per-host", options.per_host, "Of these, to one host and port; 0: all"), group, "N")
      ->check(in_range(0, 100000))
      ->capture_default_str();
  in_group(command.add_option("--rate", options.rate, "Requests a second altogether, evenly spaced; 0.5 is one in two"),
           group, "N")
      ->check(in_range(0.001, 1e7));
  in_group(command.add_option("--per-host-rate", options.per_host_rate, "Requests a second to one host and port"),
           group, "N")
      ->check(in_range(0.001, 1e7));
}

void add_failure_options(CLI::App& command, fetch_request& request) {
  const char* const group = "What fails";
  fetch_options& options = request.options;
  options.retries = 2;
  options.break_after = 20;
  in_group(
      command.add_option_function<double>(
          "-m,--timeout", [&request](double seconds) { request.timeout = seconds; },
          "How long one attempt may take, from connecting to the last byte; 0: any time. 30 if bodies are not saved"),
      group, "SECONDS")
      ->check(in_range(0.0, 1e6));
  add_seconds(command, "--connect-timeout", options.connect_timeout, 10,
              "How long connecting may take, and the TLS handshake after it; 0: any time", group);
  add_seconds(command, "--read-timeout", options.read_timeout, 30,
              "How long a server may say nothing, or take nothing, when it should; 0: any time", group);
  in_group(command.add_option(
               "--retries", options.retries,
               "Further attempts after failed and broken connections, timeouts, and the statuses 408, 425, 429, 500, "
               "502, 503 and 504"),
           group, "N")
      ->check(in_range(0, 1000))
      ->capture_default_str();
  add_seconds(command, "--retry-delay", options.retry_delay, 0.2,
              "Up to how long to wait before the first of them, by chance; twice as long before each next one. A "
              "Retry-After of the server is obeyed",
              group);
  add_seconds(command, "--max-retry-delay", options.longest_retry_delay, 60,
              "Never wait longer than this; a server that asks for more is not asked again", group);
  in_group(command.add_flag("--retry-any-method", options.retry_any_method,
                            "Retry POST, PATCH and others as well, though the server may then do twice what is asked"),
           group);
  in_group(command.add_option("--break-after", options.break_after,
                              "After so many attempts in a row have failed at a host, its URLs fail at once; 0: never"),
           group, "N")
      ->check(in_range(0, 1000000))
      ->capture_default_str();
  add_seconds(command, "--break-for", options.break_for, 10,
              "For so long; then one URL tries whether the host works again", group)
      ->check(in_range(0.001, 1e6));
}

void add_output_options(CLI::App& command, fetch_request& request) {
  const char* const group = "What comes of it";
  fetch_options& options = request.options;
  in_group(command.add_option(
               "-o,--output", request.output,
               "Write the records there; - is standard output, postgres://... a table weft_fetch of that server"),
           group, "FILE")
      ->capture_default_str();
  in_group(command.add_flag("--bodies", options.bodies, "Put the bodies into the records"), group);
  in_group(
      command.add_option("--save", options.save, "Write the body of the one URL to this file, when all of it has come"),
      group, "FILE");
  in_group(
      command.add_option("--save-dir", options.save_below,
                         "Write each body to a file of its own below this directory: HOST/PATH; error pages are not "
                         "saved"),
      group, "DIRECTORY");
  in_group(
      command.add_option_function<std::uint64_t>(
          "--max-body", [&request](std::uint64_t bytes) { request.max_body = bytes; },
          "How much of a body to take, as 500K or 2G. More is cut off in a record, which holds up to 16M without this, "
          "and fails what is to be saved"),
      group, "SIZE")
      ->transform(CLI::AsSizeValue{false}.description(""));
  in_group(command.add_flag("-q,--quiet", request.quiet, "Neither progress nor summary"), group);
}

/// What follows from several options together. Throws CLI::Error.
void complete(fetch_request& request) {
  fetch_options& options = request.options;
  if (request.urls.empty() && request.list.empty()) throw CLI::RequiredError{"URL or --input FILE"};
  const bool saves = !options.save.empty() || !options.save_below.empty();
  if (saves && options.bodies) throw CLI::ValidationError{"--bodies", "has a body either in its record or in a file"};
  if (!options.save.empty() && !options.save_below.empty()) {
    throw CLI::ValidationError{"--save", "and --save-dir exclude each other"};
  }
  if (!options.save.empty() && (request.urls.size() != 1 || !request.list.empty())) {
    throw CLI::ValidationError{"--save", "is for a single URL; --save-dir takes many"};
  }
  options.method = !request.method.empty() ? request.method : options.has_body ? "POST" : "GET";
  check_method(options.method);
  const std::optional<std::string_view> type = options.headers.get("content-type");
  if (options.has_body && type) {
    options.content_type = *type;
    options.headers.remove("content-type");
  }
  if (!options.proxy.empty()) check_proxy(options.proxy);
  if (!options.proxy.empty() && request.no_environment) {
    throw CLI::ValidationError{"--proxy", "and --no-proxy exclude each other"};
  }
  if (!options.key.empty() && options.certificate.empty()) {
    throw CLI::ValidationError{"--key", "needs the --cert that it belongs to"};
  }
  if (request.no_redirects) options.redirects = 0;
  options.decompress = !request.no_compression;
  options.keep_cookies = !request.no_cookies;
  options.use_environment = !request.no_environment;
  options.verify = !request.insecure;
  options.timeout = std::chrono::nanoseconds{static_cast<std::int64_t>(request.timeout.value_or(saves ? 0 : 30) * 1e9)};
  options.body_bytes = request.max_body.value_or(std::size_t{16} << 20);
  options.file_bytes = request.max_body;
}

}  // namespace

CLI::App& add_fetch_command(CLI::App& program, fetch_request& request) {
  CLI::App& command = *program.add_subcommand("fetch", "Fetch URLs, many at a time, and write a JSON record of each");
  command.add_option("URL", request.urls, "What to fetch, of http or https");
  in_group(command.add_option("-i,--input", request.list, "Read URLs from this file, one a line; - is standard input"),
           "What is asked", "FILE");
  add_request_options(command, request);
  add_connection_options(command, request);
  add_load_options(command, request.options);
  add_failure_options(command, request);
  add_output_options(command, request);
  command.callback([&request] { complete(request); });
  command.footer(
      "A record is one line of JSON with url, final_url (if redirects led elsewhere), status, headers, bytes,\n"
      "milliseconds, attempts, error and, if they are asked for, file or body (body_base64 if it is not UTF-8). An "
      "error\n"
      "has a message and a kind: url, resolve, connect, tls, connection (lost), protocol (not HTTP), encoding (bad\n"
      "compression), limit (too large), redirects (too many), timeout, circuit (the host fails all the time, see\n"
      "--break-after), file (not written), system or interrupted. Redirects count neither as requests nor as "
      "attempts.\n"
      "\n"
      "Exit status: 0 if every URL was answered with a status below 400, 1 if not, 2 for wrong usage, 3 if records\n"
      "could not be written, 130 after Ctrl-C; then URLs that were under way have records too.\n"
      "\n"
      "  weft fetch https://example.org/                        one record on standard output\n"
      "  weft fetch -i urls.txt -o records.ndjson --retries 5   many\n"
      "  weft fetch https://example.org/big.iso --save big.iso  a download\n"
      "  weft fetch -H 'Authorization: Bearer ...' --json '{\"name\":\"Ada\"}' https://example.org/users");
  return command;
}

}  // namespace weft::tool
