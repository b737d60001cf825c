#include "web/route_tree.hpp"

#include <algorithm>
#include <stdexcept>

#include "web/route_entry.hpp"

namespace weft::web::detail {

/// What is at one path: a route for each method.
struct route_tree::resource {
  std::vector<const route_entry*> routes;
  std::string allowed;  ///< as the Allow field has it
};

/// What follows a prefix: literals that differ in their first byte, a segment of any text, or any rest.
struct route_tree::node {
  std::string literal;
  std::vector<std::unique_ptr<node>> next;
  std::unique_ptr<node> segment;
  std::unique_ptr<resource> rest;
  std::unique_ptr<resource> here;
};

struct route_tree::search {
  std::string_view method;
  std::vector<std::string_view>& captured;
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

/// The node for what follows `text`, made and split off as needed.
route_tree::node* route_tree::add_literal(node& from, std::string_view text) {
  if (text.empty()) return &from;
  for (std::unique_ptr<node>& child : from.next) {
    if (child->literal.front() != text.front()) continue;
    const std::size_t common = static_cast<std::size_t>(
        std::mismatch(text.begin(), text.end(), child->literal.begin(), child->literal.end()).first - text.begin());
    if (common < child->literal.size()) {
      auto upper = std::make_unique<node>();
      upper->literal = child->literal.substr(0, common);
      child->literal.erase(0, common);
      upper->next.push_back(std::move(child));
      child = std::move(upper);
    }
    return add_literal(*child, text.substr(common));
  }
  from.next.push_back(std::make_unique<node>());
  from.next.back()->literal = text;
  return from.next.back().get();
}

void route_tree::add(route_entry& route) {
  std::string_view rest = route.path;
  if (!rest.starts_with('/')) refuse(route, "a path begins with /");
  node* at = root_.get();
  std::unique_ptr<resource>* place = nullptr;
  while (!rest.empty()) {
    const std::size_t open = rest.find('{');
    at = add_literal(*at, rest.substr(0, open));
    if (open == rest.npos) break;
    const bool begins_segment = open > 0 && rest[open - 1] == '/';
    rest.remove_prefix(open + 1);
    const std::size_t close = rest.find('}');
    if (close == rest.npos) refuse(route, "a { is not closed");
    std::string_view name = rest.substr(0, close);
    rest.remove_prefix(close + 1);
    const bool takes_all = name.ends_with(":path");
    if (takes_all) name.remove_suffix(5);
    if (!begins_segment || (!rest.empty() && rest.front() != '/')) refuse(route, "a parameter is a whole segment");
    if (name.empty() || name.find('{') != name.npos) refuse(route, "a parameter needs a name");
    if (std::find(route.parameter_names.begin(), route.parameter_names.end(), name) != route.parameter_names.end())
      refuse(route, "two parameters have the same name");
    route.parameter_names.emplace_back(name);
    if (takes_all) {
      if (!rest.empty()) refuse(route, "nothing can follow what takes the rest of the path");
      place = &at->rest;
      break;
    }
    if (!at->segment) at->segment = std::make_unique<node>();
    at = at->segment.get();
  }
  if (place == nullptr) place = &at->here;
  if (!*place) *place = std::make_unique<resource>();
  resource& target = **place;
  for (const route_entry* other : target.routes)
    if (other->method == route.method) refuse(route, "there is one already");
  target.routes.push_back(&route);
  target.allowed.clear();
  const auto has = [&](std::string_view method) {
    return std::any_of(target.routes.begin(), target.routes.end(), [&](const auto* r) { return r->method == method; });
  };
  for (const route_entry* each : target.routes) target.allowed.append(each->method).append(", ");
  if (has("GET") && !has("HEAD")) target.allowed += "HEAD, ";
  target.allowed += has("OPTIONS") ? "" : "OPTIONS, ";
  target.allowed.resize(target.allowed.size() - 2);
}

bool route_tree::arrive(const resource& at, search& looking) {
  const route_entry* instead = nullptr;
  for (const route_entry* each : at.routes) {
    if (each->method == looking.method) {
      looking.found = each;
      return true;
    }
    if (looking.method == "HEAD" && each->method == "GET") instead = each;
  }
  if (looking.allowed.empty()) looking.allowed = at.allowed;
  looking.found = instead;
  return instead != nullptr;
}

/// Each node is visited once at the most, since the way to it says where in the path that is.
bool route_tree::visit(const node& from, std::string_view rest, search& looking) {
  if (rest.empty() && from.here && arrive(*from.here, looking)) return true;
  if (!rest.empty()) {
    for (const std::unique_ptr<node>& child : from.next) {
      if (child->literal.front() != rest.front()) continue;
      if (rest.starts_with(child->literal) && visit(*child, rest.substr(child->literal.size()), looking)) return true;
      break;
    }
    if (from.segment) {
      const std::string_view segment = rest.substr(0, rest.find('/'));
      if (!segment.empty()) {
        looking.captured.push_back(segment);
        if (visit(*from.segment, rest.substr(segment.size()), looking)) return true;
        looking.captured.pop_back();
      }
    }
  }
  if (from.rest) {
    looking.captured.push_back(rest);
    if (arrive(*from.rest, looking)) return true;
    looking.captured.pop_back();
  }
  return false;
}

route_tree::match route_tree::find(std::string_view method, std::string_view path,
                                   std::vector<std::string_view>& captured) const {
  search looking{.method = method, .captured = captured, .found = nullptr, .allowed = {}};
  if (visit(*root_, path, looking)) return {.route = looking.found, .allowed = {}};
  captured.clear();
  return {.route = nullptr, .allowed = looking.allowed};
}

}  // namespace weft::web::detail
