// What the web asks of a client: TLS, redirects, compression, cookies, logins, proxies; and bodies saved to files.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <support/certificates.hpp>
#include <support/nginx.hpp>
#include <vector>

#include "peers.hpp"
#include "tool.hpp"

using namespace weft_test;
using weft::testing::nginx;

namespace {

/// A server with a bit of everything: on "@0" plain, on "@1" with TLS.
class FetchFromTheWeb : public testing::Test {
 public:
  void SetUp() override {
    for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i) + "\n";
    tree.write("www/text.txt", text);
    tree.write("www/d/e/small.txt", "small\n");
    tree.write("www/d/index.html", "index\n");
    const weft::testing::identity identity = ca.issue({.common_name = "localhost", .names = {"localhost"}});
    authority = tree.write("ca.pem", ca.certificate());
    const std::string certificate = tree.write("server.pem", identity.both());
    server = std::make_unique<nginx>(R"(
      default_type text/plain;
      server {
        listen 127.0.0.1:@0;
        listen 127.0.0.1:@1 ssl;
        ssl_certificate )" + certificate +
                                     R"(;
        ssl_certificate_key )" + certificate +
                                     R"(;
        root )" + tree.file("www") + R"(;
        gzip on; gzip_types *; gzip_min_length 100;
        location /tell { return 200 "$request_method|$http_x_a|$http_x_b|$content_type|$http_user_agent"; }
        location /who { return 200 "$http_authorization"; }
        location /once { return 302 /text.txt; }
        location /twice { return 301 /once; }
        location /loop { return 307 /loop; }
        location /away { return 302 "ftp://example.org/"; }
        location /set { add_header set-cookie "taste=sweet"; return 302 /cookie; }
        location /cookie { return 200 "$http_cookie"; }
      })");
    secure = "https://localhost:" + std::to_string(server->port(1));
  }

  /// Fetches one path and gives its record.
  std::string fetch(const std::string& path, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"fetch", "--bodies", "--retries", "0", server->url(path)});
    const finished run = run_tool(arguments);
    EXPECT_EQ(run.status, field(run.output, "error") == "null" ? 0 : 1) << run.output << run.errors;
    return record_of(run.output, server->url(path));
  }
  /// The names of all files below a directory, in order.
  std::vector<std::string> files(const std::string& directory) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
      if (entry.is_regular_file()) found.push_back(std::filesystem::relative(entry.path(), directory).string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  scratch tree;
  weft::testing::authority ca{"weft test CA"};
  std::string text;
  std::string authority;
  std::unique_ptr<nginx> server;
  std::string secure;
};

TEST_F(FetchFromTheWeb, ChecksWhoAServerIs) {
  const std::string url = secure + "/d/e/small.txt";
  const finished unknown = run_tool({"fetch", url});
  EXPECT_EQ(unknown.status, 1);
  const std::string record = record_of(unknown.output, url);
  EXPECT_EQ(field(record, "kind"), "tls");
  EXPECT_EQ(field(record, "attempts"), "1");
  EXPECT_NE(record.find("--cacert FILE"), std::string::npos) << "tells what to do: " << record;

  const finished trusted = run_tool({"fetch", "--bodies", "--cacert", authority, url});
  EXPECT_EQ(trusted.status, 0) << trusted.output;
  EXPECT_EQ(field(record_of(trusted.output, url), "body"), "small\\n");
  EXPECT_EQ(run_tool({"fetch", "--insecure", url}).status, 0);

  std::string other_name = url;
  other_name.replace(other_name.find("localhost"), 9, "127.0.0.1");
  const finished wrong = run_tool({"fetch", "--cacert", authority, other_name});
  EXPECT_EQ(field(record_of(wrong.output, other_name), "kind"), "tls");
}

TEST_F(FetchFromTheWeb, TellsTlsFromWhatIsNot) {
  std::string url = server->url("/text.txt");
  url.replace(0, 4, "https");
  const finished run = run_tool({"fetch", url});
  EXPECT_EQ(field(record_of(run.output, url), "kind"), "tls") << run.output;
}

TEST_F(FetchFromTheWeb, FollowsRedirects) {
  const std::string followed = fetch("/twice", {"--max-body", "7"});
  EXPECT_EQ(field(followed, "status"), "200");
  EXPECT_EQ(field(followed, "final_url"), server->url("/text.txt"));
  EXPECT_EQ(field(followed, "body"), "line 0\\n");
  EXPECT_EQ(field(followed, "attempts"), "1");
  EXPECT_EQ(field(fetch("/text.txt"), "final_url"), "(none)");

  const std::string stayed = fetch("/twice", {"--no-redirects"});
  EXPECT_EQ(field(stayed, "status"), "301");
  EXPECT_EQ(field(stayed, "location"), server->url("/once"));
  EXPECT_EQ(field(stayed, "final_url"), "(none)");

  EXPECT_EQ(field(fetch("/twice", {"--max-redirects", "1"}), "kind"), "redirects");
  const std::string loop = fetch("/loop");
  EXPECT_EQ(field(loop, "kind"), "redirects");
  EXPECT_EQ(field(loop, "status"), "null");
  EXPECT_EQ(field(loop, "message"), "redirected more than 10 times");
  EXPECT_NE(field(fetch("/away"), "message").find("ftp://example.org/"), std::string::npos);
}

TEST_F(FetchFromTheWeb, DecompressesBodies) {
  const std::string packed = fetch("/text.txt");
  EXPECT_EQ(field(packed, "content-encoding"), "gzip");
  EXPECT_EQ(field(packed, "bytes"), std::to_string(text.size()));
  const std::string plain = fetch("/text.txt", {"--no-compression"});
  EXPECT_EQ(field(plain, "content-encoding"), "(none)");
  EXPECT_EQ(field(plain, "body"), field(packed, "body"));
}

TEST_F(FetchFromTheWeb, SendsWhatItIsGiven) {
  EXPECT_TRUE(field(fetch("/tell"), "body").starts_with("GET||||weft/")) << fetch("/tell");
  EXPECT_EQ(field(fetch("/tell", {"--header", "X-A: one two ", "-H", "x-b:3", "-H", "User-Agent: me"}), "body"),
            "GET|one two|3||me");
  EXPECT_TRUE(
      field(fetch("/tell", {"--data", "a=b"}), "body").starts_with("POST|||application/x-www-form-urlencoded|"));
  EXPECT_TRUE(
      field(fetch("/tell", {"--json", "[1,2]", "--method", "PUT"}), "body").starts_with("PUT|||application/json|"));
  EXPECT_TRUE(field(fetch("/tell", {"-d", "x", "-H", "Content-Type: text/x"}), "body").starts_with("POST|||text/x|"));
  const std::string head = fetch("/text.txt", {"--method", "HEAD", "--no-compression"});
  EXPECT_EQ(field(head, "content-length"), std::to_string(text.size()));
  EXPECT_EQ(field(head, "bytes"), "0");
}

TEST_F(FetchFromTheWeb, KeepsCookiesUnlessToldNotTo) {
  EXPECT_EQ(field(fetch("/set"), "body"), "taste=sweet");
  EXPECT_EQ(field(fetch("/set", {"--no-cookies"}), "body"), "");
}

TEST_F(FetchFromTheWeb, LogsInWithWhatTheUrlSays) {
  std::string url = server->url("/who");
  url.insert(std::string{"http://"}.size(), "me:secret@");
  const finished run = run_tool({"fetch", "--bodies", url});
  EXPECT_EQ(run.status, 0);
  const std::string record = record_of(run.output, url);
  EXPECT_EQ(field(record, "body"), "Basic bWU6c2VjcmV0");
  EXPECT_EQ(field(record, "final_url"), "(none)");
}

TEST_F(FetchFromTheWeb, SavesABody) {
  const std::string target = tree.write("saved", "what was there before");
  const finished run = run_tool({"fetch", server->url("/twice"), "--save", target});
  EXPECT_EQ(run.status, 0) << run.output << run.errors;
  EXPECT_EQ(read_file(target), text);
  const std::string record = record_of(run.output, server->url("/twice"));
  EXPECT_EQ(field(record, "file"), target);
  EXPECT_EQ(field(record, "bytes"), std::to_string(text.size()));

  const finished missing = run_tool({"fetch", server->url("/nowhere"), "--save", target});
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(field(record_of(missing.output, server->url("/nowhere")), "file"), "(none)");
  const finished large = run_tool({"fetch", server->url("/text.txt"), "--save", target, "--max-body", "1K"});
  EXPECT_EQ(large.status, 1);
  EXPECT_EQ(field(record_of(large.output, server->url("/text.txt")), "kind"), "limit");
  EXPECT_EQ(read_file(target), text) << "what fails leaves the file as it was";
}

TEST_F(FetchFromTheWeb, SavesManyBodies) {
  const std::string below = tree.file("all");
  const finished run =
      run_tool({"fetch", server->url("/text.txt?q=a/b"), server->url("/d/e/small.txt"), server->url("/d/"),
                server->url("/nowhere"), server->url("/text.txt?q=a/b"), "--save-dir", below});
  EXPECT_EQ(run.status, 1) << "one is not found";
  const std::string host = "127.0.0.1:" + std::to_string(server->port(0));
  EXPECT_EQ(files(below), (std::vector{host + "/d/e/small.txt", host + "/d/index.html", host + "/text.txt?q=a%2Fb"}));
  EXPECT_EQ(read_file(below + "/" + host + "/text.txt?q=a%2Fb"), text);

  const std::string taken = tree.write("taken", "a file");
  const finished refused = run_tool({"fetch", server->url("/text.txt"), "--save-dir", taken});
  EXPECT_EQ(refused.status, 1);
  const std::string record = record_of(refused.output, server->url("/text.txt"));
  EXPECT_EQ(field(record, "kind"), "file");
  EXPECT_NE(field(record, "message").find("Not a directory"), std::string::npos) << record;
}

TEST(FetchToAFile, LeavesNothingBehindWhenItIsStopped) {
  const scripted_server server{[](peer_connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + std::string(1'000'000, 'x'));
    peer.wait_for_close();
  }};
  scratch place;
  tool process{{"fetch", server.url("/"), "--save-dir", place.file("")}};
  const auto begun = [&] {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{place.file("")}) {
      if (entry.path().extension() == ".part") return true;
    }
    return false;
  };
  ASSERT_TRUE(process.eventually(begun));
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 130);
  EXPECT_FALSE(begun());
  const std::string record = record_of(process.output(), server.url("/"));
  EXPECT_EQ(field(record, "kind"), "interrupted");
  EXPECT_EQ(field(record, "file"), "(none)");
}

TEST(FetchThroughAProxy, AsksItForEverything) {
  const scripted_server proxy{[](peer_connection& peer) {
    for (std::string path = peer.read_request(); !path.empty(); path = peer.read_request()) peer.write(ok(path));
  }};
  const finished run = run_tool({"fetch", "--bodies", "--proxy", proxy.url("/"), "http://somewhere.invalid/a?b"});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(field(record_of(run.output, "http://somewhere.invalid/a?b"), "body"), "http://somewhere.invalid/a?b");
}

TEST(FetchWithABody, SendsAFileAndStandardInput) {
  const scripted_server server{[](peer_connection& peer) {
    for (std::string path = peer.read_request(); !path.empty(); path = peer.read_request())
      peer.write(ok(peer.read_body(6)));
  }};
  scratch place;
  const std::string file = place.write("body", "from a");
  const finished from_file = run_tool({"fetch", "--bodies", "--data", "@" + file, server.url("/")});
  EXPECT_EQ(field(record_of(from_file.output, server.url("/")), "body"), "from a");
  const std::string large(3'000'000, 'x');
  const scripted_server taker{[&](peer_connection& peer) {
    while (!peer.read_request().empty()) peer.write(ok(peer.read_body(large.size()) == large ? "all" : "not all"));
  }};
  const finished long_file =
      run_tool({"fetch", "--bodies", "--data", "@" + place.write("large", large), taker.url("/")});
  EXPECT_EQ(field(record_of(long_file.output, taker.url("/")), "body"), "all");
  const finished piped = run_tool({"fetch", "--bodies", "--data", "@-", server.url("/")}, {.input = file});
  EXPECT_EQ(field(record_of(piped.output, server.url("/")), "body"), "from a");
}

TEST(FetchUsage, RefusesWhatCannotBeSent) {
  const auto refusal = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"fetch", "http://127.0.0.1:1/"});
    const finished run = run_tool(std::move(arguments));
    EXPECT_EQ(run.status, 2) << run.errors;
    EXPECT_EQ(run.output, "");
    return run.errors;
  };
  const auto refuses = [&](std::vector<std::string> arguments, std::string_view why) {
    const std::string text = refusal(std::move(arguments));
    EXPECT_NE(text.find(why), std::string::npos) << text;
  };
  refuses({"--header", "no colon"}, "with a colon");
  refuses({"--header", "bad name: x"}, "--header");
  refuses({"--header", "Content-Length: 3"}, "--data");
  refuses({"--method", "GET /"}, "not a method");
  refuses({"--proxy", "ftp://proxy/"}, "must be an http or https URL");
  refuses({"--data", "@/nowhere/at/all"}, "No such file");
  refuses({"--cacert", "/dev/null"}, "/dev/null");
  refuses({"--save", "a", "-i", "urls"}, "single URL");
  refuses({"--save", "a", "--bodies"}, "--bodies");
  refuses({"--max-body", "3Q"}, "--max-body");
  refuses({"--rate", "0"}, "--rate");
}

}  // namespace
