#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weft/files.hpp>
#include <weft/testing.hpp>

#include "app_talk.hpp"

namespace {

using weft::task;
using weft::testing::told;
using weft::testing::with_test_client;
namespace http = weft::http;
namespace web = weft::web;

struct photo {
  std::string title;
  std::vector<int> tags;
};
WEFT_DESCRIBE(photo, (title, min_length(2)), tags)

TEST(WebUpload, OfFieldsAndFiles) {
  web::app app;
  app.post(
      "/photos",
      [](web::form_file<"picture"> picture, web::form_field<"title", std::string> title,
         web::form_field<"year", int, web::otherwise(2000)> year, web::form_file<"more", std::vector<web::upload>> more,
         web::form_file<"cover", std::optional<web::upload>> cover) -> task<std::string> {
        std::string text = *title + " " + std::to_string(*year) + " " + picture->file_name() + " " +
                           picture->content_type() + " " + co_await picture->read();
        for (const web::upload& each : *more) text += " +" + each.file_name();
        co_return text + (cover->has_value() ? " cover" : " bare");
      });
  with_test_client(app, [](web::test_client& client) -> task<> {
    http::multipart_form form;
    form.field("title", "Beach").bytes("picture", "beach.png", "PNG", "image/png");
    form.bytes("more", "a", "1").bytes("more", "b", "2").bytes("cover", "", "");
    EXPECT_EQ(told(co_await client.post("/photos").multipart(form)),
              "200 Beach 2000 beach.png image/png PNG +a +b bare");
  });
}

TEST(WebUpload, TellsAllThatIsWrong) {
  web::app app;
  bool called = false;
  app.post("/photos", [&](web::form_file<"picture">, web::form_field<"year", int>,
                          web::form_file<"cover", std::optional<web::upload>>) { called = true; });
  with_test_client(app, [](web::test_client& client) -> task<> {
    http::multipart_form form;
    form.field("year", "soon").bytes("cover", "a", "1").bytes("cover", "b", "2").field("picture", "text only");
    const http::response r = co_await client.post("/photos").multipart(form);
    EXPECT_EQ(r.status(), 422);
    const auto found = weft::from_json<web::refusal>(r.text());
    const std::vector<web::problem> wanted{{"form", "picture", "a file", "nothing"},
                                           {"form", "year", "an integer", "\"soon\""},
                                           {"form", "cover", "one file", "2 files"}};
    EXPECT_EQ(found.detail, wanted);
  });
  EXPECT_FALSE(called);
}

TEST(WebUpload, GoesToDiskPastASize) {
  web::app app{{.upload_memory = 1000}};
  weft::temporary_directory place;
  std::filesystem::path kept;
  app.post("/files",
           [&](web::form_file<"small", std::vector<web::upload>> small,
               web::form_file<"large"> large) -> task<std::string> {
             for (const web::upload& each : *small) EXPECT_TRUE(each.is_in_memory());
             EXPECT_FALSE(large->is_in_memory());
             EXPECT_EQ(large->size(), 300'000U);
             EXPECT_EQ(co_await large->read_at(299'998, 100), "yz");
             EXPECT_EQ(co_await large->read_at(300'000, 100), "");
             EXPECT_THROW(static_cast<void>(large->read(1000)), weft::limit_error);
             co_await large->save_as(place.path() / "large");
             co_await large->save_as(place.path() / "again");
             co_await small->at(0).save_as(place.path() / "small");
             co_return co_await large->read_at(0, 3);
           })
      .max_body(1 << 20);
  weft::testing::run([&]() -> task<> {
    place = co_await weft::make_temporary_directory();
    co_await weft::with(web::test_client{app}, [&](web::test_client& client) -> task<> {
      http::multipart_form form;
      std::string large = "abc" + std::string(300'000 - 5, '.') + "yz";
      form.bytes("small", "s", std::string(400, 's'))
          .bytes("large", "l", large)
          .bytes("small", "t", std::string(600, 't'));
      EXPECT_EQ(told(co_await client.post("/files").multipart(form)), "200 abc");
      EXPECT_EQ(co_await weft::read_file(place.path() / "large"), large);
      EXPECT_EQ(co_await weft::read_file(place.path() / "again"), large);
      EXPECT_EQ(co_await weft::read_file(place.path() / "small"), std::string(400, 's'));
      form.bytes("large", "too", std::string(1 << 20, 'x'));
      EXPECT_EQ((co_await client.post("/files").multipart(form)).status(), 413);
    });
    co_await place.remove();
  });
}

TEST(WebUpload, OfAFormThatIsAStruct) {
  web::app app;
  app.post("/photos", [](web::form<photo> made, web::form_file<"file", std::optional<web::upload>> file) {
    return made->title + std::to_string(made->tags.size()) + (file->has_value() ? (*file)->file_name() : "none");
  });
  with_test_client(app, [](web::test_client& client) -> task<> {
    http::multipart_form form;
    form.field("title", "Sea").field("tags", "1").field("tags", "2").bytes("file", "sea.txt", "");
    EXPECT_EQ(told(co_await client.post("/photos").multipart(form)), "200 Sea2sea.txt");
    EXPECT_EQ(told(co_await client.post("/photos").body("title=Sea&tags=1", "application/x-www-form-urlencoded")),
              "200 Sea1none");
  });
}

TEST(WebUpload, RefusesWhatIsNoForm) {
  web::app app;
  app.post("/", [](web::form_field<"a", std::string> a) { return *a; });
  with_test_client(app, [](web::test_client& client) -> task<> {
    const auto send = [&](const char* type, const char* body) -> task<int> {
      co_return (co_await client.post("/").body(body, type)).status();
    };
    const char* const typed = "multipart/form-data; boundary=b";
    EXPECT_EQ(co_await send(typed, "--b\r\ncontent-disposition: form-data; name=a\r\n\r\nx\r\n--b--\r\n"), 200);
    EXPECT_EQ(co_await send("multipart/form-data", "--b--\r\n"), 400);
    EXPECT_EQ(co_await send("multipart/form-data; boundary=\"\"", "----\r\n"), 400);
    EXPECT_EQ(co_await send(typed, "--c--\r\n"), 400);
    EXPECT_EQ(co_await send(typed, "--b\r\ncontent-disposition: form-data; name=a\r\n\r\nx"), 400) << "broken off";
    EXPECT_EQ(co_await send(typed, "--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--\r\n"), 400) << "no name";
    EXPECT_EQ(co_await send("multipart/mixed; boundary=b", "--b--\r\n"), 415);
    EXPECT_EQ(co_await send("application/json", "{}"), 415);
    EXPECT_EQ(co_await send(typed, "--b\r\ncontent-disposition: form-data; name=a\r\n\r\n\xff\r\n--b--\r\n"), 422);
  });
}

}  // namespace
