#include "net/tls_context_cache.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "net/tls_context_state.hpp"

namespace weft::detail {

namespace {

constexpr std::size_t most_contexts = 16;

/// Contexts by what was asked for; what was used last is the last.
struct context_cache {
  std::mutex mutex;
  std::vector<std::pair<std::string, tls_context>> known;
};

/// A file's name, and what tells it from an earlier one of that name.
std::string identity(std::string_view path) {
  std::string text{path};
  struct stat status{};
  if (!path.empty() && ::stat(text.c_str(), &status) == 0) {
    for (const auto number :
         {static_cast<long long>(status.st_ino), static_cast<long long>(status.st_size),
          static_cast<long long>(status.st_mtim.tv_sec), static_cast<long long>(status.st_mtim.tv_nsec)}) {
      text.append(" ").append(std::to_string(number));
    }
  }
  return text + '\n';
}

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string identity(const tls_options& options) {
  std::string all = std::to_string(static_cast<int>(options.min_version)) + '\n';
  for (const std::string_view file :
       {options.ca_file, options.ca_path, options.certificate_file, options.key_file, options.crl_file}) {
    all += identity(file);
  }
  if (options.ca_file.empty() && options.ca_path.empty()) {
    all += identity(environment("SSL_CERT_FILE")) + identity(environment("SSL_CERT_DIR"));
  }
  return all;
}

tls_context make_context(const tls_options& options) {
  tls_context context = tls_context::client();
  if (!options.ca_file.empty()) context.trust_file(std::string{options.ca_file});
  if (!options.ca_path.empty()) context.trust_directory(std::string{options.ca_path});
  if (!options.crl_file.empty()) context.revocation_file(std::string{options.crl_file});
  if (!options.certificate_file.empty()) {
    context.add_certificate(std::string{options.certificate_file}, std::string{options.key_file});
  }
  context.min_version(options.min_version);
  return context;
}

tls_context known_context(const tls_options& options) {
  static context_cache& cache = *new context_cache;  // outlives all that is static
  const std::string wanted = identity(options);
  const std::lock_guard held{cache.mutex};
  auto found =
      std::find_if(cache.known.begin(), cache.known.end(), [&](const auto& entry) { return entry.first == wanted; });
  if (found == cache.known.end()) {
    if (cache.known.size() == most_contexts) cache.known.erase(cache.known.begin());
    cache.known.emplace_back(wanted, make_context(options));
  } else {
    std::rotate(found, found + 1, cache.known.end());
  }
  return cache.known.back().second;
}

}  // namespace

std::shared_ptr<tls_context_state> context_for(const tls_options& options) {
  if (!options.key_file.empty() && options.certificate_file.empty()) {
    throw std::invalid_argument{"tls_options: a key_file without its certificate_file"};
  }
  if (options.context == nullptr) return tls_context_access::state(known_context(options));
  if (!options.ca_file.empty() || !options.ca_path.empty() || !options.crl_file.empty() ||
      !options.certificate_file.empty() || options.min_version != tls_version::tls1_2) {
    throw std::invalid_argument{"tls_options: with a context, files and versions are set there"};
  }
  std::shared_ptr<tls_context_state> state = tls_context_access::state(*options.context);
  if (state->is_server()) throw std::invalid_argument{"tls_options: a client cannot use a server's context"};
  return state;
}

}  // namespace weft::detail
