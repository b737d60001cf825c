#include "postgres/opening.hpp"

#include <chrono>
#include <sstream>
#include <utility>
#include <vector>
#include <weft/core/timeout.hpp>

#include "postgres/settings.hpp"

namespace weft::postgres::detail {

namespace {

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

/// The server's code is in the text only, and only if asked for: "FATAL:  28P01: password ...".
[[noreturn]] void throw_connection_error(const PGconn* failed) {
  diagnostics said;
  std::istringstream all{PQerrorMessage(failed)};
  for (std::string line; std::getline(all, line);) {
    if (line.starts_with("LOCATION:")) continue;
    const std::size_t colon = line.find(":  ");
    constexpr std::size_t before = 3;
    constexpr std::size_t length = 5;
    if (colon != std::string::npos && line.compare(colon + before + length, 2, ": ") == 0) {
      said.sqlstate = line.substr(colon + before, length);
      said.severity = "FATAL";
      line.erase(colon + before - 1, length + 3);
    }
    if (!said.message.empty()) said.message += '\n';
    said.message += line;
  }
  if (said.message.empty()) said.message = "no connection";
  throw connection_error{std::move(said)};
}

task<std::shared_ptr<link>> open_now(settings all, connect_options how) {
  all.try_emplace("client_encoding", "UTF8");
  co_await resolve_hosts(all);
  connection_owner connection{start_connection(all)};
  if (!connection) throw std::bad_alloc{};
  if (PQstatus(connection.get()) == CONNECTION_BAD) throw_connection_error(connection.get());
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  for (PostgresPollingStatusType wants = PGRES_POLLING_WRITING; wants != PGRES_POLLING_OK;
       wants = PQconnectPoll(connection.get())) {
    if (wants == PGRES_POLLING_FAILED) throw_connection_error(connection.get());
    // libpq may go on with another socket, and close this one before anybody else can: watch a copy.
    link_socket socket{copy_of(PQsocket(connection.get())), true};
    co_await wait_until_ready(socket, wants == PGRES_POLLING_WRITING);
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
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
  settings all = settings_of(where);
  const std::chrono::nanoseconds said = timeout_of(all);
  std::chrono::nanoseconds limit = how.timeout;
  if (said.count() > 0 && (limit.count() <= 0 || said < limit)) limit = said;
  if (limit.count() <= 0) co_return co_await open_now(std::move(all), how);
  std::shared_ptr<link> opened;
  bool late = false;
  try {
    opened = co_await wait_for(open_now(std::move(all), how), limit);
  } catch (const timeout_error&) {
    late = true;
  }
  if (late) throw connection_error{"no connection in time"};
  co_return opened;
}

}  // namespace weft::postgres::detail
