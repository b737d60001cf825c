#include "net/tls_sessions.hpp"

#include <ctime>
#include <utility>

namespace weft::detail {

namespace {

bool has_expired(const SSL_SESSION& session) {
  return SSL_SESSION_get_time(&session) + SSL_SESSION_get_timeout(&session) <= std::time(nullptr);
}

}  // namespace

void tls_sessions::keep(const std::string& server, openssl_ptr<SSL_SESSION> session) {
  const std::lock_guard held{mutex_};
  auto found = by_server_.find(server);
  if (found == by_server_.end()) {
    if (entries_.size() == most_servers) {
      by_server_.erase(entries_.back().server);
      entries_.pop_back();
    }
    entries_.push_front({server, {}});
    found = by_server_.emplace(server, entries_.begin()).first;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  std::vector<openssl_ptr<SSL_SESSION>>& sessions = found->second->sessions;
  if (sessions.size() == most_of_one) sessions.erase(sessions.begin());
  sessions.push_back(std::move(session));
}

openssl_ptr<SSL_SESSION> tls_sessions::take(const std::string& server) {
  const std::lock_guard held{mutex_};
  const auto found = by_server_.find(server);
  if (found == by_server_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  std::vector<openssl_ptr<SSL_SESSION>>& sessions = found->second->sessions;
  while (!sessions.empty()) {
    SSL_SESSION& newest = *sessions.back();
    if (SSL_SESSION_is_resumable(&newest) == 1 && !has_expired(newest)) {
      if (SSL_SESSION_get_protocol_version(&newest) != TLS1_3_VERSION) {
        SSL_SESSION_up_ref(&newest);
        return openssl_ptr<SSL_SESSION>{&newest};
      }
      openssl_ptr<SSL_SESSION> once = std::move(sessions.back());
      sessions.pop_back();
      return once;
    }
    sessions.pop_back();
  }
  return nullptr;
}

void tls_sessions::clear() {
  const std::lock_guard held{mutex_};
  by_server_.clear();
  entries_.clear();
}

}  // namespace weft::detail
