#include <utility>
#include <weft/web/router.hpp>

#include "web/route_entry.hpp"

namespace weft::web {

std::unique_ptr<detail::route_entry> detail::make_route(std::string_view method, std::string_view path,
                                                        std::unique_ptr<endpoint> answers,
                                                        const std::vector<std::string_view>& names) {
  auto made = std::make_unique<route_entry>(std::string{method}, std::string{path}, std::move(answers));
  made->wanted_names.assign(names.begin(), names.end());
  return made;
}

router::router() = default;
router::router(router&& other) noexcept = default;
router& router::operator=(router&& other) noexcept = default;
router::~router() = default;

route router::add_route(std::string_view method, std::string_view path, std::unique_ptr<detail::endpoint> answers,
                        const std::vector<std::string_view>& names) {
  routes_.push_back(detail::make_route(method, path, std::move(answers), names));
  return route{*routes_.back()};
}

void router::include(std::string_view prefix, router routes) {
  for (std::unique_ptr<detail::route_entry>& each : routes.take()) {
    each->path = std::string{prefix} + each->path;
    routes_.push_back(std::move(each));
  }
}

std::vector<std::unique_ptr<detail::route_entry>> router::take() noexcept { return std::exchange(routes_, {}); }

}  // namespace weft::web
