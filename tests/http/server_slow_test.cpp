// The server against slowhttptest, whose connections take their time in four ways. It must close them all, and answer
// others meanwhile.

#include <array>
#include <sstream>
#include <string>
#include <support/child_program.hpp>
#include <support/scratch.hpp>
#include <vector>
#include <weft/http.hpp>

#include "net/sockets.hpp"

namespace {

using namespace std::chrono_literals;
using weft::task;
using weft::http::server;
using weft::http::server_request;
using weft::http::server_response;
using weft::testing::read_file;

constexpr weft::http::server_options impatient{.header_timeout = 1s,
                                               .body_timeout = 1s,
                                               .idle_timeout = 1s,
                                               .send_timeout = 1s,
                                               .min_receive_rate = 100'000,
                                               .min_send_rate = 100'000};

/// A page for slow readers, an upload for slow writers, a file for those that want it in small parts.
class site {
 public:
  site() { tree_.write("file", std::string(100'000, 'f')); }
  task<server_response> operator()(server_request& request) {
    if (request.path() == "/file") co_return co_await files_(request);
    if (request.path() == "/large") co_return server_response::static_bytes(large_);
    co_return server_response::text(co_await request.text());
  }

 private:
  weft::testing::scratch tree_;
  weft::http::static_files files_{tree_.file("")};
  std::string large_ = std::string(20'000'000, 'l');
};

/// The values of a column in a CSV file that begins with the columns' names.
std::vector<std::string> column(const std::string& csv, std::size_t number) {
  std::istringstream lines{csv};
  std::string line;
  std::getline(lines, line);
  std::vector<std::string> values;
  while (std::getline(lines, line)) {
    std::istringstream cells{line};
    std::string cell;
    for (std::size_t i = 0; i <= number; ++i) std::getline(cells, cell, ',');
    values.push_back(cell);
  }
  return values;
}

void slowhttptest_finds_it_available(std::vector<std::string> mode, std::string path) {
  weft::testing::run_sockets([&]() -> task<> {
    site here;
    co_await weft::with(server{std::ref(here), impatient}, [&](server& s) -> task<> {
      const weft::testing::scratch place;
      std::vector<std::string> command{
          "slowhttptest", "-c",          "100", "-r", "200", "-i", "1",  "-l",
          "40",           "-p",          "20",  "-v", "1",   "-g", "-o", place.file("found"),
          "-u",           s.url() + path};
      command.insert(command.end(), mode.begin(), mode.end());
      const std::string said = co_await weft::testing::output_of(command, 60s);
      EXPECT_NE(said.find("No open connections left"), said.npos) << said;
      const std::string found = read_file(place.file("found.csv"));
      const std::vector<std::string> available = column(found, 4);
      EXPECT_FALSE(available.empty()) << said;
      for (const std::string& each : available) EXPECT_NE(each, "0") << found;
    });
  });
}

TEST(NetHttpServerSlow, Headers) { slowhttptest_finds_it_available({"-H"}, "/"); }

TEST(NetHttpServerSlow, Bodies) { slowhttptest_finds_it_available({"-B"}, "/"); }

TEST(NetHttpServerSlow, ManySmallRanges) { slowhttptest_finds_it_available({"-R", "-a", "1", "-b", "3000"}, "/file"); }

TEST(NetHttpServerSlow, Readers) {
  slowhttptest_finds_it_available({"-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "1024"}, "/large");
}

}  // namespace
