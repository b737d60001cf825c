#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::failure_of;
using weft::testing::run_sockets;

namespace {

/// A directory for the time of a test.
class UnixServer : public testing::Test {
 public:
  UnixServer() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-unix-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~UnixServer() override { std::filesystem::remove_all(directory_); }
  std::string path(const std::string& name = "socket") const { return (directory_ / name).string(); }
  std::filesystem::path directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
};

weft::task<> echo_lines(weft::unix_stream s) {
  while (std::optional<std::string> line = co_await s.read_line()) co_await s.write(*line + "\n");
}

weft::task<std::string> ask(std::string path, std::string text) {
  weft::unix_stream s = co_await weft::open_unix_connection(std::move(path));
  co_await s.write(text + "\n");
  auto answer = co_await s.read_line();
  co_return answer.value_or("nothing");
}

/// Serves at a path until the end of `body`.
template <class F>
weft::task<> served(std::string path, F body, weft::unix_listen_options options = {}) {
  co_await weft::with(weft::unix_server{std::move(path), echo_lines, options}, body);
}

/// What a server leaves behind that was killed.
void leave_a_socket_behind(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  EXPECT_TRUE(std::filesystem::is_socket(path));
}

weft::task<> open_and_close(std::string path) { co_await weft::open_unix_connection(std::move(path)); }
weft::task<> listen_and_close(std::string path) {
  const weft::unix_listener listener{path};
  co_return;
}

TEST_F(UnixServer, ServesManyConnectionsAtATime) {
  run_sockets([this]() -> weft::task<> {
    co_await served(path(), [this](weft::unix_server& server) -> weft::task<> {
      EXPECT_EQ(server.path(), path());
      std::vector<weft::task<std::string>> asks;
      for (int i = 0; i < 200; ++i) asks.push_back(ask(path(), std::to_string(i)));
      const std::vector<std::string> answers = co_await weft::gather(std::move(asks));
      for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i], std::to_string(i));
    });
  });
}

TEST_F(UnixServer, LeavingEndsConnectionsAndRemovesTheFile) {
  run_sockets([this]() -> weft::task<> {
    weft::unix_stream client;
    co_await served(path(), [&](weft::unix_server& server) -> weft::task<> {
      client = co_await weft::open_unix_connection(path());
      EXPECT_EQ(client.peer_name(), path());
      while (server.connections() == 0) co_await weft::sleep(1ms);
    });
    EXPECT_EQ(co_await client.read_all(), "");
    EXPECT_FALSE(std::filesystem::exists(path()));
    const auto seen = co_await failure_of(weft::open_unix_connection(path()));
    EXPECT_EQ(seen.code, std::errc::no_such_file_or_directory);
    EXPECT_EQ(seen.text.find("connect to " + path()), 0U) << seen.text;
  });
}

TEST_F(UnixServer, StopsAcceptingWhileConnectionsGoOn) {
  run_sockets([this]() -> weft::task<> {
    co_await served(path(), [this](weft::unix_server& server) -> weft::task<> {
      auto client = co_await weft::open_unix_connection(path());
      while (server.connections() == 0) co_await weft::sleep(1ms);
      server.stop_accepting();
      server.stop_accepting();
      EXPECT_FALSE(std::filesystem::exists(path()));
      co_await client.write("still there\n");
      EXPECT_EQ(*co_await client.read_line(), "still there");
    });
  });
}

TEST_F(UnixServer, ReplacesWhatADeadServerLeftBehind) {
  run_sockets([this]() -> weft::task<> {
    leave_a_socket_behind(path());
    EXPECT_EQ((co_await failure_of(weft::open_unix_connection(path()))).code, std::errc::connection_refused);
    co_await served(path(),
                    [this](weft::unix_server&) -> weft::task<> { EXPECT_EQ(co_await ask(path(), "hello"), "hello"); });
  });
}

TEST_F(UnixServer, LeavesALivingServerAlone) {
  run_sockets([this]() -> weft::task<> {
    co_await served(path(), [this](weft::unix_server&) -> weft::task<> {
      const auto seen = co_await failure_of(served(path(), [](weft::unix_server&) -> weft::task<> { co_return; }));
      EXPECT_EQ(seen.code, std::errc::address_in_use);
      EXPECT_EQ(seen.text.find("listen on " + path()), 0U) << seen.text;
      EXPECT_EQ(co_await ask(path(), "hello"), "hello");
    });
  });
}

TEST_F(UnixServer, LeavesOtherFilesAlone) {
  run_sockets([this]() -> weft::task<> {
    std::ofstream{path()} << "precious";
    const auto seen = co_await failure_of(served(path(), [](weft::unix_server&) -> weft::task<> { co_return; }));
    EXPECT_EQ(seen.code, std::errc::address_in_use);
    EXPECT_EQ(std::filesystem::file_size(path()), 8U);
  });
}

TEST_F(UnixServer, LeavesTheFileOfItsSuccessorAlone) {
  run_sockets([this]() -> weft::task<> {
    co_await served(path(), [this](weft::unix_server&) -> weft::task<> {
      std::filesystem::remove(path());
      leave_a_socket_behind(path());
      co_return;
    });
    EXPECT_TRUE(std::filesystem::exists(path()));
  });
}

TEST_F(UnixServer, SetsWhoMayConnect) {
  run_sockets([this]() -> weft::task<> {
    using std::filesystem::perms;
    for (const perms wanted : {perms::owner_all, perms::owner_all | perms::group_all | perms::others_all}) {
      co_await served(path(),
                      [&](weft::unix_server&) -> weft::task<> {
                        EXPECT_EQ(std::filesystem::status(path()).permissions(), wanted);
                        EXPECT_EQ(co_await ask(path(), "hello"), "hello");
                      },
                      {.permissions = wanted});
    }
  });
}

TEST_F(UnixServer, HasAbstractNamesWithoutAFile) {
  run_sockets([this]() -> weft::task<> {
    const std::string name = std::string(1, '\0') + path("abstract");
    co_await served(name, [&](weft::unix_server&) -> weft::task<> {
      EXPECT_TRUE(std::filesystem::is_empty(directory()));
      EXPECT_EQ(co_await ask(name, "hello"), "hello");
      auto client = co_await weft::open_unix_connection(name);
      EXPECT_EQ(client.peer_name(), "@" + path("abstract"));
      const auto seen = co_await failure_of(served(name, [](weft::unix_server&) -> weft::task<> { co_return; }));
      EXPECT_EQ(seen.code, std::errc::address_in_use);
    });
    EXPECT_EQ((co_await failure_of(weft::open_unix_connection(name))).code, std::errc::connection_refused);
  });
}

TEST_F(UnixServer, SaysWhichPathCannotBe) {
  run_sockets([this]() -> weft::task<> {
    const std::string longest = path(std::string(107 - path("").size(), 'n'));
    EXPECT_EQ(longest.size(), 107U);
    co_await served(longest,
                    [&](weft::unix_server&) -> weft::task<> { EXPECT_EQ(co_await ask(longest, "hello"), "hello"); });
    for (auto work : {&open_and_close, &listen_and_close}) {
      const auto seen = co_await failure_of(work(longest + "x"));
      EXPECT_EQ(seen.code, std::errc::filename_too_long);
      EXPECT_NE(seen.text.find(longest + "x: more than the 107 bytes"), std::string::npos) << seen.text;
    }
    EXPECT_THROW(weft::unix_listener{""}, std::invalid_argument);
    EXPECT_THROW((weft::unix_listener{std::string{"a\0b", 3}}), std::invalid_argument);
    EXPECT_EQ((co_await failure_of(listen_and_close(path("no/such/directory")))).code,
              std::errc::no_such_file_or_directory);
  });
}

TEST_F(UnixServer, WaitsForRoomInAFullBacklog) {
  run_sockets([this]() -> weft::task<> {
    weft::unix_listener listener{path(), {.backlog = 0}};
    std::vector<weft::task_handle<weft::unix_stream>> connecting;
    for (int i = 0; i < 5; ++i) connecting.push_back(weft::create_task(weft::open_unix_connection(path())));
    co_await weft::sleep(5ms);
    EXPECT_FALSE(connecting.back().done());
    std::vector<weft::unix_stream> accepted;
    for (int i = 0; i < 5; ++i) accepted.push_back(co_await listener.accept());
    for (auto& c : connecting) {
      const weft::unix_stream& client = co_await c;
      EXPECT_TRUE(client.is_open());
    }
    EXPECT_EQ(accepted.front().peer_credentials().process, ::getpid());
    EXPECT_EQ(accepted.front().peer_name(), "a client of " + path());
  });
}

TEST_F(UnixServer, ListenersMoveAndCloseOnce) {
  run_sockets([this]() -> weft::task<> {
    weft::unix_listener first{path()};
    weft::unix_listener second = std::move(first);
    EXPECT_EQ(second.path(), path());
    EXPECT_THROW((void)first.path(), std::logic_error);  // NOLINT(bugprone-use-after-move)
    second.close();
    second.close();
    EXPECT_EQ((co_await failure_of(second.accept())).code, std::errc::bad_file_descriptor);
  });
}

}  // namespace
