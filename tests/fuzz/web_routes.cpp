// Routing. Input: lines "METHOD path", the routes; an empty line; lines "METHOD path", what is asked for. Each answer
// is compared with that of a matcher that looks at all routes, segment by segment.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "web/route_entry.hpp"
#include "web/route_tree.hpp"

namespace {

namespace web = weft::web::detail;

void require(bool holds, const char* what, std::string_view about) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s: %.*s\n", what, static_cast<int>(about.size()), about.data());
  std::abort();
}

class no_endpoint final : public web::endpoint {
 public:
  weft::task<weft::http::server_response> answer(web::request_context&) override {
    co_return weft::http::server_response{204};
  }
  [[nodiscard]] web::route_description describe() const override { return {}; }
};

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(by, at);
    parts.push_back(text.substr(at, end - at));
    if (end == text.npos) return parts;
    at = end + 1;
  }
}

// ---- the other matcher ----------------------------------------------------------------------------------------------

enum class segment_kind : std::uint8_t { literal, any, rest };

struct segment {
  segment_kind kind;
  std::string_view text;  // or the parameter's name
};

/// What a path is made of; nullopt if no route can have it.
std::optional<std::vector<segment>> parse(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<segment> made;
  std::set<std::string_view> names;
  for (const std::string_view part : split(path.substr(1), '/')) {
    if (!made.empty() && made.back().kind == segment_kind::rest) return std::nullopt;
    if (part.find('{') == part.npos) {
      made.push_back({segment_kind::literal, part});
      continue;
    }
    if (part.front() != '{' || part.back() != '}') return std::nullopt;
    std::string_view name = part.substr(1, part.size() - 2);
    const bool rest = name.ends_with(":path");
    if (rest) name = name.substr(0, name.size() - 5);
    if (name.empty() || name.find_first_of("{}") != name.npos || !names.insert(name).second) return std::nullopt;
    made.push_back({rest ? segment_kind::rest : segment_kind::any, name});
  }
  return made;
}

struct candidate {
  std::vector<segment> segments;
  std::string_view method;
  const web::route_entry* route;
};

/// Two routes of the same shape match the same paths.
std::vector<std::string> shape(const std::vector<segment>& segments) {
  std::vector<std::string> made;
  for (const segment& each : segments)
    made.push_back(each.kind == segment_kind::literal ? "=" + std::string{each.text}
                                                      : std::string{each.kind == segment_kind::any ? "*" : "#"});
  return made;
}

/// What was captured; nullopt if it does not match.
std::optional<std::vector<std::string_view>> captures(const std::vector<segment>& pattern, std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  const std::vector<std::string_view> parts = split(path.substr(1), '/');
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= parts.size()) return std::nullopt;
    if (pattern[i].kind == segment_kind::rest) {
      found.push_back(path.substr(static_cast<std::size_t>(parts[i].data() - path.data())));
      return found;
    }
    if (pattern[i].kind == segment_kind::any) {
      if (parts[i].empty()) return std::nullopt;
      found.push_back(parts[i]);
    } else if (pattern[i].text != parts[i]) {
      return std::nullopt;
    }
  }
  if (parts.size() != pattern.size()) return std::nullopt;
  return found;
}

/// Literal before parameter before the rest, the first segments first.
bool comes_before(const candidate& a, const candidate& b) {
  return std::lexicographical_compare(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                                      [](const segment& x, const segment& y) { return x.kind < y.kind; });
}

void judge(const web::route_tree& tree, std::vector<candidate> all, std::string_view method, std::string_view path) {
  std::erase_if(all, [&](const candidate& each) { return !captures(each.segments, path); });
  std::sort(all.begin(), all.end(), comes_before);
  const candidate* wanted = nullptr;
  std::set<std::string> allowed;
  for (auto from = all.begin(); from != all.end() && wanted == nullptr;) {  // those of one shape together
    const auto end = std::find_if(from, all.end(), [&](const candidate& each) { return comes_before(*from, each); });
    const auto of = [&](std::string_view which) {
      const auto found = std::find_if(from, end, [&](const candidate& each) { return each.method == which; });
      return found == end ? nullptr : &*found;
    };
    wanted = of(method);
    if (wanted == nullptr && method == "HEAD") wanted = of("GET");
    if (from == all.begin()) {
      for (auto each = from; each != end; ++each) allowed.emplace(each->method);
      if (of("GET") != nullptr) allowed.insert("HEAD");
      allowed.insert("OPTIONS");
    }
    from = end;
  }

  web::texts captured;
  const web::route_tree::match found = tree.find(method, path, captured);
  require(found.route == (wanted == nullptr ? nullptr : wanted->route), "the same route is found", path);
  if (wanted != nullptr) {
    const auto texts = captures(wanted->segments, path);
    require(std::equal(texts->begin(), texts->end(), captured.all().begin(), captured.all().end()),
            "the same is captured", path);
    require(captured.size() == found.route->parameter_names.size(), "each parameter has a value", path);
    return;
  }
  require(captured.empty(), "nothing is captured without a route", path);
  std::set<std::string> said;
  if (!found.allowed.empty())
    for (std::string_view each : split(found.allowed, ',')) said.emplace(each.substr(each.starts_with(' ') ? 1 : 0));
  require(said == allowed, "the same methods are allowed", path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  web::route_tree tree;
  std::vector<std::unique_ptr<web::route_entry>> routes;
  std::vector<candidate> all;
  bool asking = false;
  for (const std::string_view line : split(input, '\n')) {
    if (line.empty()) asking = true;
    const std::size_t space = line.find(' ');
    const std::string_view method = line.substr(0, space);
    const std::string_view path = space == line.npos ? std::string_view{} : line.substr(space + 1);
    if (method.empty() || method.find(',') != method.npos) continue;
    if (asking) {
      judge(tree, all, method, path);
      continue;
    }
    const auto segments = parse(path);
    const bool there = segments && std::any_of(all.begin(), all.end(), [&](const candidate& each) {
                         return each.method == method && shape(each.segments) == shape(*segments);
                       });
    auto made = web::make_route(method, path, std::make_unique<no_endpoint>(), {});
    bool added = true;
    try {
      tree.add(*made);
    } catch (const std::invalid_argument&) {
      added = false;
    }
    require(added == (segments && !there), "what can be a route is one", path);
    if (!added) continue;
    // Views of the entry, which stays where it is.
    all.push_back({.segments = *parse(made->path), .method = made->method, .route = made.get()});
    routes.push_back(std::move(made));
  }
  return 0;
}
