// Disks that are full, and writes that end midway.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>
#include <weft/files.hpp>
#include <weft/weft.hpp>

namespace {

using weft::open_mode;
using weft::task;

/// Files get no larger than this while it exists: the write that would go beyond ends there, the next one fails.
class largest_file {
 public:
  explicit largest_file(rlim_t bytes) : handler_{std::signal(SIGXFSZ, SIG_IGN)} {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  largest_file(const largest_file&) = delete;
  largest_file& operator=(const largest_file&) = delete;
  ~largest_file() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

constexpr std::size_t limit = 100'000;

/// 150,000 bytes that differ.
std::string numbers() {
  std::string text;
  for (int i = 0; text.size() < limit + limit / 2; ++i) text += std::to_string(i) + "\n";
  return text;
}

template <class Body>
void in_directory(Body body) {
  weft::run([&]() -> task<> {
    const auto place = co_await weft::make_temporary_directory();
    co_await body(place.path());
  });
}

/// How `work` fails: with `expected`, in words that end in the error's and name `path`.
template <class F>
task<> expect_failure(std::errc expected, std::string operation, std::filesystem::path path, F work) {
  std::string text = "nothing";
  try {
    co_await work();
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), expected) << e.what();
    text = e.what();
  }
  EXPECT_EQ(text, operation + " " + path.string() + ": " + std::make_error_code(expected).message());
}

TEST(FullDisk, WhatCouldNotBeWrittenIsWrittenOnceThereIsRoom) {
  in_directory([](std::filesystem::path place) -> task<> {
    const std::string text = numbers();
    weft::file out = co_await weft::open_file(place / "f", open_mode::write | open_mode::create);
    {
      const largest_file small{limit};
      for (int i = 0; i < 2; ++i) {
        co_await expect_failure(std::errc::file_too_large, "write", place / "f", [&]() -> task<> {
          if (i == 0) co_await out.write(text);
          co_await out.flush();
        });
        EXPECT_EQ(std::filesystem::file_size(place / "f"), limit);
      }
    }
    co_await out.write("the end");
    co_await out.close();
    const std::string got = co_await weft::read_file(place / "f");
    EXPECT_EQ(got, text + "the end") << "nothing is missing, and nothing there twice";
  });
}

TEST(FullDisk, AWriteAtAnOffsetThatEndsMidwayFails) {
  in_directory([](std::filesystem::path place) -> task<> {
    const std::string text = numbers();
    weft::file out = co_await weft::open_file(place / "f", open_mode::write | open_mode::create);
    const largest_file small{limit};
    co_await expect_failure(std::errc::file_too_large, "write", place / "f",
                            [&]() -> task<> { co_await out.write_at(10, text); });
    EXPECT_EQ(std::filesystem::file_size(place / "f"), limit);
  });
}

TEST(FullDisk, LeavesTheOldContentAndNothingElse) {
  in_directory([](std::filesystem::path place) -> task<> {
    co_await weft::write_file(place / "f", "old");
    const largest_file small{limit};
    co_await expect_failure(std::errc::file_too_large, "write", place / "f",
                            [&]() -> task<> { co_await weft::write_file(place / "f", numbers()); });
    const std::string content = co_await weft::read_file(place / "f");
    EXPECT_EQ(content, "old");
    const auto entries = co_await weft::list_directory(place);
    EXPECT_EQ(entries.size(), 1U);
  });
}

TEST(FullDisk, IsNamed) {
  weft::run([]() -> task<> {
    co_await expect_failure(std::errc::no_space_on_device, "write", "/dev/full",
                            [&]() -> task<> { co_await weft::write_file("/dev/full", "x", {.atomic = false}); });
    weft::file full = co_await weft::open_file("/dev/full", open_mode::write);
    co_await expect_failure(std::errc::no_space_on_device, "write", "/dev/full",
                            [&]() -> task<> { co_await full.write_at(0, "x"); });
  });
}

}  // namespace
