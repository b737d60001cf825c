#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <weft/http/content_disposition.hpp>

namespace {

std::string name_in(std::string_view field) { return weft::http::suggested_file_name(field).value_or("none"); }

TEST(SuggestedFileName, IsTheFieldsName) {
  EXPECT_EQ(name_in("attachment; filename=report.pdf"), "report.pdf");
  EXPECT_EQ(name_in("Attachment;FileName=\"an annual report.pdf\" ; x=y"), "an annual report.pdf");
  EXPECT_EQ(name_in("attachment; filename=\"a \\\"quoted\\\" name\""), "a \"quoted\" name");
  EXPECT_EQ(name_in("inline; foo=bar;; filename=x"), "x");
  EXPECT_EQ(name_in("attachment; filename=a; filename=b"), "a");
}

TEST(SuggestedFileName, PrefersTheExtendedOne) {
  EXPECT_EQ(name_in("attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates"), "\xe2\x82\xac rates");
  EXPECT_EQ(name_in("attachment; filename*=UTF-8'en'a%20b; filename=x"), "a b");
  EXPECT_EQ(name_in("attachment; filename*=iso-8859-1''na%EFve"), "na\xc3\xafve");
  EXPECT_EQ(name_in("attachment; filename*=utf-8''%ff; filename=plain"), "plain") << "not UTF-8";
  EXPECT_EQ(name_in("attachment; filename*=koi8-r''x; filename=plain"), "plain") << "a charset that is not known";
  EXPECT_EQ(name_in("attachment; filename*=x; filename=plain"), "plain");
  EXPECT_EQ(name_in("attachment; filename*=utf-8''..; filename=plain"), "plain");
  EXPECT_EQ(name_in("attachment; filename*=\"utf-8''x\"; filename=plain"), "plain") << "must not be quoted";
}

TEST(SuggestedFileName, TakesPlainNamesInOtherEncodings) {
  EXPECT_EQ(name_in("attachment; filename=\"na\xc3\xafve\""), "na\xc3\xafve");
  EXPECT_EQ(name_in("attachment; filename=\"na\xefve\""), "na\xc3\xafve");
  EXPECT_EQ(name_in("attachment; filename=\"\xed\xa0\x80\""), "\xc3\xad\xc2\xa0\xc2\x80") << "a surrogate is no UTF-8";
  EXPECT_EQ(name_in("attachment; filename=\"\xf0\x9f\x8e\x89\""), "\xf0\x9f\x8e\x89");
}

TEST(SuggestedFileName, CannotLeadElsewhere) {
  EXPECT_EQ(name_in("attachment; filename=\"/etc/passwd\""), "passwd");
  EXPECT_EQ(name_in("attachment; filename=\"../../x\""), "x");
  EXPECT_EQ(name_in("attachment; filename=\"C:\\dir\\x.exe\""), "x.exe");
  EXPECT_EQ(name_in("attachment; filename=\"..\\x\""), "x");
  EXPECT_EQ(name_in("attachment; filename*=utf-8''..%2F..%2Fx"), "x");
  EXPECT_EQ(name_in("attachment; filename*=utf-8''a%00b%0a"), "ab");
  EXPECT_EQ(name_in("attachment; filename=\".bashrc\""), "_bashrc");
  for (const char* name : {"\"\"", "\".\"", "\"..\"", "\"...\"", "\"a/\"", "\"a/..\"", "\"  \""})
    EXPECT_EQ(name_in("attachment; filename=" + std::string{name}), "none") << name;
}

TEST(SuggestedFileName, IsNotTooLong) {
  EXPECT_EQ(name_in("attachment; filename=" + std::string(300, 'x')), std::string(255, 'x'));
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\xe2\x82\xac";
  EXPECT_EQ(name_in("attachment; filename=\"x" + euros + "\""), "x" + euros.substr(0, 252)) << "no half character";
}

TEST(SuggestedFileName, MayBeMissing) {
  for (const char* field : {"", "attachment", "attachment;", "attachment; filename", "attachment; filename=",
                            "attachment; filename=\"open", "attachment; filename=a b; filename=c; x", "filename=x"}) {
    const std::string name = name_in(field);
    EXPECT_TRUE(name == "none" || name == "a") << field << ": " << name;
  }
}

}  // namespace
