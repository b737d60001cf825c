#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/http/websocket_options.hpp>
#include <weft/web/detail/endpoint.hpp>
#include <weft/web/route.hpp>

namespace weft::web {

namespace detail {

/// What routes are added to. For each there is a path and a handler, which is kept.
template <bool WholePaths>
class route_adder {
 public:
  /// A path for this handler.
  template <class F>
  using path_for = route_path<std::type_identity_t<std::decay_t<F>>, WholePaths>;

  template <class F>
  route get(path_for<F> path, F&& handler) {
    return add("GET", path.text(), std::forward<F>(handler));
  }
  template <class F>
  route post(path_for<F> path, F&& handler) {
    return add("POST", path.text(), std::forward<F>(handler));
  }
  template <class F>
  route put(path_for<F> path, F&& handler) {
    return add("PUT", path.text(), std::forward<F>(handler));
  }
  template <class F>
  route patch(path_for<F> path, F&& handler) {
    return add("PATCH", path.text(), std::forward<F>(handler));
  }
  /// DELETE.
  template <class F>
  route del(path_for<F> path, F&& handler) {
    return add("DELETE", path.text(), std::forward<F>(handler));
  }
  /// Any other method.
  template <class F>
  route on(std::string_view method, path_for<F> path, F&& handler) {
    return add(method, path.text(), std::forward<F>(handler));
  }
  /// A WebSocket: the handler takes a `websocket&`, and runs as long as it is open. It is not called, and the answer is
  /// 422, if its other parameters are not there. See http::accept_websocket.
  template <class F>
  route websocket(path_for<F> path, F&& handler, const http::websocket_options& options = {}) {
    using function = std::decay_t<F>;
    must_be_handler<function>();
    return add_route("GET", path.text(),
                     std::make_unique<websocket_endpoint<function>>(std::forward<F>(handler), options),
                     names_of<function>());
  }

 protected:
  route_adder() = default;
  route_adder(route_adder&&) = default;
  route_adder& operator=(route_adder&&) = default;
  virtual ~route_adder() = default;

 private:
  template <class F>
  static std::vector<std::string_view> names_of() {
    std::vector<std::string_view> names;
    signature<F>::template arguments<path_names>::add_to(names);
    return names;
  }
  template <class F>
  route add(std::string_view method, std::string_view path, F&& handler) {
    using function = std::decay_t<F>;
    must_be_handler<function>();
    return add_route(method, path, std::make_unique<endpoint_of<function>>(std::forward<F>(handler)),
                     names_of<function>());
  }
  virtual route add_route(std::string_view method, std::string_view path, std::unique_ptr<endpoint> answers,
                          const std::vector<std::string_view>& names) = 0;
};

}  // namespace detail

/// Routes that belong together, for app::include, which puts a prefix before their paths: what a handler takes from its
/// path may stand in that. fastapi.APIRouter.
///
///     web::router posts;
///     posts.get("", list_posts).tag("posts");
///     app.include("/users/{user}/posts", std::move(posts));
class router : public detail::route_adder<false> {
 public:
  router();
  router(router&& other) noexcept;
  router& operator=(router&& other) noexcept;
  ~router() override;

  /// Adds the routes of another one, with `prefix` before their paths.
  void include(std::string_view prefix, router routes);

  /// For the library's own use.
  [[nodiscard]] std::vector<std::unique_ptr<detail::route_entry>> take() noexcept;

 private:
  route add_route(std::string_view method, std::string_view path, std::unique_ptr<detail::endpoint> answers,
                  const std::vector<std::string_view>& names) override;

  std::vector<std::unique_ptr<detail::route_entry>> routes_;
};

}  // namespace weft::web
