#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weft/web/detail/texts.hpp>

#include "http/text_hash.hpp"

namespace weft::web::detail {

class route_entry;

/// Finds the route for a path: a tree of segments with a hash table at each node, in which the number of routes hardly
/// matters. What is literal wins over a parameter, and that over the rest of a path.
class route_tree {
 public:
  struct match {
    const route_entry* route = nullptr;  ///< null: none for that method
    std::string_view allowed;            ///< the methods that there are at that path; empty if there is no such path
  };

  route_tree();
  ~route_tree();

  /// Also gives the route the names of its parameters. Throws std::invalid_argument for a path that is none, and for a
  /// method and path that are there already.
  void add(route_entry& route);

  /// @param path as it came, percent-encoded.
  /// @param captured gets what stands for the parameters, in order; views of `path`.
  [[nodiscard]] match find(std::string_view method, std::string_view path, texts& captured) const;

 private:
  struct node;
  struct resource;
  struct search;

  static bool visit(const node& from, std::string_view rest, search& looking);
  static bool arrive(const resource& at, search& looking);

  std::unique_ptr<node> root_;
  http::detail::text_map<const resource*> literals_;  ///< those without parameters
};

}  // namespace weft::web::detail
