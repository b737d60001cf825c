#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>
#include <weft/http/netrc.hpp>

namespace {

using weft::http::netrc;
using entries = std::vector<netrc::entry>;

TEST(Netrc, HasMachinesAndADefault) {
  const netrc file{
      "# for work\n"
      "machine example.org login ada password secret\n"
      "machine example.org\n\tlogin bob\n\taccount x\n\tpassword #1\r\n"
      "machine key.example password only\n"
      "default login anonymous password guest\n"
      "machine late.example login never password reached\n"};
  EXPECT_EQ(file.entries(), (entries{{"example.org", "ada", "secret"},
                                     {"example.org", "bob", "#1"},
                                     {"key.example", "", "only"},
                                     {"", "anonymous", "guest"},
                                     {"late.example", "never", "reached"}}));
  EXPECT_EQ(file.find("example.org")->login, "ada");
  EXPECT_EQ(file.find("EXAMPLE.org", "bob")->password, "#1");
  EXPECT_EQ(file.find("example.org", "eve"), nullptr);
  EXPECT_EQ(file.find("www.example.org")->login, "anonymous");
  EXPECT_EQ(file.find("late.example")->login, "anonymous") << "the default is for all that come behind it";
  EXPECT_EQ(file.find("late.example", "never")->password, "reached");
  EXPECT_EQ(netrc{}.find("example.org"), nullptr);
  EXPECT_EQ(netrc{""}.find("example.org"), nullptr);
}

TEST(Netrc, TakesQuotedWords) {
  const netrc file{R"(machine a.example login "two words" password "a\"b\\c\nd\te\x" machine b.example login a"b)"};
  EXPECT_EQ(file.entries(), (entries{{"a.example", "two words", "a\"b\\c\nd\tex"}, {"b.example", "a\"b", ""}}));
}

TEST(Netrc, SkipsMacrosAndComments) {
  const netrc file{
      "macdef init\nmachine no.example login x\n cd /\n\n"
      "machine a.example # the first\n  # login nobody\n  login ada password p#w\n"
      "macdef crlf\r\nlogin x\r\n\r\n"
      "machine b.example\n"
      "macdef last\nno end"};
  EXPECT_EQ(file.entries(), (entries{{"a.example", "ada", "p#w"}, {"b.example", "", ""}}));
}

std::string refusal(std::string_view text) {
  try {
    const netrc file{text};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Netrc, RefusesWhatItDoesNotKnowAndKeepsSecrets) {
  EXPECT_EQ(refusal("machine a.example\nlogin ada\npassword two words"),
            "netrc line 3: a word that is none of machine, default, login, password, account and macdef");
  EXPECT_EQ(refusal("machine a.example\n\nlogin"), "netrc line 3: nothing behind \"login\"");
  EXPECT_EQ(refusal("machine"), "netrc line 1: nothing behind \"machine\"");
  EXPECT_EQ(refusal("machine \"\""), "netrc line 1: a machine without a name");
  EXPECT_EQ(refusal("\nlogin ada"), "netrc line 2: \"login\" before any machine");
  EXPECT_EQ(refusal("machine a.example password \"open\nmachine b.example"), "netrc line 1: a quote is not closed");
  EXPECT_EQ(refusal("machine a.example password \"open\\"), "netrc line 1: a quote is not closed");
}

/// Sets a variable of the environment for as long as this lives.
class with_variable {
 public:
  with_variable(const char* name, const std::string& value) : name_{name} {
    if (const char* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  with_variable(const with_variable&) = delete;
  with_variable& operator=(const with_variable&) = delete;
  ~with_variable() {
    if (before_.empty())
      ::unsetenv(name_);
    else
      ::setenv(name_, before_.c_str(), 1);
  }

 private:
  const char* name_;
  std::string before_;
};

TEST(Netrc, IsFoundThroughTheEnvironment) {
  std::string pattern = (std::filesystem::temp_directory_path() / "weft-netrc-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path directory = pattern;
  {
    const with_variable home{"HOME", directory.string()};
    const with_variable none{"NETRC", ""};
    EXPECT_TRUE(netrc::from_environment().entries().empty()) << "there is no file";
    std::ofstream{directory / ".netrc"} << "machine a.example login ada password 1";
    EXPECT_EQ(netrc::from_environment().entries(), (entries{{"a.example", "ada", "1"}}));

    std::ofstream{directory / "other"} << "default login bob password 2";
    const with_variable named{"NETRC", (directory / "other").string()};
    EXPECT_EQ(netrc::from_environment().entries(), (entries{{"", "bob", "2"}}));
    const with_variable a_directory{"NETRC", directory.string()};
    EXPECT_THROW(static_cast<void>(netrc::from_environment()), std::system_error);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
