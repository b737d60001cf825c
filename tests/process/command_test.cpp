#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <weft/files.hpp>
#include <weft/net.hpp>
#include <weft/process.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

namespace {

weft::process_output run(const weft::command& command) { return weft::run(command.output()); }
weft::command shell(std::string_view script) { return weft::command("sh").args("-c", script); }

TEST(Command, GivesWhatItWroteAndHowItEnded) {
  const auto ran = run(shell("cat; echo oops >&2; exit 3").input("fed"));
  EXPECT_EQ(ran.out, "fed");
  EXPECT_EQ(ran.err, "oops\n");
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_FALSE(ran.ok());
  EXPECT_TRUE(run(weft::command("true")).ok());
  EXPECT_EQ(run(shell("kill -9 $$")).exit_code, -SIGKILL);
}

TEST(Command, PassesArgumentsAsTheyAre) {
  const auto ran = run(weft::command("printf").args("%s|", "a b", "$HOME", "\"q\"", "").args({"*", "last"}));
  EXPECT_EQ(ran.out, "a b|$HOME|\"q\"||*|last|");
}

TEST(Command, HasTheEnvironmentAndDirectoryItWasGiven) {
  ::setenv("WEFT_TEST_OUTSIDE", "outside", 1);
  const std::string show = "echo ${WEFT_TEST_OUTSIDE-unset} ${ADDED-unset}; pwd";
  EXPECT_EQ(run(shell(show).env("ADDED", "a b").cwd("/")).out, "outside a b\n/\n");
  EXPECT_EQ(run(shell(show).env("ADDED", "1").env("ADDED", "2").unset_env("WEFT_TEST_OUTSIDE").cwd("/usr")).out,
            "unset 2\n/usr\n");
  EXPECT_EQ(run(weft::command("env").clear_env().env("ONLY", "this")).out, "ONLY=this\n");
  ::unsetenv("WEFT_TEST_OUTSIDE");
}

TEST(Command, ConnectsItsStreams) {
  EXPECT_EQ(run(weft::command("cat")).out, "") << "no input, not ours";
  const auto merged = run(shell("echo out; echo err >&2; echo out").merge_errors());
  EXPECT_EQ(merged.out, "out\nerr\nout\n");
  EXPECT_EQ(merged.err, "");
  const int code = weft::run(shell("read line; test \"$line\" = fed").input("fed\n").run());
  EXPECT_EQ(code, 0);
}

TEST(Command, MovesMoreThanAPipeHolds) {
  std::string text;
  for (int i = 0; i < 400'000; ++i) text += std::to_string(i) + "\n";
  const auto ran = run(weft::command("cat").input(text));
  EXPECT_EQ(ran.out, text);
}

TEST(Command, DoesNotMindAProcessThatReadsNothing) {
  const auto ran = run(weft::command("true").input(std::string(5'000'000, 'x')));
  EXPECT_EQ(ran.exit_code, 0);
}

TEST(Command, OnlyItsStandardStreamsReachTheProcess) {
  weft::run([]() -> weft::task<> {
    weft::file open = co_await weft::open_file("/dev/null");
    const auto ran = co_await shell("ls /proc/self/fd").output();
    EXPECT_EQ(ran.out, "0\n1\n2\n3\n") << "3 is ls's own";
  });
}

TEST(Command, SaysWhyItCannotBeStarted) {
  const auto failure = [](const weft::command& command) -> std::string {
    try {
      (void)run(command);
    } catch (const std::system_error& e) {
      return e.what();
    }
    return "started";
  };
  EXPECT_EQ(failure(weft::command("/no/such/program")), "start /no/such/program: No such file or directory");
  EXPECT_EQ(failure(weft::command("true").cwd("/no/such/directory")),
            "start true in the directory /no/such/directory: No such file or directory");
  EXPECT_EQ(failure(weft::command("/etc/passwd")), "start /etc/passwd: Permission denied");
  EXPECT_THROW(weft::command(""), std::invalid_argument);
  EXPECT_THROW(weft::command("true").args(std::string_view{"a\0b", 3}), std::invalid_argument);
  EXPECT_THROW(weft::command("true").env("A=B", "c"), std::invalid_argument);
  EXPECT_THROW(weft::command("true").grace(-1s), std::invalid_argument);
}

TEST(Command, TakesNoMoreOutputThanItMay) {
  EXPECT_THROW((void)run(weft::command("yes").limit(100'000)), weft::limit_error);
  EXPECT_EQ(run(shell("printf 12345").limit(5)).out, "12345");
  EXPECT_THROW((void)run(shell("printf 123456 >&2").limit(5)), weft::limit_error);
}

TEST(Command, IsTerminatedWhenItsTaskIsStopped) {
  weft::run([]() -> weft::task<> {
    const auto done = co_await weft::move_on_after(10ms, weft::command("sleep").args("1h").output());
    EXPECT_FALSE(done.has_value());
  });
}

TEST(Command, IsKilledWhenItDoesNotHearOfItsTermination) {
  weft::run([]() -> weft::task<> {
    const auto place = co_await weft::make_temporary_directory();
    const std::string ready = (place.path() / "ready").string();
    auto stubborn = weft::create_task(
        shell("trap '' TERM; echo > " + ready + "; while :; do sleep 1; done").grace(20ms).group().output());
    while (!std::filesystem::exists(ready)) co_await weft::sleep(1ms);
    stubborn.cancel();
    bool cancelled = false;
    try {
      co_await stubborn;
    } catch (const weft::cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
  });
}

TEST(Command, AGroupIsEndedAsAWhole) {
  weft::run([]() -> weft::task<> {
    const auto place = co_await weft::make_temporary_directory();
    const std::string pid_file = (place.path() / "pid").string();
    auto parent = weft::create_task(
        shell("sleep 600 & echo $! > " + pid_file + ".new; mv " + pid_file + ".new " + pid_file + "; wait")
            .group()
            .output());
    while (!std::filesystem::exists(pid_file)) co_await weft::sleep(1ms);
    const std::string text = co_await weft::read_file(pid_file);
    const pid_t grandchild = std::stoi(text);
    EXPECT_EQ(::kill(grandchild, 0), 0);
    parent.cancel();
    const std::vector handles{parent};
    co_await weft::wait(handles);
    // It belongs to init now, or to whoever reaps for it; until then it is a zombie.
    for (;;) {
      std::error_code gone;
      if (!std::filesystem::exists("/proc/" + std::to_string(grandchild), gone)) break;
      const std::string stat = co_await weft::read_file("/proc/" + std::to_string(grandchild) + "/stat");
      if (stat.find(") Z") != std::string::npos) break;
      co_await weft::sleep(1ms);
    }
  });
}

TEST(Command, ManyRunAtTheSameTime) {
  weft::run([]() -> weft::task<> {
    std::vector<weft::task<weft::process_output>> all;
    for (int i = 0; i < 50; ++i)
      all.push_back(shell("cat; exit " + std::to_string(i)).input(std::to_string(i)).output());
    const auto results = co_await weft::gather(std::move(all));
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(results[i].out, std::to_string(i));
      EXPECT_EQ(results[i].exit_code, static_cast<int>(i));
    }
  });
}

}  // namespace
