#include <algorithm>
#include <utility>
#include <weft/http/cookie_jar.hpp>
#include <weft/http/domain.hpp>

#include "characters.hpp"
#include "set_cookie.hpp"

namespace weft::http {

namespace {

using detail::domain_matches;
using std::chrono::sys_seconds;

bool is_secure(const url& of) noexcept { return of.scheme() == "https" || of.scheme() == "wss"; }

bool is_web(const url& of) noexcept { return is_secure(of) || of.scheme() == "http" || of.scheme() == "ws"; }

bool has_expired(const cookie& one, sys_seconds now) noexcept { return one.expires && *one.expires <= now; }

bool same_place(const cookie& a, const cookie& b) noexcept {
  return a.name == b.name && a.domain == b.domain && a.host_only == b.host_only && a.path == b.path;
}

}  // namespace

// RFC 6265bis, section 5.7. Every request counts as same-site and as one of an HTTP API.
bool cookie_jar::store(std::string_view set_cookie, const url& from, time_point now) {
  const sys_seconds at = std::chrono::floor<std::chrono::seconds>(now);
  const std::optional<detail::set_cookie> given = detail::parse_set_cookie(set_cookie, at);
  if (!given || !is_web(from) || !detail::may_have_cookies(from.host())) return false;

  cookie one{.name = std::string{given->name},
             .value = std::string{given->value},
             .domain = std::string{given->domain},
             .path = std::string{given->has_path ? given->path : detail::default_path(from.path())},
             .expires = given->expires,
             .host_only = true,
             .secure = given->secure,
             .http_only = given->http_only,
             .same_site = given->same_site};
  std::ranges::transform(one.domain, one.domain.begin(), detail::lower);

  // The host of a public suffix may have cookies of its own.
  if (is_public_suffix(one.domain)) {
    if (one.domain != from.host()) return false;
    one.domain.clear();
  }
  if (one.domain.empty()) {
    one.domain = from.host();
  } else {
    if (!domain_matches(from.host(), one.domain)) return false;
    one.host_only = false;
  }

  if (one.secure && !is_secure(from)) return false;
  if (!one.secure && !is_secure(from) && hidden_by_secure(one, at)) return false;
  if (one.same_site == same_site::none && !one.secure) return false;
  if (!detail::keeps_prefix_promise(one, given->has_path && one.path == "/")) return false;

  put(std::move(one), at);
  return true;
}

/// True if a secure cookie is there that this one would hide from the server, or be taken for.
bool cookie_jar::hidden_by_secure(const cookie& one, sys_seconds now) const {
  for (const auto& [domain, of_domain] : domains_) {
    if (!domain_matches(domain, one.domain) && !domain_matches(one.domain, domain)) continue;
    for (const entry& other : of_domain)
      if (other.value.secure && other.value.name == one.name && !has_expired(other.value, now) &&
          detail::path_matches(one.path, other.value.path))
        return true;
  }
  return false;
}

void cookie_jar::add(cookie one, time_point now) {
  put(detail::checked(std::move(one)), std::chrono::floor<std::chrono::seconds>(now));
}

void cookie_jar::put(cookie one, sys_seconds now) {
  const bool expired = has_expired(one, now);
  auto place = domains_.find(one.domain);
  if (place == domains_.end()) {
    if (expired) return;
    place = domains_.try_emplace(one.domain).first;
  }
  entries& of_domain = place->second;
  const auto same = std::ranges::find_if(of_domain, [&](const entry& other) { return same_place(other.value, one); });

  if (expired) {
    if (same == of_domain.end()) return;
    of_domain.erase(same);
    --size_;
    if (of_domain.empty()) domains_.erase(place);
    return;
  }
  ++events_;
  if (same != of_domain.end()) {
    same->value = std::move(one);
    same->used = events_;
    return;
  }
  of_domain.push_back({std::move(one), events_, events_});
  ++size_;
  keep_domain_limit(of_domain, now);
  if (of_domain.empty()) domains_.erase(place);
  if (size_ > limits_.total) keep_total_limit(now);
}

std::string cookie_jar::header_for(const url& to, time_point now) {
  std::string out;
  if (empty() || !is_web(to)) return out;
  const sys_seconds at = std::chrono::floor<std::chrono::seconds>(now);
  const bool secure = is_secure(to);
  const std::string_view host = to.host();

  std::vector<entry*> found;
  for (std::string_view domain = host;;) {
    if (const auto place = domains_.find(domain); place != domains_.end() && domain_matches(host, domain)) {
      for (entry& each : place->second) {
        const cookie& one = each.value;
        if (has_expired(one, at) || (one.host_only && domain.size() != host.size()) || (one.secure && !secure) ||
            !detail::path_matches(to.path(), one.path))
          continue;
        found.push_back(&each);
      }
    }
    const std::size_t dot = domain.find('.');
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  std::ranges::sort(found, [](const entry* a, const entry* b) {
    if (a->value.path.size() != b->value.path.size()) return a->value.path.size() > b->value.path.size();
    return a->created < b->created;
  });

  ++events_;
  for (entry* each : found) {
    const cookie& one = each->value;
    const std::size_t length = (out.empty() ? 0 : 2) + one.name.size() + (one.name.empty() ? 0 : 1) + one.value.size();
    if (out.size() + length > limits_.header_bytes) continue;
    each->used = events_;
    if (!out.empty()) out += "; ";
    out += one.name;
    if (!one.name.empty()) out += '=';
    out += one.value;
  }
  return out;
}

std::vector<cookie> cookie_jar::all() const {
  std::vector<cookie> out;
  out.reserve(size_);
  for (const auto& [domain, of_domain] : domains_)
    for (const entry& each : of_domain) out.push_back(each.value);
  return out;
}

void cookie_jar::remove_expired(time_point now) {
  const sys_seconds at = std::chrono::floor<std::chrono::seconds>(now);
  remove_if([at](const entry& each) { return has_expired(each.value, at); });
}

void cookie_jar::end_session() {
  remove_if([](const entry& each) { return !each.value.expires; });
}

void cookie_jar::clear() noexcept {
  domains_.clear();
  size_ = 0;
}

template <class Predicate>
std::size_t cookie_jar::remove_if(Predicate gone) {
  std::size_t removed = 0;
  for (auto place = domains_.begin(); place != domains_.end();) {
    removed += std::erase_if(place->second, gone);
    place = place->second.empty() ? domains_.erase(place) : std::next(place);
  }
  size_ -= removed;
  return removed;
}

// RFC 6265bis, section 5.7.3 (at its end): expired cookies go first, then those of a domain with too many of them, of
// which the ones that are not secure, then any; of equals those that were used longest ago.
void cookie_jar::keep_domain_limit(entries& of_domain, sys_seconds now) {
  if (of_domain.size() <= limits_.per_domain) return;
  size_ -= std::erase_if(of_domain, [now](const entry& each) { return has_expired(each.value, now); });
  while (of_domain.size() > limits_.per_domain) {
    of_domain.erase(std::ranges::min_element(of_domain, [](const entry& a, const entry& b) {
      return a.value.secure != b.value.secure ? b.value.secure : a.used < b.used;
    }));
    --size_;
  }
}

void cookie_jar::keep_total_limit(sys_seconds now) {
  remove_if([now](const entry& each) { return has_expired(each.value, now); });
  while (size_ > limits_.total) {
    auto oldest_place = domains_.end();
    std::size_t oldest = 0;
    for (auto place = domains_.begin(); place != domains_.end(); ++place) {
      const entries& here = place->second;  // never empty
      const auto candidate = std::ranges::min_element(here, {}, &entry::used);
      if (oldest_place != domains_.end() && candidate->used >= oldest_place->second[oldest].used) continue;
      oldest_place = place;
      oldest = static_cast<std::size_t>(candidate - here.begin());
    }
    entries& of_domain = oldest_place->second;
    of_domain.erase(of_domain.begin() + static_cast<std::ptrdiff_t>(oldest));
    if (of_domain.empty()) domains_.erase(oldest_place);
    --size_;
  }
}

}  // namespace weft::http
