#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <weft/http/proxy_settings.hpp>

namespace {

using weft::http::proxy_settings;
using weft::http::url;
using weft::http::url_error;

using variables = std::map<std::string, std::string>;

proxy_settings settings(variables of_test) {
  static variables current;
  current = std::move(of_test);
  return proxy_settings::from([](const char* name) -> const char* {
    const auto found = current.find(name);
    return found == current.end() ? nullptr : found->second.c_str();
  });
}

std::string proxy_of(const variables& given, const char* target) {
  const proxy_settings from = settings(given);
  const url* const proxy = from.proxy_for(url{target});
  return proxy == nullptr ? "none" : proxy->str();
}

TEST(ProxySettings, AreNoneByDefault) {
  EXPECT_EQ(proxy_settings{}.proxy_for(url{"http://a.example/"}), nullptr);
  EXPECT_EQ(proxy_of({}, "http://a.example/"), "none");
}

TEST(ProxySettings, HaveAVariableForEachScheme) {
  const variables given{{"http_proxy", "http://h:1"}, {"https_proxy", "http://s:2"}};
  EXPECT_EQ(proxy_of(given, "http://a.example/"), "http://h:1/");
  EXPECT_EQ(proxy_of(given, "ws://a.example/"), "http://h:1/");
  EXPECT_EQ(proxy_of(given, "https://a.example/"), "http://s:2/");
  EXPECT_EQ(proxy_of(given, "wss://a.example/"), "http://s:2/");
  EXPECT_EQ(proxy_of(given, "ftp://a.example/"), "none");
}

TEST(ProxySettings, FallBackToTheOneForAll) {
  EXPECT_EQ(proxy_of({{"all_proxy", "http://all:1"}}, "http://a.example/"), "http://all:1/");
  EXPECT_EQ(proxy_of({{"ALL_PROXY", "http://all:1"}}, "https://a.example/"), "http://all:1/");
  EXPECT_EQ(proxy_of({{"all_proxy", "http://all:1"}, {"https_proxy", "http://s:2"}}, "https://a.example/"),
            "http://s:2/");
  EXPECT_EQ(proxy_of({{"all_proxy", "http://all:1"}, {"https_proxy", ""}}, "https://a.example/"), "none");
}

TEST(ProxySettings, PreferSmallLetters) {
  EXPECT_EQ(proxy_of({{"https_proxy", "http://small:1"}, {"HTTPS_PROXY", "http://big:1"}}, "https://a.example/"),
            "http://small:1/");
  EXPECT_EQ(proxy_of({{"https_proxy", ""}, {"HTTPS_PROXY", "http://big:1"}}, "https://a.example/"), "none");
  EXPECT_EQ(proxy_of({{"HTTPS_PROXY", "http://big:1"}}, "https://a.example/"), "http://big:1/");
  EXPECT_EQ(proxy_of({{"HTTP_PROXY", "http://big:1"}}, "http://a.example/"), "http://big:1/");
}

TEST(ProxySettings, DoNotTrustTheCapitalsInACgiProgram) {
  const variables given{{"HTTP_PROXY", "http://evil:1"}, {"HTTPS_PROXY", "http://good:1"}, {"REQUEST_METHOD", "GET"}};
  EXPECT_EQ(proxy_of(given, "http://a.example/"), "none");
  EXPECT_EQ(proxy_of(given, "https://a.example/"), "http://good:1/");
  EXPECT_EQ(proxy_of({{"http_proxy", "http://good:1"}, {"REQUEST_METHOD", "GET"}}, "http://a.example/"),
            "http://good:1/");
}

TEST(ProxySettings, TakeProxiesAsTheyAreWritten) {
  EXPECT_EQ(proxy_of({{"http_proxy", "proxy.example:3128"}}, "http://a.example/"), "http://proxy.example:3128/");
  EXPECT_EQ(proxy_of({{"http_proxy", " ada:secret@10.0.0.1:3128 "}}, "http://a.example/"),
            "http://ada:secret@10.0.0.1:3128/");
  EXPECT_EQ(proxy_of({{"http_proxy", "https://proxy.example"}}, "http://a.example/"), "https://proxy.example/");
  EXPECT_EQ(proxy_of({{"http_proxy", "socks5://proxy.example:1080"}}, "http://a.example/"),
            "socks5://proxy.example:1080");
}

TEST(ProxySettings, NameTheVariableThatIsWrong) {
  const auto refusal = [](const variables& given) -> std::string {
    try {
      return proxy_of(given, "http://a.example/");
    } catch (const url_error& error) {
      return error.what();
    }
  };
  EXPECT_TRUE(refusal({{"http_proxy", "http://a:b:c"}}).starts_with("http_proxy in the environment: "));
  EXPECT_TRUE(refusal({{"HTTPS_PROXY", "http://a b"}}).starts_with("HTTPS_PROXY in the environment: "));
  EXPECT_EQ(refusal({{"all_proxy", "file:///x"}}), "all_proxy in the environment: no host in the URL");
}

struct exception_case {
  const char* no_proxy;
  const char* host;
  bool exempt;
};

std::ostream& operator<<(std::ostream& out, const exception_case& each) {
  return out << each.no_proxy << " for " << each.host;
}

class NoProxy : public ::testing::TestWithParam<exception_case> {};

TEST_P(NoProxy, Exempts) {
  const auto& [no_proxy, host, exempt] = GetParam();
  const std::string target = "http://" + std::string{host} + "/";
  EXPECT_EQ(proxy_of({{"http_proxy", "http://p:1"}, {"no_proxy", no_proxy}}, target.c_str()) == "none", exempt);
  EXPECT_EQ(proxy_of({{"http_proxy", "http://p:1"}, {"NO_PROXY", no_proxy}}, target.c_str()) == "none", exempt);
}

INSTANTIATE_TEST_SUITE_P(
    Names, NoProxy,
    ::testing::Values(
        exception_case{"", "a.example", false}, exception_case{"a.example", "a.example", true},
        exception_case{"A.Example", "a.example", true}, exception_case{"a.example", "www.a.example", true},
        exception_case{".a.example", "a.example", true}, exception_case{".a.example", "www.a.example", true},
        exception_case{"*.a.example", "www.a.example", true}, exception_case{"a.example.", "a.example", true},
        exception_case{"a.example", "a.example.", true}, exception_case{"a.example", "aa.example", false},
        exception_case{"a.example", "example", false}, exception_case{"www.a.example", "a.example", false},
        exception_case{"x,a.example", "a.example", true}, exception_case{"x, a.example", "a.example", true},
        exception_case{"x a.example,", "a.example", true}, exception_case{",, ,", "a.example", false},
        exception_case{"*", "a.example", true}, exception_case{"x,*", "a.example", true},
        exception_case{"*example", "a.example", false}, exception_case{".", "a.example", false},
        exception_case{"b\xc3\xbc"
                       "cher.example",
                       "xn--bcher-kva.example", true},
        exception_case{"localhost", "localhost", true}));

INSTANTIATE_TEST_SUITE_P(Ports, NoProxy,
                         ::testing::Values(exception_case{"a.example:8080", "a.example:8080", true},
                                           exception_case{"a.example:8080", "www.a.example:8080", true},
                                           exception_case{"a.example:8080", "a.example", false},
                                           exception_case{"a.example:80", "a.example", true},
                                           exception_case{"a.example", "a.example:8080", true},
                                           exception_case{"a.example:x", "a.example", false},
                                           exception_case{"a.example:", "a.example", false},
                                           exception_case{"a.example:99999", "a.example", false},
                                           exception_case{"10.0.0.1:8080", "10.0.0.1:8080", true},
                                           exception_case{"10.0.0.1:8080", "10.0.0.1", false},
                                           exception_case{"[::1]:8080", "[::1]:8080", true},
                                           exception_case{"[::1]:8080", "[::1]", false}));

INSTANTIATE_TEST_SUITE_P(
    Addresses, NoProxy,
    ::testing::Values(exception_case{"10.0.0.1", "10.0.0.1", true}, exception_case{"10.0.0.1", "10.0.0.11", false},
                      exception_case{"0.0.1", "10.0.0.1", false}, exception_case{"10.0.0.0/8", "10.255.3.4", true},
                      exception_case{"10.0.0.0/8", "11.0.0.1", false}, exception_case{"10.1.2.3/8", "10.9.9.9", true},
                      exception_case{"192.168.4.0/22", "192.168.7.255", true},
                      exception_case{"192.168.4.0/22", "192.168.8.0", false},
                      exception_case{"10.0.0.1/32", "10.0.0.1", true}, exception_case{"10.0.0.1/32", "10.0.0.2", false},
                      exception_case{"10.0.0.0/8", "[::ffff:10.0.0.1]", true},
                      exception_case{"::ffff:10.0.0.0/104", "10.0.0.1", true},
                      exception_case{"0.0.0.0/0", "8.8.8.8", true}, exception_case{"0.0.0.0/0", "[::1]", false},
                      exception_case{"0.0.0.0/0", "a.example", false}, exception_case{"10.0.0.0/33", "10.0.0.0", false},
                      exception_case{"10.0.0.0/", "10.0.0.0", false}, exception_case{"10.0.0.0/x", "10.0.0.0", false},
                      exception_case{"10.0.0/8", "10.0.0.0", false}, exception_case{"a.example/8", "a.example", false},
                      exception_case{"::1", "[::1]", true}, exception_case{"[::1]", "[::1]", true},
                      exception_case{"0:0::1", "[::1]", true}, exception_case{"fd00::/8", "[fd12:3::4]", true},
                      exception_case{"fd00::/8", "[fe80::1]", false},
                      exception_case{"2001:db8::/33", "[2001:db8:7fff::1]", true},
                      exception_case{"2001:db8::/33", "[2001:db8:8000::1]", false},
                      exception_case{"::/0", "10.0.0.1", false}, exception_case{"::/129", "[::1]", false}));

}  // namespace
