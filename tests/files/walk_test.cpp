#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>
#include <weft/files.hpp>
#include <weft/weft.hpp>

namespace {

namespace fs = std::filesystem;

/// A tree of 3 directories with 700 files each, and a link back to its root.
class Walk : public testing::Test {
 public:
  void SetUp() override {
    root = fs::temp_directory_path() / ("weft-walk-" + std::to_string(::getpid()));
    for (int d = 0; d < 3; ++d) {
      const fs::path directory = root / ("d" + std::to_string(d)) / "deep";
      fs::create_directories(directory);
      for (int i = 0; i < 700; ++i) std::ofstream{directory / std::to_string(i)} << i;
    }
    fs::create_directory_symlink(root, root / "d0" / "ring");
  }
  void TearDown() override { fs::remove_all(root); }

  std::vector<weft::directory_entry> all(weft::walk_options options) const {
    return weft::run([&]() -> weft::task<std::vector<weft::directory_entry>> {
      std::vector<weft::directory_entry> found;
      auto entries = weft::walk(root, options);
      while (auto entry = co_await entries.next()) found.push_back(*entry);
      co_return found;
    });
  }
  fs::path root;
};

TEST_F(Walk, FindsEverythingOnce) {
  const auto found = all({});
  EXPECT_EQ(found.size(), 3U + 3U + 2100U + 1U);
  std::vector<std::string> paths;
  for (const auto& entry : found) paths.push_back(entry.path.string());
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(std::adjacent_find(paths.begin(), paths.end()), paths.end());
  const auto depth_2 = std::count_if(found.begin(), found.end(), [](const auto& e) { return e.depth == 2; });
  EXPECT_EQ(depth_2, 2100);
}

TEST_F(Walk, GoesAsDeepAsItMay) {
  EXPECT_EQ(all({.max_depth = 0}).size(), 3U);
  EXPECT_EQ(all({.max_depth = 1}).size(), 3U + 3U + 1U);
}

TEST_F(Walk, EndsInARingOfLinks) {
  static int problems;
  problems = 0;
  const auto found = all({.follow_symlinks = true, .on_error = [](const fs::path& path, std::error_code error) {
                            EXPECT_EQ(path.filename(), "ring");
                            EXPECT_EQ(error, std::errc::too_many_symbolic_link_levels);
                            ++problems;
                          }});
  EXPECT_EQ(problems, 1);
  EXPECT_EQ(found.size(), 3U + 3U + 2100U + 1U);
}

TEST_F(Walk, ADirectoryThatIsNotThereIsAnError) {
  weft::run([&]() -> weft::task<> {
    auto entries = weft::walk(root / "missing");
    std::error_code code;
    try {
      (void)co_await entries.next();
    } catch (const std::system_error& e) {
      code = e.code();
      EXPECT_NE(std::string{e.what()}.find("missing"), std::string::npos);
    }
    EXPECT_EQ(code, std::errc::no_such_file_or_directory);
  });
}

TEST(Temporary, FilesAndDirectoriesGoWithTheirObjects) {
  weft::run([]() -> weft::task<> {
    fs::path where;
    fs::path kept;
    co_await weft::with(co_await weft::make_temporary_directory(), [&](const fs::path& place) -> weft::task<> {
      where = place;
      EXPECT_EQ(fs::status(place).permissions(), fs::perms::owner_all);
      fs::path gone;
      {
        weft::temporary_file file = co_await weft::make_temporary_file(place, "scratch-");
        co_await file.write("text");
        co_await file.seek(0);
        const std::string text = co_await file.read_all();
        EXPECT_EQ(text, "text");
        gone = file.path();
        EXPECT_TRUE(gone.filename().string().starts_with("scratch-"));
        weft::temporary_file other = co_await weft::make_temporary_file(place);
        other.keep();
        kept = other.path();
        weft::temporary_file moved = std::move(file);
        EXPECT_TRUE(fs::exists(gone));
      }
      EXPECT_FALSE(fs::exists(gone));
      EXPECT_TRUE(fs::exists(kept));
    });
    EXPECT_FALSE(fs::exists(where));
    fs::path at_once;
    {
      const weft::temporary_directory directory = co_await weft::make_temporary_directory({}, "weft-test-");
      at_once = directory.path();
      EXPECT_TRUE(fs::is_directory(at_once));
    }
    EXPECT_FALSE(fs::exists(at_once));
  });
}

}  // namespace
