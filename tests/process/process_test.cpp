#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>
#include <weft/files.hpp>
#include <weft/process.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;
using weft::command;
using weft::process;
using weft::stdio;

namespace {

command shell(std::string_view script) { return command("sh").args("-c", script); }

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Runs `body` in the block of a started process.
template <class F>
void run_with(const command& what, F body) {
  weft::run([&]() -> weft::task<> { co_await weft::with(what.start(), body); });
}

TEST(Process, TalksInBothDirections) {
  run_with(command("cat"), [](process& cat) -> weft::task<> {
    for (const std::string text : {"one", "two", "three"}) {
      co_await cat.in.write(text + "\n");
      EXPECT_EQ(co_await cat.out.read_line(), text);
    }
    EXPECT_FALSE(cat.exit_code().has_value());
    cat.in.close();
    EXPECT_EQ(co_await cat.out.read_line(), std::nullopt);
    EXPECT_EQ(co_await cat.wait(), 0);
    EXPECT_EQ(co_await cat.wait(), 0) << "again";
    EXPECT_EQ(cat.exit_code(), 0);
    EXPECT_GT(cat.pid(), 1);
  });
}

TEST(Process, HasItsThreeStreams) {
  run_with(shell("read a; echo \"out $a\"; echo \"err $a\" >&2; exit 7"), [](process& p) -> weft::task<> {
    co_await p.in.write("fed\n");
    EXPECT_EQ(co_await p.err.read_all(), "err fed\n");
    EXPECT_EQ(co_await p.wait(), 7);
    EXPECT_EQ(co_await p.out.read_all(), "out fed\n") << "also after its end";
  });
}

TEST(Process, MovesMoreThanItsPipesHold) {
  run_with(command("cat"), [](process& cat) -> weft::task<> {
    std::string text;
    for (int i = 0; i < 300'000; ++i) text += std::to_string(i) + "\n";
    const auto feed = [&]() -> weft::task<> {
      co_await cat.in.write(text);
      cat.in.shutdown_write();
    };
    auto both = co_await weft::gather(cat.out.read_all(), feed());
    EXPECT_EQ(std::get<0>(both), text);
  });
}

TEST(Process, WritingToOneThatReadsNoMoreIsAnErrorAndNoSignal) {
  run_with(command("true"), [](process& gone) -> weft::task<> {
    co_await gone.wait();
    std::string message;
    try {
      co_await gone.in.write("to nobody");
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::broken_pipe);
      message = e.what();
    }
    EXPECT_EQ(message, "write to the input of true: Broken pipe");
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
  });
}

TEST(Process, IsEndedWhenItsBlockIsLeft) {
  weft::run([]() -> weft::task<> {
    pid_t pid = 0;
    co_await weft::with(command("sleep").args("1h").start(), [&](process& p) -> weft::task<> {
      pid = p.pid();
      EXPECT_EQ(::kill(pid, 0), 0);
      co_return;
    });
    EXPECT_EQ(::kill(pid, 0), -1);
    bool failed = false;
    try {
      co_await weft::with(command("sleep").args("1h").start(), [&](process& p) -> weft::task<> {
        pid = p.pid();
        throw std::runtime_error{"of the block"};
        co_return;
      });
    } catch (const std::runtime_error&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
    EXPECT_EQ(::kill(pid, 0), -1);
    const auto stuck = [&]() -> weft::task<> {
      co_await weft::with(command("sleep").args("1h").start(), [&](process& p) -> weft::task<> {
        pid = p.pid();
        co_await p.wait();
      });
    };
    const bool in_time = co_await weft::move_on_after(5ms, stuck());
    EXPECT_FALSE(in_time);
    EXPECT_EQ(::kill(pid, 0), -1);
  });
}

TEST(Process, IsKilledIfItDoesNotEndInItsGraceTime) {
  weft::run([]() -> weft::task<> {
    const auto stubborn = shell("trap '' TERM; echo ready; while :; do sleep 1; done").grace(20ms).group();
    co_await weft::with(stubborn.start(), [](process& p) -> weft::task<> {
      EXPECT_EQ(co_await p.out.read_line(), "ready");
      p.terminate();
      const auto ended = co_await weft::move_on_after(20ms, p.wait());
      EXPECT_FALSE(ended.has_value());
    });
  });
}

TEST(Process, GetsSignals) {
  run_with(shell("trap 'echo got; exit 4' USR1; echo ready; while :; do sleep 0.01; done"),
           [](process& p) -> weft::task<> {
             EXPECT_EQ(co_await p.out.read_line(), "ready");
             p.send_signal(SIGUSR1);
             EXPECT_EQ(co_await p.out.read_line(), "got");
             EXPECT_EQ(co_await p.wait(), 4);
             p.kill();  // no longer its
           });
  run_with(command("sleep").args("1h"), [](process& p) -> weft::task<> {
    p.terminate();
    EXPECT_EQ(co_await p.wait(), -SIGTERM);
  });
  run_with(command("sleep").args("1h"), [](process& p) -> weft::task<> {
    p.kill();
    EXPECT_EQ(co_await p.wait(), -SIGKILL);
    EXPECT_EQ(p.exit_code(), -SIGKILL);
  });
}

TEST(Process, AStopOfWhoWaitsLeavesItRunning) {
  run_with(command("cat"), [](process& cat) -> weft::task<> {
    auto waiting = weft::create_task(cat.wait());
    co_await weft::sleep(1ms);
    waiting.cancel();
    co_await weft::sleep(1ms);
    EXPECT_TRUE(waiting.cancelled());
    co_await cat.in.write("still there\n");
    EXPECT_EQ(co_await cat.out.read_line(), "still there");
    cat.in.close();
    EXPECT_EQ(co_await cat.wait(), 0);
  });
}

TEST(Process, StreamsLeadWhereTheyAreToldTo) {
  weft::run([]() -> weft::task<> {
    const auto place = co_await weft::make_temporary_directory();
    const std::filesystem::path in = place.path() / "in";
    const std::filesystem::path out = place.path() / "out";
    const std::filesystem::path err = place.path() / "err";
    std::ofstream{in} << "from a file";
    std::ofstream{out} << "something longer that was there before";
    auto talk = shell("cat; echo oops >&2").stdin_from(in).stdout_to(out).stderr_to(err);
    co_await weft::with(talk.start(), [](process& p) -> weft::task<> {
      EXPECT_FALSE(p.in.is_open());
      EXPECT_FALSE(p.out.is_open());
      EXPECT_FALSE(p.err.is_open());
      EXPECT_EQ(co_await p.wait(), 0);
    });
    EXPECT_EQ(content_of(out), "from a file");
    EXPECT_EQ(content_of(err), "oops\n");

    auto quiet = shell("cat; echo seen; echo unseen >&2").stdin_from(stdio::null).stderr_to(stdio::null);
    const auto ran = co_await quiet.output();
    EXPECT_EQ(ran.out, "seen\n");
    EXPECT_EQ(ran.err, "");

    auto merged = shell("echo out; echo err >&2").merge_errors();
    co_await weft::with(merged.start(), [](process& p) -> weft::task<> {
      EXPECT_EQ(co_await p.out.read_all(), "out\nerr\n");
      EXPECT_FALSE(p.err.is_open());
    });

    EXPECT_EQ(co_await shell("cat; echo oops >&2").input("fed").stdout_to(out).stderr_to(stdio::null).run(), 0);
    EXPECT_EQ(content_of(out), "fed");
  });
}

TEST(Process, FileThatCannotBeOpenedIsNamed) {
  const auto failure = [](const command& what) -> std::string {
    try {
      weft::run(
          [&]() -> weft::task<> { co_await weft::with(what.start(), [](process&) -> weft::task<> { co_return; }); });
    } catch (const std::system_error& e) {
      return e.what();
    }
    return "started";
  };
  EXPECT_EQ(failure(command("cat").stdin_from("/no/such/file")), "open /no/such/file: No such file or directory");
  EXPECT_EQ(failure(command("cat").stdout_to("/no/such/file")), "open /no/such/file: No such file or directory");
  EXPECT_EQ(failure(command("cat").stderr_to("/")), "open /: Is a directory");
  EXPECT_EQ(failure(command("/no/such/program")), "start /no/such/program: No such file or directory");
}

TEST(Process, AFifoIsNotWaitedFor) {
  weft::run([]() -> weft::task<> {
    const auto place = co_await weft::make_temporary_directory();
    const std::filesystem::path fifo = place.path() / "fifo";
    EXPECT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    std::error_code seen;
    try {
      co_await command("echo").stdout_to(fifo).run();
    } catch (const std::system_error& e) {
      seen = e.code();
    }
    EXPECT_EQ(seen, std::errc::no_such_device_or_address) << "nobody reads it";
    EXPECT_EQ(co_await command("cat").stdin_from(fifo).run(), 0) << "nobody writes to it";
  });
}

TEST(Process, WhatMakesNoSenseIsRefused) {
  EXPECT_THROW((void)command("cat").input("text").start(), std::logic_error);
  EXPECT_THROW((void)command("cat").stdin_from(stdio::pipe).output(), std::logic_error);
  EXPECT_THROW((void)command("cat").stdout_to(stdio::pipe).run(), std::logic_error);
  EXPECT_THROW(command("cat").stdout_to(std::string{"a\0b", 3}), std::invalid_argument);
}

TEST(Process, ManyTalkAtTheSameTime) {
  weft::run([]() -> weft::task<> {
    std::vector<weft::task<>> all;
    const auto talk = [](int number) -> weft::task<> {
      co_await weft::with(command("cat").start(), [&](process& cat) -> weft::task<> {
        const std::string text = std::to_string(number);
        for (int i = 0; i < 5; ++i) {
          co_await cat.in.write(text + "\n");
          EXPECT_EQ(co_await cat.out.read_line(), text);
        }
      });
    };
    for (int i = 0; i < 30; ++i) all.push_back(talk(i));
    co_await weft::gather(std::move(all));
  });
}

}  // namespace
