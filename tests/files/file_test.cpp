#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <support/at_end.hpp>
#include <system_error>
#include <vector>
#include <weft/files.hpp>
#include <weft/net.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

using weft::open_mode;

/// Runs a test with a directory of its own.
template <class Body>
void in_directory(Body body) {
  weft::run([&]() -> weft::task<> {
    co_await weft::with(co_await weft::make_temporary_directory(),
                        [&](const std::filesystem::path& place) -> weft::task<> { co_await body(place); });
  });
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(File, GivesBackTheLinesThatWereWritten) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    const auto path = place / "lines";
    weft::file out = co_await weft::open_file(path, open_mode::write | open_mode::create);
    for (int i = 0; i < 20'000; ++i) co_await out.write("line " + std::to_string(i) + "\n");
    co_await out.close();
    EXPECT_FALSE(out.is_open());
    weft::file in = co_await weft::open_file(path);
    int count = 0;
    while (std::optional<std::string> line = co_await in.read_line()) {
      EXPECT_EQ(*line, "line " + std::to_string(count));
      ++count;
    }
    EXPECT_EQ(count, 20'000);
    const std::optional<std::string> again = co_await in.read_line();
    EXPECT_EQ(again, std::nullopt);
  });
}

TEST(File, UnderstandsEveryKindOfLine) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    co_await weft::write_file(place / "f", "unix\ndos\r\n\n\r\nlast\r");
    weft::file in = co_await weft::open_file(place / "f");
    std::vector<std::string> got;
    auto lines = in.lines();
    while (auto line = co_await lines.next()) got.push_back(*line);
    EXPECT_EQ(got, (std::vector<std::string>{"unix", "dos", "", "", "last\r"}));
  });
}

TEST(File, RefusesALineThatIsTooLongAndLosesNothing) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    co_await weft::write_file(place / "f", std::string(200'000, 'x') + "\nnext\n");
    weft::file in = co_await weft::open_file(place / "f");
    bool refused = false;
    try {
      co_await in.read_line(1000);
    } catch (const weft::limit_error& e) {
      refused = true;
      EXPECT_EQ(e.limit(), 1000U);
    }
    EXPECT_TRUE(refused);
    const auto line = co_await in.read_line(200'000);
    EXPECT_EQ(line->size(), 200'000U);
    const auto next = co_await in.read_line();
    EXPECT_EQ(next, "next");
  });
}

TEST(File, ReadsPiecesAndTheRest) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i);
    co_await weft::write_file(place / "f", text);
    weft::file in = co_await weft::open_file(place / "f");
    const std::string first = co_await in.read(10);
    EXPECT_EQ(first, text.substr(0, 10));
    EXPECT_EQ(in.tell(), 10U);
    const std::string large = co_await in.read(300'000);
    EXPECT_EQ(large, text.substr(10, 300'000));
    bool refused = false;
    try {
      co_await in.read_all(10);
    } catch (const weft::limit_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    const std::string rest = co_await in.read_all();
    EXPECT_EQ(rest, text.substr(300'010));
    const std::string none = co_await in.read(5);
    EXPECT_EQ(none, "");
    const std::string whole = co_await weft::read_file(place / "f");
    EXPECT_EQ(whole, text);
  });
}

TEST(File, MixesReadingWritingAndSeeking) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    weft::file f = co_await weft::open_file(place / "f", open_mode::read | open_mode::write | open_mode::create);
    co_await f.write("0123456789");
    const std::uint64_t size = co_await f.size();
    EXPECT_EQ(size, 10U);
    co_await f.seek(2);
    const std::string some = co_await f.read(3);
    EXPECT_EQ(some, "234");
    co_await f.write("AB");  // after what was read, not after what was read ahead
    EXPECT_EQ(f.tell(), 7U);
    const std::string rest = co_await f.read_all();
    EXPECT_EQ(rest, "789");
    co_await f.seek(-3, weft::seek_from::end);
    co_await f.write("xyz!");
    const std::string part = co_await f.read_at(1, 4);
    EXPECT_EQ(part, "1234");
    co_await f.write_at(0, "__");
    co_await f.truncate(8);
    co_await f.sync();
    EXPECT_EQ(content_of(place / "f"), "__234ABx");
    bool refused = false;
    try {
      co_await f.seek(-1);
    } catch (const std::system_error& e) {
      refused = e.code() == std::errc::invalid_argument;
    }
    EXPECT_TRUE(refused);
  });
}

TEST(File, AppendsToWhatIsThere) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    co_await weft::write_file(place / "f", "before ");
    weft::file a = co_await weft::open_file(place / "f", open_mode::append);
    weft::file b = co_await weft::open_file(place / "f", open_mode::append);
    co_await a.write("a1 ");
    co_await a.flush();
    co_await b.write("b ");
    co_await b.flush();
    co_await a.write("a2");
    co_await a.close();
    EXPECT_EQ(content_of(place / "f"), "before a1 b a2");
  });
}

TEST(File, KeepsTheWritesOfSeveralTasksApart) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    weft::file out = co_await weft::open_file(place / "f", open_mode::write | open_mode::create);
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      for (int t = 0; t < 8; ++t) {
        tg.create_task([&out, t]() -> weft::task<> {
          for (int i = 0; i < 200; ++i) co_await out.write(std::string(500, static_cast<char>('a' + t)) + "\n");
        });
      }
      co_return;
    });
    co_await out.close();
    weft::file in = co_await weft::open_file(place / "f");
    int lines = 0;
    while (auto line = co_await in.read_line()) {
      EXPECT_EQ(*line, std::string(500, line->front()));
      ++lines;
    }
    EXPECT_EQ(lines, 1600);
  });
}

TEST(File, SaysWhatFailedAndWhere) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    std::string what;
    try {
      co_await weft::open_file(place / "missing");
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
      what = e.what();
    }
    EXPECT_EQ(what, "open " + (place / "missing").string() + ": No such file or directory");
    EXPECT_THROW((void)weft::open_file(place / "f", open_mode::create), std::invalid_argument);
    co_await weft::write_file(place / "f", "x");
    bool exists = false;
    try {
      co_await weft::open_file(place / "f", open_mode::write | open_mode::create | open_mode::exclusive);
    } catch (const std::system_error& e) {
      exists = e.code() == std::errc::file_exists;
    }
    EXPECT_TRUE(exists);
    weft::file closed = co_await weft::open_file(place / "f");
    co_await closed.close();
    co_await closed.close();
    bool bad = false;
    try {
      co_await closed.read(1);
    } catch (const std::system_error& e) {
      bad = e.code() == std::errc::bad_file_descriptor;
    }
    EXPECT_TRUE(bad);
    EXPECT_THROW((void)weft::file{}.flush(), std::logic_error);
  });
}

TEST(File, AFullDiskIsReportedAndKeepsWhatWasNotWritten) {
  weft::run([]() -> weft::task<> {
    weft::file full = co_await weft::open_file("/dev/full", open_mode::write);
    co_await full.write("some bytes");
    for (int i = 0; i < 2; ++i) {
      bool refused = false;
      try {
        co_await full.flush();
      } catch (const std::system_error& e) {
        refused = e.code() == std::errc::no_space_on_device;
      }
      EXPECT_TRUE(refused) << "each flush tries again";
    }
    bool refused = false;
    try {
      co_await full.close();
    } catch (const std::system_error& e) {
      refused = e.code() == std::errc::no_space_on_device;
    }
    EXPECT_TRUE(refused);
    EXPECT_FALSE(full.is_open());
  });
}

TEST(File, TheDestructorWritesWhatIsLeft) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    {
      weft::file out = co_await weft::open_file(place / "f", open_mode::write | open_mode::create);
      co_await out.write("left in the buffer");
    }
    EXPECT_EQ(content_of(place / "f"), "left in the buffer");
  });
}

TEST(File, AStopLosesNothingThatWasRead) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + "\n";
    co_await weft::write_file(place / "f", text);
    weft::file in = co_await weft::open_file(place / "f");
    std::string got;
    bool more = true;
    for (int i = 0; more; ++i) {
      auto reading = weft::create_task([&]() -> weft::task<> {
        while (auto line = co_await in.read_line()) got += *line + "\n";
        more = false;
      });
      // Stops before, while and after the thread reads: which of them, is up to the machine; the result is not.
      co_await weft::sleep(i % 20 * 10us);
      if (i < 200) reading.cancel();
      const std::vector handles{reading};
      co_await weft::wait(handles);
    }
    EXPECT_EQ(got, text);
  });
}

TEST(File, ReadsFromAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "first\nsecond", 12), 12);
  ::close(ends[1]);
  weft::run([&]() -> weft::task<> {
    weft::file in = co_await weft::open_file("/dev/fd/" + std::to_string(ends[0]));
    const auto first = co_await in.read_line();
    EXPECT_EQ(first, "first");
    const std::string rest = co_await in.read_all();
    EXPECT_EQ(rest, "second");
  });
  ::close(ends[0]);
}

TEST(WriteFile, ReplacesTheContentAtOnceAndKeepsPermissionsAndLinks) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    co_await weft::write_file(place / "f", "old", {.permissions = 0640});
    std::filesystem::permissions(place / "f", std::filesystem::perms{0604});
    std::filesystem::create_symlink("f", place / "link");
    co_await weft::write_file(place / "link", "new", {.durable = true});
    EXPECT_TRUE(std::filesystem::is_symlink(place / "link"));
    EXPECT_EQ(content_of(place / "f"), "new");
    EXPECT_EQ(std::filesystem::status(place / "f").permissions(), std::filesystem::perms{0604});
    co_await weft::write_file(place / "f", "in place", {.atomic = false});
    EXPECT_EQ(content_of(place / "f"), "in place");
    const auto entries = co_await weft::list_directory(place);
    EXPECT_EQ(entries.size(), 2U) << "no temporary file is left";
    EXPECT_EQ(entries[0].path, place / "f");
    EXPECT_EQ(entries[1].type, std::filesystem::file_type::symlink);
  });
}

TEST(WriteFile, NewFilesHaveThePermissionsThatTheUmaskLeavesThem) {
  const mode_t before = ::umask(0);
  const weft::testing::at_end restored{[before] { ::umask(before); }};
  for (const mode_t mask : {mode_t{022}, mode_t{077}}) {
    ::umask(mask);
    in_directory([mask](std::filesystem::path place) -> weft::task<> {
      const auto mode_of = [&](const char* name) {
        return static_cast<mode_t>(std::filesystem::status(place / name).permissions());
      };
      for (const bool atomic : {true, false}) {
        const char* const name = atomic ? "beside" : "in place";
        co_await weft::write_file(place / name, "x", {.atomic = atomic});
        EXPECT_EQ(mode_of(name), 0666 & ~mask);
        ::chmod((place / name).c_str(), 0604);
        co_await weft::write_file(place / name, "y", {.atomic = atomic});
        EXPECT_EQ(mode_of(name), 0604U) << "what is there keeps its own";
      }
      co_await weft::write_file(place / "shared", "x", {.permissions = 0640});
      EXPECT_EQ(mode_of("shared"), 0640 & ~mask);
    });
  }
}

TEST(WriteFile, LeavesNothingBehindWhenItFails) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    std::filesystem::create_directory(place / "d");
    int failures = 0;
    for (const bool atomic : {true, false}) {
      try {
        co_await weft::write_file(place / "d", "x", {.atomic = atomic});
      } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), std::errc::is_a_directory) << e.what();
        ++failures;
      }
    }
    EXPECT_EQ(failures, 2);
    const auto entries = co_await weft::list_directory(place);
    EXPECT_EQ(entries.size(), 1U);
  });
}

TEST(ReadFile, HasALimit) {
  in_directory([](std::filesystem::path place) -> weft::task<> {
    co_await weft::write_file(place / "f", std::string(1000, 'x'));
    const std::string exact = co_await weft::read_file(place / "f", 1000);
    EXPECT_EQ(exact.size(), 1000U);
    bool refused = false;
    try {
      co_await weft::read_file(place / "f", 999);
    } catch (const weft::limit_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    refused = false;
    try {
      co_await weft::read_file("/dev/zero", 10'000'000);
    } catch (const weft::limit_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused) << "what has no size is limited too";
    const std::string status = co_await weft::read_file("/proc/self/status");
    EXPECT_NE(status.find("Pid:"), std::string::npos);
  });
}

}  // namespace
