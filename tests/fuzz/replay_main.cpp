// Runs a fuzz target once over each given file, and over each file below each given directory; fails if there is none.
// What libFuzzer's -runs=0 does, for compilers that have no libFuzzer.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(fs::path const& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> files;
  for (auto const& entry : fs::recursive_directory_iterator{place}) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void replay(fs::path const& file) {
  std::ifstream in{file, std::ios::binary};
  std::vector<char> const bytes{std::istreambuf_iterator<char>{in}, {}};
  if (!in) throw std::runtime_error{"cannot read " + file.string()};

  // An exact allocation: AddressSanitizer then sees every read past the input's end.
  auto const input = std::make_unique<std::uint8_t[]>(bytes.size());
  std::transform(bytes.begin(), bytes.end(), input.get(), [](char c) { return static_cast<std::uint8_t>(c); });
  LLVMFuzzerTestOneInput(input.get(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) try {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (auto const& file : files_in(argv[i])) {
      std::fprintf(stderr, "%s\n", file.c_str());  // the last name before a crash is the culprit
      replay(file);
      ++inputs;
    }
  }
  std::printf("%zu inputs replayed\n", inputs);
  return inputs > 0 ? 0 : 1;
} catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
