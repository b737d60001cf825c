#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "app_talk.hpp"
#include "web/session_cookie.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::testing::told;
using weft::testing::with_app;
using weft::web::detail::session_cookie;
namespace http = weft::http;
namespace web = weft::web;

const std::string secret(32, 's');
const std::string other_secret(32, 'o');
constexpr std::chrono::sys_seconds now{1'000'000s};

TEST(WebSession, StaysWithTheClient) {
  web::app app;
  app.keep_sessions({.secret = secret, .secure = false});
  app.post("/in", [](web::query<"user", std::string> user, web::session& session) { session.set("user", *user); });
  app.post("/out", [](web::session& session) { session.clear(); });
  app.get("/", [](web::session& session) { return std::string{session.get("user").value_or("nobody")}; });
  with_app(app, [](http::client& client, web::server&) -> task<> {
    EXPECT_EQ(told(co_await client.get("/")), "200 nobody");
    const http::response in = co_await client.post("/in?user=ada");
    const std::string field{in.header("set-cookie")};
    EXPECT_NE(field.find("; Path=/; HttpOnly; SameSite=Lax; Max-Age=1209600"), std::string::npos) << field;
    const std::string cookie = field.substr(0, field.find(';'));
    const http::response known = co_await client.get("/").header("cookie", cookie);
    EXPECT_EQ(told(known), "200 ada");
    EXPECT_FALSE(known.headers().contains("set-cookie"));
    for (std::size_t i = 8; i < cookie.size(); i += 7) {
      std::string forged = cookie;
      forged[i] = forged[i] == 'A' ? 'B' : 'A';
      EXPECT_EQ(told(co_await client.get("/").header("cookie", forged)), "200 nobody") << i;
    }
    const http::response out = co_await client.post("/out").header("cookie", cookie);
    EXPECT_NE(out.header("set-cookie").find("session=; "), std::string::npos);
    EXPECT_NE(out.header("set-cookie").find("Max-Age=0"), std::string::npos);
  });
}

TEST(WebSession, IsForgottenWhenItIsOldOrSignedByAnother) {
  const session_cookie cookies{{.secret = secret, .max_age = 60s}};
  web::session one;
  one.set("a", "b\"\xc3\xa9");
  const std::string text = cookies.write(one, now);
  EXPECT_EQ(cookies.read(text, now + 60s).get("a"), "b\"\xc3\xa9");
  EXPECT_TRUE(cookies.read(text, now + 61s).empty());
  const session_cookie foreign{{.secret = other_secret}};
  EXPECT_TRUE(foreign.read(text, now).empty());
  const session_cookie newer{{.secret = other_secret, .old_secret = secret}};
  EXPECT_EQ(newer.read(text, now).get("a"), "b\"\xc3\xa9");
  const session_cookie renamed{{.secret = secret, .cookie = "other"}};
  EXPECT_TRUE(renamed.read(text, now).empty());
  for (const char* wrong : {"", ".", "..", "a.b.c", "...."}) EXPECT_TRUE(cookies.read(wrong, now).empty()) << wrong;
}

TEST(WebSession, RefusesWhatIsNotSafe) {
  EXPECT_THROW((session_cookie{{.secret = "short"}}), std::invalid_argument);
  EXPECT_THROW((session_cookie{{.secret = secret, .cookie = "a b"}}), std::invalid_argument);
  const session_cookie cookies{{.secret = secret}};
  web::session large;
  large.set("a", std::string(5000, 'x'));
  EXPECT_THROW(static_cast<void>(cookies.field(large, now)), std::length_error);
}

}  // namespace
