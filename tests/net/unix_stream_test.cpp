#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <support/scarce_descriptors.hpp>
#include <vector>

#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::failure_of;
using weft::testing::run_sockets;

namespace {

/// A pipe whose ends close themselves.
struct pipe_ends {
  pipe_ends() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read = weft::owned_descriptor{ends[0]};
    write = weft::owned_descriptor{ends[1]};
  }
  weft::owned_descriptor read;
  weft::owned_descriptor write;
};

ino_t inode_of(int fd) {
  struct stat found{};
  return ::fstat(fd, &found) == 0 ? found.st_ino : 0;
}

TEST(UnixStream, APairTalks) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    co_await ends.first.write("hello\nand more\n");
    EXPECT_EQ(co_await ends.second.read_line(), "hello");
    EXPECT_EQ(ends.second.buffered(), "and more\n");
    ends.second.shutdown_write();
    EXPECT_EQ(co_await ends.first.read_all(), "");
    EXPECT_EQ(ends.first.peer_name(), "the other end of a pair");
  });
}

TEST(UnixStream, MovesMoreThanTheKernelHolds) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    const std::string text(3'000'000, 'x');
    auto writing = weft::create_task([&]() -> weft::task<> {
      co_await ends.first.write(text);
      ends.first.close();
    });
    EXPECT_EQ(co_await ends.second.read_all(), text);
    co_await writing;
  });
}

TEST(UnixStream, AGonePeerIsAnErrorAndNoSignal) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    ends.second.close();
    auto write = [&]() -> weft::task<> { co_await ends.first.write("to nobody"); };
    const auto seen = co_await failure_of(write());
    EXPECT_EQ(seen.code, std::errc::broken_pipe);
    EXPECT_EQ(seen.text.find("write to the other end of a pair"), 0U) << seen.text;
  });
}

TEST(UnixStream, KnowsWhoIsAtTheOtherEnd) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    const weft::peer_credentials peer = ends.first.peer_credentials();
    EXPECT_EQ(peer.process, ::getpid());
    EXPECT_EQ(peer.user, ::getuid());
    EXPECT_EQ(peer.group, ::getgid());
    ends.first.close();
    EXPECT_THROW((void)ends.first.peer_credentials(), std::system_error);
    co_return;
  });
}

TEST(UnixStream, TakesADescriptorOver) {
  run_sockets([]() -> weft::task<> {
    std::array<int, 2> raw{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw.data()), 0);
    auto one = weft::unix_stream::from_descriptor(raw[0]);
    auto other = weft::unix_stream::from_descriptor(raw[1]);
    const auto in_time = co_await weft::move_on_after(1ms, one.fill());
    EXPECT_FALSE(in_time);
    co_await other.write("x");
    EXPECT_EQ(co_await one.read_some(), "x");
    EXPECT_EQ(one.peer_name(), "a Unix socket");
    EXPECT_THROW(weft::unix_stream::from_descriptor(-1), std::system_error);
  });
}

TEST(UnixStream, PassesDescriptorsWithText) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    const pipe_ends a;
    const pipe_ends b;
    const std::vector<int> three{a.read.get(), a.write.get(), b.read.get()};
    co_await ends.first.write("before ");
    co_await ends.first.send_descriptors("three", three);
    co_await ends.first.send_descriptor("one", b.write.get());
    std::string text;
    std::vector<ino_t> got;
    while (text.size() < std::string_view{"before threeone"}.size()) {
      weft::received_descriptors came = co_await ends.second.receive_descriptors();
      text += came.text;
      for (const weft::owned_descriptor& fd : came.descriptors) {
        EXPECT_EQ(::fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
        got.push_back(inode_of(fd.get()));
      }
    }
    EXPECT_EQ(text, "before threeone");
    const std::vector<ino_t> sent{inode_of(a.read.get()), inode_of(a.write.get()), inode_of(b.read.get()),
                                  inode_of(b.write.get())};
    EXPECT_EQ(got, sent);
    ends.first.close();
    weft::received_descriptors end = co_await ends.second.receive_descriptors();
    EXPECT_EQ(end.text, "");
    EXPECT_TRUE(end.descriptors.empty());
    EXPECT_TRUE(ends.second.at_end());
  });
}

TEST(UnixStream, ADescriptorWorksWhereItArrives) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    auto far = weft::unix_stream::pair();
    auto passing = weft::create_task([&]() -> weft::task<> {
      co_await weft::sleep(1ms);
      co_await ends.first.send_descriptor("here", far.first.native_handle());
      far.first.close();
    });
    weft::received_descriptors came = co_await ends.second.receive_descriptors();
    co_await passing;
    EXPECT_EQ(came.descriptors.size(), 1U);
    auto arrived = weft::unix_stream::from_descriptor(came.descriptors.front().release());
    co_await arrived.write("through it");
    arrived.close();
    EXPECT_EQ(co_await far.second.read_all(), "through it");
  });
}

TEST(UnixStream, GivesWhatWasReadAheadBeforeItReceivesDescriptors) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    const pipe_ends a;
    co_await ends.first.write("line\nrest ");
    EXPECT_EQ(co_await ends.second.read_line(), "line");
    co_await ends.first.send_descriptor("x", a.read.get());
    weft::received_descriptors came = co_await ends.second.receive_descriptors(16, 3);
    EXPECT_EQ(came.text, "res");
    EXPECT_TRUE(came.descriptors.empty());
    came = co_await ends.second.receive_descriptors();
    EXPECT_EQ(came.text, "t ");
    came = co_await ends.second.receive_descriptors();
    EXPECT_EQ(came.text, "x");
    EXPECT_EQ(came.descriptors.size(), 1U);
  });
}

TEST(UnixStream, ClosesDescriptorsThatNobodyAskedFor) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    {
      const pipe_ends a;
      const std::vector<int> both{a.read.get(), a.write.get()};
      co_await ends.first.send_descriptors("too many", both);
      bool refused = false;
      try {
        co_await ends.second.receive_descriptors(1);
      } catch (const weft::limit_error& e) {
        refused = true;
        EXPECT_EQ(e.limit(), 1U);
      }
      EXPECT_TRUE(refused);
      EXPECT_EQ(co_await ends.second.read_some(), "too many") << "the text is not lost";
      co_await ends.first.send_descriptors("unexpected", both);
      EXPECT_EQ(co_await ends.second.read_some(), "unexpected");
    }
    // run_sockets counts the descriptors.
  });
}

TEST(UnixStream, ReceivesAllDescriptorsOrNone) {
  WEFT_SKIP_IF_SANITIZED();
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    const std::vector<int> ten(10, ends.first.native_handle());
    co_await ends.first.send_descriptors("ten", ten);
    const int highest = ::dup(0);
    ::close(highest);
    std::optional<weft::testing::scarce_descriptors> scarce{static_cast<rlim_t>(highest) + 5};
    const auto seen = co_await failure_of(ends.second.receive_descriptors());
    scarce.reset();
    EXPECT_EQ(seen.code, std::errc::too_many_files_open);
    EXPECT_EQ(co_await ends.second.read_some(), "ten");
  });
}

TEST(UnixStream, RefusesToSendWhatCannotBeSent) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    const std::vector<int> none;
    const std::vector<int> many(254, 0);
    EXPECT_THROW((void)ends.first.send_descriptors("x", none), std::invalid_argument);
    EXPECT_THROW((void)ends.first.send_descriptors("x", many), std::invalid_argument);
    EXPECT_THROW((void)ends.first.send_descriptor("", 0), std::invalid_argument);
    const pipe_ends gone;
    const int closed = ::dup(gone.read.get());
    ::close(closed);
    auto send = [&]() -> weft::task<> { co_await ends.first.send_descriptor("x", closed); };
    const auto seen = co_await failure_of(send());
    EXPECT_EQ(seen.code, std::errc::bad_file_descriptor);
    EXPECT_EQ(seen.text.find("send descriptors to the other end of a pair"), 0U) << seen.text;
    co_await ends.first.write("still whole");
    EXPECT_EQ(co_await ends.second.read_some(), "still whole");
  });
}

TEST(UnixStream, AStopLosesNoDescriptor) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    const pipe_ends a;
    auto receiving = weft::create_task(ends.second.receive_descriptors());
    co_await weft::sleep(1ms);
    co_await ends.first.send_descriptor("x", a.read.get());
    receiving.cancel();
    co_await weft::sleep(1ms);
    EXPECT_TRUE(receiving.cancelled());
    weft::received_descriptors came = co_await ends.second.receive_descriptors();
    EXPECT_EQ(came.descriptors.size(), 1U);
  });
}

TEST(UnixStream, AStoppedSendOfDescriptorsBreaksTheStreamOnlyMidway) {
  run_sockets([]() -> weft::task<> {
    auto ends = weft::unix_stream::pair();
    const pipe_ends a;
    const std::string large(5'000'000, 'x');
    auto send = [&]() -> weft::task<> { co_await ends.first.send_descriptor(large, a.read.get()); };
    const bool all = co_await weft::move_on_after(5ms, send());
    EXPECT_FALSE(all);
    auto write = [&]() -> weft::task<> { co_await ends.first.write("more"); };
    const auto seen = co_await failure_of(write());
    EXPECT_EQ(seen.code, std::errc::broken_pipe);
  });
}

}  // namespace
