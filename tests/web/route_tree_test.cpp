#include "web/route_tree.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "web/route_entry.hpp"

namespace {

using weft::web::detail::route_entry;
using weft::web::detail::route_tree;

class nothing final : public weft::web::detail::endpoint {
 public:
  weft::task<weft::http::server_response> answer(weft::web::detail::request_context&) override {
    co_return weft::http::server_response{};
  }
  [[nodiscard]] weft::web::detail::route_description describe() const override { return {}; }
};

class routes {
 public:
  void add(const std::string& path, const std::string& method = "GET") {
    all_.push_back(std::make_unique<route_entry>(method, path, std::make_unique<nothing>()));
    router_.add(*all_.back());
  }
  /// The route's path and what was captured.
  [[nodiscard]] std::string find(std::string_view path, std::string_view method = "GET") const {
    weft::web::detail::texts captured;
    const route_tree::match found = router_.find(method, path, captured);
    if (found.route == nullptr) return "none, allowed: " + std::string{found.allowed};
    std::string text = found.route->path;
    for (std::size_t i = 0; i < captured.size(); ++i)
      text += " " + found.route->parameter_names[i] + "=" + std::string{captured[i]};
    return text;
  }

 private:
  std::vector<std::unique_ptr<route_entry>> all_;
  route_tree router_;
};

TEST(WebRouteTree, FindsLiteralsBeforeParametersBeforeRests) {
  routes r;
  for (const char* path : {"/", "/users", "/users/", "/users/me", "/users/{id}", "/users/{id}/posts",
                           "/users/{id}/posts/{post}", "/use", "/{any:path}", "/users/{id}/files/{rest:path}"})
    r.add(path);
  EXPECT_EQ(r.find("/"), "/");
  EXPECT_EQ(r.find("/users"), "/users");
  EXPECT_EQ(r.find("/users/"), "/users/");
  EXPECT_EQ(r.find("/users/me"), "/users/me");
  EXPECT_EQ(r.find("/users/mee"), "/users/{id} id=mee");
  EXPECT_EQ(r.find("/users/m"), "/users/{id} id=m");
  EXPECT_EQ(r.find("/users/7/posts"), "/users/{id}/posts id=7");
  EXPECT_EQ(r.find("/users/me/posts"), "/users/{id}/posts id=me");
  EXPECT_EQ(r.find("/users/7/posts/9"), "/users/{id}/posts/{post} id=7 post=9");
  EXPECT_EQ(r.find("/users/7/files/a/b"), "/users/{id}/files/{rest:path} id=7 rest=a/b");
  EXPECT_EQ(r.find("/users/7/files/"), "/users/{id}/files/{rest:path} id=7 rest=");
  EXPECT_EQ(r.find("/users/7/none"), "/{any:path} any=users/7/none");
  EXPECT_EQ(r.find("/us"), "/{any:path} any=us");
}

TEST(WebRouteTree, TakesAMethodFromALessParticularPath) {
  routes r;
  r.add("/users/me", "GET");
  r.add("/users/{id}", "PUT");
  EXPECT_EQ(r.find("/users/me", "PUT"), "/users/{id} id=me");
  EXPECT_EQ(r.find("/users/me", "HEAD"), "/users/me");
  EXPECT_EQ(r.find("/users/me", "DELETE"), "none, allowed: GET, HEAD, OPTIONS");
  EXPECT_EQ(r.find("/users/you", "GET"), "none, allowed: PUT, OPTIONS");
  EXPECT_EQ(r.find("/nobody"), "none, allowed: ");
  EXPECT_EQ(r.find(""), "none, allowed: ");
  EXPECT_EQ(r.find("/users//"), "none, allowed: ");
}

TEST(WebRouteTree, RefusesPathsThatAreNone) {
  routes r;
  r.add("/a/{x}");
  for (const char* path : {"", "a", "/a/{x", "/a{x}", "/{x}b", "/{}", "/{x}/{x}", "/{x:path}/b", "/a/{y}"})
    EXPECT_THROW(r.add(path), std::invalid_argument) << path;
}

TEST(WebRouteTree, FindsEachOfAThousand) {
  routes r;
  for (int i = 0; i < 1000; ++i) r.add("/r" + std::to_string(i) + "/{x}/end");
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    EXPECT_EQ(r.find("/r" + n + "/v/end"), "/r" + n + "/{x}/end x=v");
  }
}

}  // namespace
