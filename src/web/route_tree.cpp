#include "web/route_tree.hpp"

#include <algorithm>
#include <stdexcept>

#include "web/route_entry.hpp"

namespace weft::web::detail {

/// What is at one path: a route for each method.
struct route_tree::resource {
  struct offer {
    std::string method;
    const route_entry* route;
  };
  std::vector<offer> offers;
  std::string allowed;  ///< as the Allow field has it

  [[nodiscard]] bool has(std::string_view method) const noexcept {
    return std::any_of(offers.begin(), offers.end(), [&](const offer& each) { return each.method == method; });
  }
};

/// What follows some segments of a path: a literal segment, a segment of any text, or any rest.
struct route_tree::node {
  http::detail::text_map<std::unique_ptr<node>> literals;
  std::unique_ptr<node> segment;
  std::unique_ptr<resource> rest;
  std::unique_ptr<resource> here;
};

struct route_tree::search {
  std::string_view method;
  texts& captured;
  const route_entry* found = nullptr;
  std::string_view allowed;
};

route_tree::route_tree() : root_{std::make_unique<node>()} {}
route_tree::~route_tree() = default;

namespace {

[[noreturn]] void refuse(const route_entry& route, const char* why) {
  throw std::invalid_argument{"the route " + route.method + " " + route.path + ": " + why};
}

}  // namespace

void route_tree::add(route_entry& route) {
  std::string_view rest = route.path;
  if (!rest.starts_with('/')) refuse(route, "a path begins with /");
  node* at = root_.get();
  std::unique_ptr<resource>* place = nullptr;
  bool literal = true;
  for (bool more = true; more;) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    more = !rest.empty();
    if (segment.find('{') == segment.npos) {
      std::unique_ptr<node>& next = at->literals[std::string{segment}];
      if (!next) next = std::make_unique<node>();
      at = next.get();
      continue;
    }
    literal = false;
    if (segment.find('}') == segment.npos) refuse(route, "a { is not closed");
    if (segment.front() != '{' || segment.find('}') != segment.size() - 1)
      refuse(route, "a parameter is a whole segment");
    std::string_view name = segment.substr(1, segment.size() - 2);
    const bool takes_all = name.ends_with(":path");
    if (takes_all) name.remove_suffix(5);
    if (name.empty() || name.find('{') != name.npos) refuse(route, "a parameter needs a name");
    if (std::find(route.parameter_names.begin(), route.parameter_names.end(), name) != route.parameter_names.end())
      refuse(route, "two parameters have the same name");
    route.parameter_names.emplace_back(name);
    if (takes_all) {
      if (more) refuse(route, "nothing can follow what takes the rest of the path");
      place = &at->rest;
      break;
    }
    if (!at->segment) at->segment = std::make_unique<node>();
    at = at->segment.get();
  }
  if (place == nullptr) place = &at->here;
  if (!*place) *place = std::make_unique<resource>();
  resource& target = **place;
  if (target.has(route.method)) refuse(route, "there is one already");
  target.offers.push_back({.method = route.method, .route = &route});
  if (literal) literals_[route.path] = &target;
  target.allowed.clear();
  for (const resource::offer& each : target.offers) target.allowed.append(each.method).append(", ");
  if (target.has("GET") && !target.has("HEAD")) target.allowed += "HEAD, ";
  target.allowed += target.has("OPTIONS") ? "" : "OPTIONS, ";
  target.allowed.resize(target.allowed.size() - 2);
}

bool route_tree::arrive(const resource& at, search& looking) {
  const route_entry* instead = nullptr;
  for (const resource::offer& each : at.offers) {
    if (each.method == looking.method) {
      looking.found = each.route;
      return true;
    }
    if (looking.method == "HEAD" && each.method == "GET") instead = each.route;
  }
  if (looking.allowed.empty()) looking.allowed = at.allowed;
  looking.found = instead;
  return instead != nullptr;
}

/// Each node is visited once at the most, since the way to it says where in the path that is.
/// @param rest begins with the slash before the next segment, or is empty
bool route_tree::visit(const node& from, std::string_view rest, search& looking) {
  if (rest.empty()) return from.here && arrive(*from.here, looking);
  rest.remove_prefix(1);
  const std::string_view segment = rest.substr(0, rest.find('/'));
  const std::string_view behind = rest.substr(segment.size());
  const auto literal = from.literals.find(segment);
  if (literal != from.literals.end() && visit(*literal->second, behind, looking)) return true;
  if (from.segment && !segment.empty()) {
    looking.captured.push_back(segment);
    if (visit(*from.segment, behind, looking)) return true;
    looking.captured.pop_back();
  }
  if (from.rest) {
    looking.captured.push_back(rest);
    if (arrive(*from.rest, looking)) return true;
    looking.captured.pop_back();
  }
  return false;
}

route_tree::match route_tree::find(std::string_view method, std::string_view path, texts& captured) const {
  search looking{.method = method, .captured = captured, .found = nullptr, .allowed = {}};
  if (!path.starts_with('/')) return {};
  // What is literal all through wins wherever it has the method.
  const auto literal = literals_.find(path);
  const bool found = (literal != literals_.end() && arrive(*literal->second, looking)) || visit(*root_, path, looking);
  if (found) return {.route = looking.found, .allowed = {}};
  captured.clear();
  return {.route = nullptr, .allowed = looking.allowed};
}

}  // namespace weft::web::detail
