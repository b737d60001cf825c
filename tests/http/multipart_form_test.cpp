#include <gtest/gtest.h>

#include <http/multipart_transcript.hpp>
#include <stdexcept>
#include <string>
#include <weft/http/multipart_form.hpp>

namespace {

using weft::http::multipart_form;
using weft::http::testing::run_multipart;

TEST(MultipartForm, IsWhatBrowsersSend) {
  multipart_form form{"xyz"};
  form.field("title", "caf\xc3\xa9\n")
      .bytes("data", "a.txt", "hello", "text/plain")
      .field("json", "{}", "application/json");
  EXPECT_EQ(form.content_type(), "multipart/form-data; boundary=xyz");
  EXPECT_EQ(form.text(),
            "--xyz\r\n"
            "Content-Disposition: form-data; name=\"title\"\r\n\r\n"
            "caf\xc3\xa9\n\r\n"
            "--xyz\r\n"
            "Content-Disposition: form-data; name=\"data\"; filename=\"a.txt\"\r\n"
            "Content-Type: text/plain\r\n\r\n"
            "hello\r\n"
            "--xyz\r\n"
            "Content-Disposition: form-data; name=\"json\"\r\n"
            "Content-Type: application/json\r\n\r\n"
            "{}\r\n"
            "--xyz--\r\n");
  EXPECT_EQ(multipart_form{"xyz"}.text(), "--xyz--\r\n");
}

TEST(MultipartForm, QuotesNames) {
  multipart_form form{"x"};
  form.bytes("a\"b\nc\r\nd\re\\f%22", "q\"\n\r\n\xe2\x82\xac\\x", "", "");
  EXPECT_EQ(form.parts()[0].head,
            "--x\r\nContent-Disposition: form-data; name=\"a%22b%0D%0Ac%0D%0Ad%0D%0Ae\\f%22\"; "
            "filename=\"q%22%0A%0D%0A\xe2\x82\xac\\x\"\r\n\r\n");
}

TEST(MultipartForm, NamesFilesThatAreReadLater) {
  multipart_form form;
  form.file("photo", "/pictures/beach.jpg", {.content_type = "image/jpeg"}).file("other", "x", {.file_name = "y"});
  ASSERT_EQ(form.parts().size(), 2U);
  EXPECT_EQ(form.parts()[0].file, "/pictures/beach.jpg");
  EXPECT_EQ(form.parts()[0].bytes, "");
  EXPECT_EQ(form.parts()[0].head, "--" + form.boundary() +
                                      "\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"beach.jpg\"\r\n"
                                      "Content-Type: image/jpeg\r\n\r\n");
  EXPECT_TRUE(form.parts()[1].head.ends_with("filename=\"y\"\r\nContent-Type: application/octet-stream\r\n\r\n"));
  EXPECT_EQ(form.end(), "--" + form.boundary() + "--\r\n");
  EXPECT_THROW(static_cast<void>(form.text()), std::logic_error);
}

TEST(MultipartForm, ChoosesABoundaryOfItsOwn) {
  const multipart_form one;
  const multipart_form other;
  EXPECT_NE(one.boundary(), other.boundary());
  EXPECT_EQ(one.boundary().size(), 40U);
  EXPECT_TRUE(one.boundary().starts_with("----weft"));
  for (const std::string& bad :
       {std::string{}, std::string(71, 'x'), std::string{"a b"}, std::string{"a\"b"}, std::string{"a\r\n"}})
    EXPECT_THROW(multipart_form{bad}, std::invalid_argument) << bad;
}

TEST(MultipartForm, RefusesHeaderFieldsInTheContentType) {
  multipart_form form;
  EXPECT_THROW(form.field("a", "b", "text/plain\r\nX: y"), std::invalid_argument);
  EXPECT_TRUE(form.parts().empty());
}

TEST(MultipartForm, ComesOutOfTheParser) {
  multipart_form form;
  form.field("a", "1")
      .field("", "")
      .bytes("f", "n.bin", "\r\n--" + form.boundary().substr(0, 39) + "\r\n")
      .field("b", "\r");
  const auto result = run_multipart(form.boundary(), form.text(), [](std::size_t) { return 7; });
  EXPECT_EQ(result.why, "");
  EXPECT_EQ(result.events, "a=1\n=\nf(n.bin)=\r\n--" + form.boundary().substr(0, 39) + "\r\n\nb=\r\nend");
}

}  // namespace
