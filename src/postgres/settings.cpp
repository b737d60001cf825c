#include "postgres/settings.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>
#include <weft/net/endpoint.hpp>
#include <weft/net/resolve.hpp>
#include <weft/postgres/error.hpp>

namespace weft::postgres::detail {

namespace {

struct free_settings {
  void operator()(PQconninfoOption* list) const noexcept { PQconninfoFree(list); }
};

std::string trimmed(const std::string& line) {
  constexpr const char* space = " \t\r\n\f\v";
  const std::size_t first = line.find_first_not_of(space);
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(space) - first + 1);
}

/// Adds what a service file says of a service. libpq reads it again, with its own words for what is wrong in it.
bool add_service(settings& all, const std::string& name, const std::string& file) {
  std::ifstream from{file};
  bool found = false;
  for (std::string line; std::getline(from, line);) {
    line = trimmed(line);
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      if (found) break;
      found = line == "[" + name + "]";
    } else if (found) {
      const std::size_t equals = line.find('=');
      if (equals != std::string::npos) all.try_emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return found;
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): as libpq does
  return value != nullptr ? value : "";
}

/// The user's file, then the system's, as libpq has it.
void add_service(settings& all) {
  const std::string name = setting(all, "service", "PGSERVICE");
  if (name.empty()) return;
  const std::string file = variable("PGSERVICEFILE");
  const std::string directory = variable("PGSYSCONFDIR");
  if (add_service(all, name, file.empty() ? variable("HOME") + "/.pg_service.conf" : file)) return;
  (void)add_service(all, name, (directory.empty() ? "/etc/postgresql-common" : directory) + "/pg_service.conf");
}

}  // namespace

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
  add_service(all);
  return all;
}

std::string setting(const settings& all, const char* keyword, const char* variable_name) {
  const auto said = all.find(keyword);
  return said != all.end() ? said->second : variable(variable_name);
}

std::chrono::seconds timeout_of(const settings& all) {
  const int count = std::atoi(setting(all, "connect_timeout", "PGCONNECT_TIMEOUT").c_str());
  return std::chrono::seconds{std::max(count, 0)};
}

namespace {

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

}  // namespace

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

}  // namespace weft::postgres::detail
