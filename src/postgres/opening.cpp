#include "postgres/opening.hpp"

#include <fcntl.h>

#include <chrono>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/core/thread_pool.hpp>
#include <weft/core/timeout.hpp>
#include <weft/net/resolve.hpp>

namespace weft::postgres::detail {

namespace {

using settings = std::map<std::string, std::string>;

struct free_settings {
  void operator()(PQconninfoOption* list) const noexcept { PQconninfoFree(list); }
};

/// What the URI says, and of what it does not say what the environment does.
settings settings_of(const std::string& where) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, free_settings> said{PQconninfoParse(where.c_str(), &problem)};
  if (!said) {
    std::string text = problem != nullptr ? problem : "out of memory";
    if (problem != nullptr) PQfreemem(problem);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    throw std::invalid_argument{"not a PostgreSQL URI or keyword string: " + text};
  }
  settings all;
  for (const PQconninfoOption* one = said.get(); one->keyword != nullptr; ++one) {
    if (one->val != nullptr) all.emplace(one->keyword, one->val);
  }
  return all;
}

/// Also what the environment says, or nothing.
std::string setting(const settings& all, const char* keyword, const char* variable) {
  const auto said = all.find(keyword);
  if (said != all.end()) return said->second;
  const char* const environment = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): as libpq does
  return environment != nullptr ? environment : "";
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t comma = list.find(','); comma != std::string::npos; comma = list.find(',', at)) {
    parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  parts.push_back(list.substr(at));
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string list;
  for (std::size_t i = 0; i < parts.size(); ++i) list += (i == 0 ? "" : ",") + parts[i];
  return list;
}

/// Looks the hosts' names up, so that libpq need not: a host for each address. A name that is not known is only an
/// error if it is the only one.
task<> resolve_hosts(settings& all) {
  const std::string given = setting(all, "host", "PGHOST");
  if (given.empty() || !setting(all, "hostaddr", "PGHOSTADDR").empty()) co_return;
  const std::vector<std::string> hosts = split(given);
  const std::vector<std::string> ports = split(setting(all, "port", "PGPORT"));
  if (ports.size() != 1 && ports.size() != hosts.size()) co_return;  // libpq knows what to say of that
  std::vector<std::string> each_host;
  std::vector<std::string> each_address;
  std::vector<std::string> each_port;
  std::string failure;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::string& port = ports[ports.size() == 1 ? 0 : i];
    std::vector<endpoint> addresses;
    const bool is_path = hosts[i].empty() || hosts[i][0] == '/' || hosts[i][0] == '@';
    if (!is_path) {
      try {
        addresses = co_await weft::resolve(hosts[i], 0);
      } catch (const std::system_error& e) {
        failure = e.what();
        continue;
      }
    }
    if (is_path) {
      each_host.push_back(hosts[i]);
      each_address.emplace_back();
      each_port.push_back(port);
    }
    for (const endpoint& one : addresses) {
      each_host.push_back(hosts[i]);
      each_address.push_back(one.address());
      each_port.push_back(port);
    }
  }
  if (each_host.empty()) throw connection_error{failure};
  all["host"] = joined(each_host);
  all["hostaddr"] = joined(each_address);
  all["port"] = joined(each_port);
}

PGconn* start_connection(const settings& all) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : all) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(keywords.data(), values.data(), 0);
}

[[noreturn]] void throw_connection_error(const PGconn* failed) {
  std::string text = PQerrorMessage(failed);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  throw connection_error{text.empty() ? "no connection" : text};
}

task<std::shared_ptr<link>> open_now(std::string where, connect_options how) {
  settings all = settings_of(where);
  connection_owner connection;
  all.try_emplace("client_encoding", "UTF8");
  if (setting(all, "service", "PGSERVICE").empty()) {
    co_await resolve_hosts(all);
    connection.reset(start_connection(all));
  } else {
    // The file may name hosts, and libpq looks them up at once then.
    const auto start = [all] { return std::make_shared<connection_owner>(start_connection(all)); };
    const std::shared_ptr<connection_owner> started = co_await to_thread({.abandon_on_stop = true}, start);
    connection = std::move(*started);
  }
  if (!connection) throw std::bad_alloc{};
  if (PQstatus(connection.get()) == CONNECTION_BAD) throw_connection_error(connection.get());
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  for (PostgresPollingStatusType wants = PGRES_POLLING_WRITING; wants != PGRES_POLLING_OK;
       wants = PQconnectPoll(connection.get())) {
    if (wants == PGRES_POLLING_FAILED) throw_connection_error(connection.get());
    // libpq may go on with another socket, and close this one before anybody else can: watch a copy.
    const int copy = ::fcntl(PQsocket(connection.get()), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw std::system_error{errno, std::generic_category(), "fcntl"};
    link_socket socket{copy, true};
    co_await wait_until_ready(socket, wants == PGRES_POLLING_WRITING);
  }
  auto opened = std::make_shared<link>(std::move(connection), how);
  opened->begin();
  co_return opened;
}

}  // namespace

std::string checked_uri(const char* where) {
  if (where == nullptr) throw std::invalid_argument{"no PostgreSQL URI: null"};
  (void)settings_of(where);
  return where;
}

task<std::shared_ptr<link>> open_link(std::string where, connect_options how) {
  if (how.timeout <= std::chrono::nanoseconds{0}) co_return co_await open_now(std::move(where), how);
  std::shared_ptr<link> opened;
  bool late = false;
  try {
    opened = co_await wait_for(open_now(std::move(where), how), how.timeout);
  } catch (const timeout_error&) {
    late = true;
  }
  if (late) throw connection_error{"no connection in time"};
  co_return opened;
}

}  // namespace weft::postgres::detail
