// What `weft fetch` and other clients are measured against: weft's HTTP client and nothing else. Reads URLs from a
// file, fetches them with a number of workers, and drops the bodies.
//
//     peer_client_weft FILE [WORKERS [TIMES]]      goes TIMES through the file

#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <weft/http.hpp>
#include <weft/weft.hpp>

namespace {

/// The list, read line by line as it is needed.
class url_file {
 public:
  url_file(const std::string& path, int times) : file_{path}, times_{times} {
    if (!file_) throw std::runtime_error{"cannot read " + path};
  }

  /// Valid until the next call; null at the end.
  const std::string* next() {
    while (!std::getline(file_, line_)) {
      if (--times_ <= 0) return nullptr;
      file_.clear();
      file_.seekg(0);
    }
    return &line_;
  }

 private:
  std::ifstream file_;
  std::string line_;
  int times_;
};

struct totals {
  std::uint64_t answered = 0;
  std::uint64_t bytes = 0;
  std::uint64_t failed = 0;
};

weft::task<> work(weft::http::client client, url_file& urls, totals& sum) {
  while (const std::string* url = urls.next()) {
    try {
      const weft::http::response answer = co_await client.get(*url);
      ++sum.answered;
      sum.bytes += answer.text().size();
    } catch (const weft::error& e) {
      if (sum.failed++ == 0) std::fprintf(stderr, "client_weft: %s\n", e.what());
    }
  }
}

weft::task<> work_all(url_file& urls, std::size_t workers, totals& sum) {
  weft::http::client client{{.max_connections = workers, .use_environment = false}};
  co_await weft::with(weft::task_group{}, [&](weft::task_group& all) -> weft::task<> {
    for (std::size_t i = 0; i < workers; ++i) all.create_task(work(client, urls, sum));
    co_return;
  });
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: peer_client_weft FILE [WORKERS [TIMES]]\n");
    return 2;
  }
  url_file urls{argv[1], argc > 3 ? std::stoi(argv[3]) : 1};
  totals sum;
  weft::run(work_all(urls, argc > 2 ? std::stoul(argv[2]) : 64, sum));
  std::printf("%llu answered, %llu failed, %llu bytes\n", static_cast<unsigned long long>(sum.answered),
              static_cast<unsigned long long>(sum.failed), static_cast<unsigned long long>(sum.bytes));
  return sum.failed == 0 ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "client_weft: %s\n", e.what());
  return 2;
}
