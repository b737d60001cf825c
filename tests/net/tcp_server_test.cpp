#include <netinet/tcp.h>

#include <string>
#include <support/scarce_descriptors.hpp>
#include <vector>

#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::failure_of;
using weft::testing::run_sockets;
using weft::testing::scarce_descriptors;

namespace {

weft::task<> echo_lines(weft::tcp_stream s) {
  while (std::optional<std::string> line = co_await s.read_line()) co_await s.write(*line + "\n");
}

weft::task<std::string> ask(std::uint16_t port, std::string text) {
  weft::tcp_stream s = co_await weft::open_connection("127.0.0.1", port);
  co_await s.write(text + "\n");
  auto answer = co_await s.read_line();
  co_return answer.value_or("nothing");
}

TEST(TcpServer, ServesManyConnectionsAtATime) {
  run_sockets([]() -> weft::task<> {
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, echo_lines}, [](weft::tcp_server& server) -> weft::task<> {
      EXPECT_EQ(server.local_addresses().front().address(), "127.0.0.1");
      std::vector<weft::task<std::string>> asks;
      for (int i = 0; i < 200; ++i) asks.push_back(ask(server.port(), std::to_string(i)));
      const std::vector<std::string> answers = co_await weft::gather(std::move(asks));
      for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i], std::to_string(i));
    });
  });
}

TEST(TcpServer, LeavingCancelsOpenConnectionsAndWaitsForThem) {
  run_sockets([]() -> weft::task<> {
    std::string trace;
    struct at_exit {
      std::string& trace;
      ~at_exit() { trace += weft::stopping() ? "stopped " : "ended "; }
    };
    auto handler = [&trace](weft::tcp_stream s) -> weft::task<> {
      const at_exit note{trace};
      co_await s.read_line();
    };
    weft::tcp_stream client;
    std::uint16_t port = 0;
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, handler}, [&](weft::tcp_server& server) -> weft::task<> {
      port = server.port();
      client = co_await weft::open_connection("127.0.0.1", port);
      while (server.connections() == 0) co_await weft::sleep(1ms);
    });
    EXPECT_EQ(trace, "stopped ");
    EXPECT_EQ(co_await client.read_all(), "");
    EXPECT_EQ((co_await failure_of(weft::open_connection("127.0.0.1", port))).code, std::errc::connection_refused);
  });
}

TEST(TcpServer, AFailingHandlerHarmsNobodyElse) {
  run_sockets([]() -> weft::task<> {
    std::vector<std::string> errors;
    weft::this_loop().set_exception_handler(
        [&](const weft::exception_context& c) { errors.push_back(weft::what(c.exception)); });
    auto handler = [](weft::tcp_stream s) -> weft::task<> {
      const auto line = co_await s.read_line();
      if (line == "fail") throw std::runtime_error{"failed"};
      co_await s.write("fine\n");
    };
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, handler}, [](weft::tcp_server& server) -> weft::task<> {
      EXPECT_EQ(co_await ask(server.port(), "fail"), "nothing");
      EXPECT_EQ(co_await ask(server.port(), "ok"), "fine");
    });
    EXPECT_EQ(errors, std::vector<std::string>{"failed"});
  });
}

TEST(TcpServer, StopsAcceptingWhileConnectionsGoOn) {
  run_sockets([]() -> weft::task<> {
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, echo_lines}, [](weft::tcp_server& server) -> weft::task<> {
      const std::uint16_t port = server.port();
      auto client = co_await weft::open_connection("127.0.0.1", port);
      while (server.connections() == 0) co_await weft::sleep(1ms);
      server.stop_accepting();
      server.stop_accepting();
      co_await client.write("still there\n");
      EXPECT_EQ(*co_await client.read_line(), "still there");
      EXPECT_EQ((co_await failure_of(weft::open_connection("127.0.0.1", port))).code, std::errc::connection_refused);
    });
  });
}

TEST(TcpServer, AStopOfItsBlockEndsEverything) {
  run_sockets([]() -> weft::task<> {
    bool served = false;
    auto handler = [&](weft::tcp_stream s) -> weft::task<> {
      served = true;
      co_await s.read_line();
    };
    auto serving = [&]() -> weft::task<> {
      co_await weft::with(weft::tcp_server{"127.0.0.1", 0, handler}, [&](weft::tcp_server& server) -> weft::task<> {
        auto client = co_await weft::open_connection("127.0.0.1", server.port());
        co_await client.read_line();
      });
    };
    const bool in_time = co_await weft::move_on_after(20ms, serving);
    EXPECT_FALSE(in_time);
    EXPECT_TRUE(served);
  });
}

TEST(TcpServer, SaysWhatItCannotListenOn) {
  run_sockets([]() -> weft::task<> {
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, echo_lines}, [](weft::tcp_server& first) -> weft::task<> {
      const std::uint16_t port = first.port();
      auto second = [port]() -> weft::task<> {
        co_await weft::with(weft::tcp_server{"127.0.0.1", port, echo_lines},
                            [](weft::tcp_server&) -> weft::task<> { co_return; });
      };
      const auto seen = co_await failure_of(second());
      EXPECT_EQ(seen.code, std::errc::address_in_use);
      EXPECT_NE(seen.text.find("listen on 127.0.0.1:" + std::to_string(port)), std::string::npos) << seen.text;
    });
  });
}

TEST(TcpServer, ListensOnAllAddressesOfTheMachine) {
  run_sockets([]() -> weft::task<> {
    co_await weft::with(weft::tcp_server{"", 0, echo_lines}, [](weft::tcp_server& server) -> weft::task<> {
      for (const weft::endpoint& at : server.local_addresses()) EXPECT_EQ(at.port(), server.port());
      EXPECT_EQ(co_await ask(server.port(), "hello"), "hello");
    });
  });
}

TEST(TcpServer, PausesWhenThereAreNoDescriptors) {
  WEFT_SKIP_IF_SANITIZED();
  run_sockets([]() -> weft::task<> {
    scarce_descriptors scarce{64};  // before the server starts: io_uring goes by the limit of then
    co_await weft::with(weft::tcp_server{"127.0.0.1", 0, echo_lines}, [&](weft::tcp_server& server) -> weft::task<> {
      auto client = co_await weft::open_connection("127.0.0.1", server.port());
      co_await client.write("one\n");
      co_await client.read_line();
      // The next connection's own end takes the last descriptor; the server has none to accept it with.
      scarce.leave_one();
      auto waiting = weft::create_task(ask(server.port(), "patience"));
      co_await weft::sleep(20ms);
      EXPECT_FALSE(waiting.done());
      scarce.give_back();
      EXPECT_EQ(co_await waiting, "patience");
    });
  });
}

TEST(TcpListener, AcceptedConnectionsSendSmallWritesAtOnceUnlessToldOtherwise) {
  run_sockets([]() -> weft::task<> {
    for (const bool wanted : {true, false}) {
      weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0), {.no_delay = wanted}};
      auto client = co_await weft::open_connection("127.0.0.1", listener.local_address().port());
      auto served = co_await listener.accept();
      int set = 0;
      socklen_t length = sizeof set;
      ::getsockopt(served.native_handle(), IPPROTO_TCP, TCP_NODELAY, &set, &length);
      EXPECT_EQ(set != 0, wanted);
    }
  });
}

TEST(TcpListener, SaysThatThereAreNoDescriptorsAndLosesNoConnection) {
  WEFT_SKIP_IF_SANITIZED();
  run_sockets([]() -> weft::task<> {
    scarce_descriptors scarce{64};
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    const std::string address = listener.local_address().to_string();
    (void)co_await weft::move_on_after(1ms, listener.accept());
    scarce.leave_one();  // for the client
    auto client = co_await weft::open_connection("127.0.0.1", listener.local_address().port());
    for (int i = 0; i < 2; ++i) {
      const auto failed = co_await weft::testing::failure_of(listener.accept());
      EXPECT_EQ(failed.code, std::errc::too_many_files_open);
      EXPECT_EQ(failed.text, "accept on " + address + ": Too many open files");
    }
    scarce.give_back();
    auto served = co_await listener.accept();
    EXPECT_EQ(served.remote_address(), client.local_address());
  });
}

TEST(TcpListener, AStoppedAcceptLosesNoConnection) {
  run_sockets([]() -> weft::task<> {
    weft::tcp_listener listener{*weft::endpoint::parse("127.0.0.1", 0)};
    auto accepting = weft::create_task(listener.accept());
    co_await weft::sleep(1ms);
    accepting.cancel();
    auto client = co_await weft::open_connection("127.0.0.1", listener.local_address().port());
    auto served = co_await listener.accept();
    EXPECT_EQ(served.remote_address(), client.local_address());
    EXPECT_EQ(served.local_address(), client.remote_address());
  });
}

}  // namespace
