#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>
#include <weft/http/percent_encoding.hpp>
#include <weft/http/url.hpp>
#include <weft/http/url_query.hpp>

namespace {

using weft::http::percent_decode;
using weft::http::percent_encode;
using weft::http::percent_encode_set;
using weft::http::url;
using weft::http::url_query;

std::string text_of(const url_query& query) {
  std::string out;
  for (const auto& [name, value] : query) out.append(name).append("=").append(value).append(";");
  return out;
}

std::string read(std::string_view text) { return text_of(url_query{text}); }

TEST(UrlQuery, ReadsPairsInOrder) {
  EXPECT_EQ(read("a=1&b=2&a=3"), "a=1;b=2;a=3;");
  EXPECT_EQ(read("?a=1"), "a=1;");
  EXPECT_EQ(read("??a=1"), "?a=1;");
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("&&a&&=b&c=&=&"), "a=;=b;c=;=;");
  EXPECT_EQ(read("a=b=c"), "a=b=c;");
}

TEST(UrlQuery, DecodesNamesAndValues) {
  EXPECT_EQ(read("caf%C3%A9=au+lait%2B"), "caf\xc3\xa9=au lait+;");
  EXPECT_EQ(read("a=%&b=%4&c=%zz&d=%41%4"), "a=%;b=%4;c=%zz;d=A%4;");
  EXPECT_EQ(url_query{"a=%00"}.get("a"), (std::string_view{"\0", 1}));
}

TEST(UrlQuery, WritesWhatItReads) {
  url_query query;
  query.add("name", "a b&c=d");
  query.add("caf\xc3\xa9", "*-._~!'()");
  query.add("", "");
  EXPECT_EQ(query.str(), "name=a+b%26c%3Dd&caf%C3%A9=*-._%7E%21%27%28%29&=");
  EXPECT_EQ(url_query{query.str()}, query);

  url_query every;
  for (int byte = 0; byte < 256; ++byte) every.add(std::string{static_cast<char>(byte)}, "x");
  EXPECT_EQ(url_query{every.str()}, every);
  url u{"http://h/"};
  u.set_query(every.str());
  EXPECT_EQ(u.query(), every.str()) << "nothing is left for the URL to encode";
}

TEST(UrlQuery, IsChanged) {
  url_query query{"a=1&b=2&a=3&c=4"};
  EXPECT_EQ(query.get("a"), "1");
  EXPECT_EQ(query.get("A"), std::nullopt);
  EXPECT_EQ(query.get_all("a"), (std::vector<std::string_view>{"1", "3"}));
  EXPECT_TRUE(query.contains("c"));
  query.set("a", "5");
  EXPECT_EQ(query.str(), "a=5&b=2&c=4");
  query.set("d", "6");
  EXPECT_EQ(query.remove("b"), 1U);
  EXPECT_EQ(query.remove("b"), 0U);
  EXPECT_EQ(query.str(), "a=5&c=4&d=6");
  query.set("c", *query.get("a"));
  query.add(query.begin()->first, query.begin()->second);
  EXPECT_EQ(query.str(), "a=5&c=5&d=6&a=5");
  EXPECT_EQ(query.remove(query.begin()->first), 2U);
  EXPECT_EQ(query.size(), 2U);
}

TEST(PercentEncoding, HasSetsForTheParts) {
  const std::string_view ascii = " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~";
  EXPECT_EQ(percent_encode(ascii, percent_encode_set::c0_control), ascii);
  EXPECT_EQ(percent_encode(ascii, percent_encode_set::fragment), "%20!%22#$%&'()*+,-./09:;%3C=%3E?@AZ[\\]^_%60az{|}~");
  EXPECT_EQ(percent_encode(ascii, percent_encode_set::query), "%20!%22%23$%&'()*+,-./09:;%3C=%3E?@AZ[\\]^_`az{|}~");
  EXPECT_EQ(percent_encode(ascii, percent_encode_set::special_query),
            "%20!%22%23$%&%27()*+,-./09:;%3C=%3E?@AZ[\\]^_`az{|}~");
  EXPECT_EQ(percent_encode(ascii, percent_encode_set::path),
            "%20!%22%23$%&'()*+,-./09:;%3C=%3E%3F@AZ[\\]%5E_%60az%7B|%7D~");
  EXPECT_EQ(percent_encode(ascii, percent_encode_set::userinfo),
            "%20!%22%23$%&'()*+,-.%2F09%3A%3B%3C%3D%3E%3F%40AZ%5B%5C%5D%5E_%60az%7B%7C%7D~");
  EXPECT_EQ(percent_encode(ascii),
            "%20!%22%23%24%25%26'()*%2B%2C-.%2F09%3A%3B%3C%3D%3E%3F%40AZ%5B%5C%5D%5E_%60az%7B%7C%7D~");
  EXPECT_EQ(percent_encode(ascii, percent_encode_set::form),
            "%20%21%22%23%24%25%26%27%28%29*%2B%2C-.%2F09%3A%3B%3C%3D%3E%3F%40AZ%5B%5C%5D%5E_%60az%7B%7C%7D%7E");
  EXPECT_EQ(percent_encode("\x01\x7f\xc3\xa9", percent_encode_set::c0_control), "%01%7F%C3%A9");
}

TEST(PercentEncoding, IsUndone) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(every)), every);
  EXPECT_EQ(percent_decode("%41%4a%4A+%%2%zz%"), "AJJ+%%2%zz%");
}

}  // namespace
