#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <weft/weft.hpp>

#include "tool.hpp"

using namespace weft_test;
using namespace std::chrono_literals;

namespace {

weft::task<> handle_request() { co_await weft::sleep(1h); }

/// A weft program to look into: this process, with a loop on a thread of its own.
class InspectorThread : public testing::Test {
 public:
  void SetUp() override { ::setenv("WEFT_INSPECT", sockets.c_str(), 1); }
  void TearDown() override { ::unsetenv("WEFT_INSPECT"); }

  /// Runs the tool while `body` runs, and gives what it printed.
  template <class Body>
  static std::string look(const std::string& command, Body body) {
    return weft::run([&]() -> weft::task<std::string> {
      auto worker = weft::create_task(handle_request(), {.name = "worker"});
      auto waiter = weft::create_task([&]() -> weft::task<> { co_await worker; }, {.name = "waiter"});
      co_await weft::sleep(1ms);
      tool program{{command, std::to_string(::getpid())}};
      co_await body(program);
      co_return program.output() + program.errors();
    });
  }
  static weft::task<> politely(tool& program) {
    co_await weft::to_thread([&] { program.wait(); });
  }

  scratch place;
  std::string sockets = place.file("sockets");
};

TEST_F(InspectorThread, PsListsTheTasks) {
  const std::string printed = look("ps", politely);
  EXPECT_TRUE(printed.starts_with("ID")) << printed;
  EXPECT_NE(printed.find("  worker  "), std::string::npos) << printed;
  EXPECT_NE(printed.find("handle_request (inspect_test.cpp:"), std::string::npos) << printed;
  EXPECT_NE(printed.find("  waiter\n"), std::string::npos) << "worker is awaited by waiter: " << printed;
}

TEST_F(InspectorThread, PstreeShowsWhoAwaitsWhom) {
  const std::string printed = look("pstree", politely);
  EXPECT_NE(printed.find("waiter: co_await task at lambda in "), std::string::npos) << printed;
  EXPECT_NE(printed.find("`- worker: sleep at handle_request (inspect_test.cpp:"), std::string::npos) << printed;
}

TEST_F(InspectorThread, ABusyLoopIsNamed) {
  const std::string printed = look("ps", [](tool& program) -> weft::task<> {
    program.wait();  // blocks the loop: the fault that the tool is to find
    co_return;
  });
  EXPECT_NE(printed.find("# the loop does not answer: main has been running for "), std::string::npos) << printed;
  EXPECT_NE(printed.find("(inspect_test.cpp:"), std::string::npos) << printed;
}

TEST_F(InspectorThread, TheSocketIsForTheUserAlone) {
  weft::run([&]() -> weft::task<> {
    struct stat found{};
    EXPECT_EQ(::stat(sockets.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0700U);
    co_return;
  });
  EXPECT_NE(::access((sockets + "/" + std::to_string(::getpid()) + ".sock").c_str(), F_OK), 0)
      << "the socket goes with the last loop";
  ASSERT_EQ(::chmod(sockets.c_str(), 0755), 0);
  EXPECT_THROW(weft::run([]() -> weft::task<> { co_return; }), weft::error);
}

TEST_F(InspectorThread, SaysWhatIsWrong) {
  tool none{{"ps", "999999999"}};
  EXPECT_EQ(none.wait(), 1);
  EXPECT_NE(none.errors().find("there is no process 999999999"), std::string::npos) << none.errors();
  tool not_inspected{{"pstree", std::to_string(::getppid())}};
  EXPECT_EQ(not_inspected.wait(), 1);
  EXPECT_NE(not_inspected.errors().find("WEFT_INSPECT=1"), std::string::npos) << not_inspected.errors();
  tool no_number{{"ps", "abc"}};
  EXPECT_EQ(no_number.wait(), 2);
}

}  // namespace
