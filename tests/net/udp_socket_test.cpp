#include <string>
#include <vector>

#include "net/loopback.hpp"
#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::any_port_v4;
using weft::testing::failure_of;
using weft::testing::loopbacks;
using weft::testing::run_sockets;

namespace {

/// A port on which nobody receives.
weft::endpoint unreachable_address() { return weft::udp_socket::bind(any_port_v4).local_address(); }

std::span<std::byte> bytes_of(std::string& text) { return std::as_writable_bytes(std::span{text}); }

/// Makes room for what a test sends before it receives.
weft::udp_socket bind_with_room(const weft::endpoint& at = any_port_v4) {
  auto socket = weft::udp_socket::bind(at);
  socket.set_receive_buffer(4 << 20);
  return socket;
}

/// A socket and its peer, with little room in between. A Unix socket's: one for UDP over loopback always has room.
struct narrow_pair {
  narrow_pair() : peer{make(socket)} {}
  weft::udp_socket socket;
  weft::testing::raw_peer peer;

  /// Sends until there is no room; gives how many fitted.
  weft::task<int> fill() {
    int sent = 0;
    for (;; ++sent) {
      const bool fitted = co_await weft::move_on_after(1ms, socket.send(std::string{"filling"}));
      if (!fitted) co_return sent;
    }
  }
  std::string receive() const {
    std::string text(100, '.');
    const ssize_t n = ::recv(peer.descriptor(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return text;
  }

 private:
  static int make(weft::udp_socket& socket) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
    socket = weft::udp_socket::from_descriptor(ends[0]);
    return ends[1];
  }
};

TEST(UdpSocket, SendsAndReceives) {
  for (const weft::endpoint& loopback : loopbacks()) {
    run_sockets([loopback]() -> weft::task<> {
      auto server = weft::udp_socket::bind(loopback);
      auto client = weft::udp_socket::connect(server.local_address());
      EXPECT_EQ(server.local_address().address(), loopback.address());
      EXPECT_NE(server.local_address().port(), 0);
      EXPECT_EQ(server.remote_address(), std::nullopt);
      EXPECT_EQ(client.remote_address(), server.local_address());
      EXPECT_EQ(client.local_address().address(), loopback.address());

      co_await client.send("hello");
      const weft::datagram question = co_await server.receive();
      EXPECT_EQ(question.data, "hello");
      EXPECT_EQ(question.from, client.local_address());
      co_await server.send_to("good day", question.from);
      const weft::datagram answer = co_await client.receive();
      EXPECT_EQ(answer.data, "good day");
      EXPECT_EQ(answer.from, server.local_address());
    });
  }
}

TEST(UdpSocket, WaitsForADatagram) {
  run_sockets([]() -> weft::task<> {
    auto server = weft::udp_socket::bind(any_port_v4);
    auto client = weft::udp_socket::connect(server.local_address());
    for (const char* text : {"one", "two", "three"}) {
      auto receiving = weft::create_task(server.receive());
      co_await weft::sleep(1ms);
      EXPECT_FALSE(receiving.done());
      co_await client.send(text);
      EXPECT_EQ((co_await receiving).data, text);
    }
  });
}

TEST(UdpSocket, KeepsDatagramsApart) {
  run_sockets([]() -> weft::task<> {
    auto server = bind_with_room();
    auto client = weft::udp_socket::connect(server.local_address());
    const std::string large(weft::udp_socket::max_size, 'x');
    co_await client.send("");
    co_await client.send("a");
    co_await client.send(large);
    co_await client.send("");
    EXPECT_EQ((co_await server.receive()).data, "");
    EXPECT_EQ((co_await server.receive()).data, "a");
    EXPECT_EQ((co_await server.receive()).data, large);
    EXPECT_EQ((co_await server.receive()).data, "");
  });
}

TEST(UdpSocket, SendsStringsThatItKeeps) {
  run_sockets([]() -> weft::task<> {
    auto server = weft::udp_socket::bind(any_port_v4);
    auto client = weft::udp_socket::connect(server.local_address());
    auto first = weft::create_task(client.send(std::string("first of more than a few")));
    co_await first;
    auto second = weft::create_task(client.send_to(std::string("second"), server.local_address()));
    co_await second;
    EXPECT_EQ((co_await server.receive()).data, "first of more than a few");
    EXPECT_EQ((co_await server.receive()).data, "second");
  });
}

TEST(UdpSocket, ReceivesIntoTheCallersMemory) {
  run_sockets([]() -> weft::task<> {
    auto server = weft::udp_socket::bind(any_port_v4);
    auto client = weft::udp_socket::connect(server.local_address());
    co_await client.send("fits");
    co_await client.send("too long by 14 bytes");
    co_await client.send("");
    co_await client.send("gone");
    std::string memory(6, '.');
    weft::received_datagram got = co_await server.receive(bytes_of(memory));
    EXPECT_EQ(got.size, 4U);
    EXPECT_EQ(got.lost, 0U);
    EXPECT_EQ(got.from, client.local_address());
    EXPECT_EQ(memory, "fits..");
    got = co_await server.receive(bytes_of(memory));
    EXPECT_EQ(got.size, 6U);
    EXPECT_EQ(got.lost, 14U);
    EXPECT_EQ(memory, "too lo");
    got = co_await server.receive(bytes_of(memory));
    EXPECT_EQ(got.size, 0U);
    EXPECT_EQ(got.lost, 0U);
    got = co_await server.receive(std::span<std::byte>{});
    EXPECT_EQ(got.size, 0U);
    EXPECT_EQ(got.lost, 4U);
  });
}

TEST(UdpSocket, ReceivesWhatHasComeAsABatch) {
  run_sockets([]() -> weft::task<> {
    auto server = weft::udp_socket::bind(any_port_v4);
    auto client = weft::udp_socket::connect(server.local_address());
    auto receiving = weft::create_task(server.receive_batch());
    co_await weft::sleep(1ms);
    EXPECT_FALSE(receiving.done());
    for (const char* text : {"a", "", "c"}) co_await client.send(text);
    const std::vector<weft::datagram> got = co_await receiving;
    EXPECT_EQ(got.size(), 3U);
    if (got.size() != 3) co_return;
    EXPECT_EQ(got[0].data + "," + got[1].data + "," + got[2].data, "a,,c");
    EXPECT_EQ(got[2].from, client.local_address());

    for (const char* text : {"a", "b", "c"}) co_await client.send(text);
    EXPECT_EQ((co_await server.receive_batch(2)).size(), 2U);
    EXPECT_EQ((co_await server.receive_batch(2)).size(), 1U);
    // It knows now that there is no more, and must notice what comes.
    co_await client.send("d");
    EXPECT_EQ((co_await server.receive()).data, "d");
    EXPECT_THROW((void)server.receive_batch(0), std::invalid_argument);
  });
}

TEST(UdpSocket, CarriesAThousandDatagramsInBatches) {
  for (const weft::endpoint& loopback : loopbacks()) {
    run_sockets([loopback]() -> weft::task<> {
      auto server = bind_with_room(loopback);
      auto client = weft::udp_socket::bind(loopback);
      std::vector<std::string> texts;
      for (int i = 0; i < 1000; ++i) texts.push_back("datagram " + std::to_string(i));
      std::vector<weft::outgoing_datagram> all;
      for (const std::string& text : texts) all.push_back({text, server.local_address()});
      std::size_t count = 0;
      auto receiving = weft::create_task([&]() -> weft::task<> {
        while (count < texts.size()) {
          for (const weft::datagram& d : co_await server.receive_batch()) EXPECT_EQ(d.data, texts[count++]);
        }
      });
      // In portions that the receiver's buffer holds: it may not be as large as it was asked to be.
      for (std::size_t sent = 0; sent < all.size(); sent += 100) {
        co_await client.send_batch(std::span<const weft::outgoing_datagram>{all}.subspan(sent, 100));
        while (count < sent + 100) co_await weft::sleep(0ms);
      }
      co_await receiving;
      EXPECT_EQ(count, 1000U);
    });
  }
}

TEST(UdpSocket, SendsBatchesToItsPeer) {
  run_sockets([]() -> weft::task<> {
    auto server = weft::udp_socket::bind(any_port_v4);
    auto client = weft::udp_socket::connect(server.local_address());
    const std::vector<std::string_view> texts(70, "x");
    co_await client.send_batch(texts);
    std::size_t count = 0;
    while (count < texts.size()) count += (co_await server.receive_batch()).size();
    EXPECT_EQ(count, 70U);
    co_await client.send_batch(std::span<const std::string_view>{});
  });
}

TEST(UdpSocket, SaysThatNobodyReceives) {
  run_sockets([]() -> weft::task<> {
    const weft::endpoint nobody = unreachable_address();
    auto client = weft::udp_socket::connect(nobody);
    auto receiving = weft::create_task(failure_of(client.receive()));
    co_await weft::sleep(1ms);
    co_await client.send("anybody?");
    const auto seen = co_await receiving;
    EXPECT_EQ(seen.code, std::errc::connection_refused);
    EXPECT_EQ(seen.text, "receive from " + nobody.to_string() + ": Connection refused");

    co_await client.send("anybody?");
    co_await weft::sleep(1ms);
    const auto sent = co_await failure_of(client.send(std::string{"again"}));
    EXPECT_EQ(sent.code, std::errc::connection_refused);
    EXPECT_EQ(sent.text, "send to " + nobody.to_string() + ": Connection refused");

    co_await client.send("anybody?");
    const auto batch = co_await failure_of(client.receive_batch());
    EXPECT_EQ(batch.code, std::errc::connection_refused);
  });
}

TEST(UdpSocket, HearsOfAPeerThatComesBack) {
  run_sockets([]() -> weft::task<> {
    const weft::endpoint address = unreachable_address();
    auto client = weft::udp_socket::connect(address);
    co_await client.send("anybody?");
    const auto seen = co_await failure_of(client.receive());
    EXPECT_EQ(seen.code, std::errc::connection_refused);
    auto server = weft::udp_socket::bind(address);
    auto receiving = weft::create_task(client.receive_batch());
    co_await client.send("hello");
    co_await server.send_to("here", (co_await server.receive()).from);
    EXPECT_EQ((co_await receiving).front().data, "here");
  });
}

TEST(UdpSocket, DoesNotMindThatOthersAreGone) {
  run_sockets([]() -> weft::task<> {
    auto server = weft::udp_socket::bind(any_port_v4);
    auto client = weft::udp_socket::connect(server.local_address());
    co_await server.send_to("anybody?", unreachable_address());
    co_await weft::sleep(1ms);
    co_await client.send("hello");
    EXPECT_EQ((co_await server.receive()).data, "hello");
  });
}

TEST(UdpSocket, RefusesWhatIsTooLarge) {
  run_sockets([]() -> weft::task<> {
    auto server = bind_with_room();
    auto client = weft::udp_socket::bind(any_port_v4);
    const weft::endpoint to = server.local_address();
    const std::string large(weft::udp_socket::max_size + 1, 'x');
    const auto seen = co_await failure_of(client.send_to(std::string{large}, to));
    EXPECT_EQ(seen.code, std::errc::message_size);
    EXPECT_EQ(seen.text, "send 65508 bytes to " + to.to_string() + ": Message too long");

    const std::vector<weft::outgoing_datagram> batch{{"a", to}, {"b", to}, {large, to}, {"d", to}};
    const auto of_batch = co_await failure_of([&]() -> weft::task<> { co_await client.send_batch(batch); }());
    EXPECT_EQ(of_batch.code, std::errc::message_size);
    EXPECT_EQ(of_batch.text, "send datagram 3 of 4, 65508 bytes, to " + to.to_string() + ": Message too long");
    EXPECT_EQ((co_await server.receive_batch()).size(), 2U);
  });
}

TEST(UdpSocket, NamesTheAddressInItsErrors) {
  run_sockets([]() -> weft::task<> {
    auto socket = weft::udp_socket::bind(any_port_v4);
    const std::string own = socket.local_address().to_string();
    const auto nowhere = co_await failure_of(socket.send(std::string{"to whom?"}));
    EXPECT_EQ(nowhere.code, std::errc::destination_address_required);
    EXPECT_EQ(nowhere.text, "send on " + own + ": Destination address required");

    std::string text;
    try {
      (void)weft::udp_socket::bind(socket.local_address());
    } catch (const std::system_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "bind " + own + ": Address already in use");

    socket.close();
    const auto closed = co_await failure_of(socket.receive());
    EXPECT_EQ(closed.code, std::errc::bad_file_descriptor);
    EXPECT_EQ(closed.text, "receive on " + own + ": Bad file descriptor");
    EXPECT_FALSE(socket.is_open());
    EXPECT_EQ(socket.native_handle(), -1);
  });
}

TEST(UdpSocket, WakesWhoWaitsWhenItIsClosed) {
  run_sockets([]() -> weft::task<> {
    auto socket = weft::udp_socket::bind(any_port_v4);
    auto receiving = weft::create_task(failure_of(socket.receive()));
    co_await weft::sleep(0ms);
    socket.close();
    EXPECT_EQ((co_await receiving).code, std::errc::bad_file_descriptor);
  });
}

TEST(UdpSocket, LetsOneTaskReceive) {
  run_sockets([]() -> weft::task<> {
    auto socket = weft::udp_socket::bind(any_port_v4);
    auto first = weft::create_task(socket.receive());
    co_await weft::sleep(0ms);
    bool refused = false;
    try {
      co_await socket.receive();
    } catch (const std::logic_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    co_await socket.send_to("hello", socket.local_address());
    EXPECT_EQ((co_await first).data, "hello");
  });
}

TEST(UdpSocket, IsClosedFromTheStartAndWhenMovedFrom) {
  run_sockets([]() -> weft::task<> {
    weft::udp_socket socket;
    EXPECT_FALSE(socket.is_open());
    EXPECT_THROW((void)socket.receive(), std::logic_error);
    auto other = weft::udp_socket::bind(any_port_v4);
    socket = std::move(other);
    EXPECT_TRUE(socket.is_open());
    co_await socket.send_to("hello", socket.local_address());
    EXPECT_EQ((co_await socket.receive()).data, "hello");
  });
  EXPECT_THROW((void)weft::udp_socket::bind(any_port_v4), std::logic_error);
}

TEST(UdpSocket, LetsOthersRunWhileDatagramsCome) {
  run_sockets([]() -> weft::task<> {
    auto server = bind_with_room();
    const std::vector<std::string_view> texts(100, "x");
    co_await weft::udp_socket::connect(server.local_address()).send_batch(texts);
    bool others_ran = false;
    weft::this_loop().call_soon([&] { others_ran = true; });
    for (std::size_t i = 0; i < texts.size(); ++i) co_await server.receive();
    EXPECT_TRUE(others_ran);
  });
}

TEST(UdpSocket, SendersStandInLineForRoom) {
  run_sockets([]() -> weft::task<> {
    narrow_pair p;
    const int filled = co_await p.fill();
    std::vector<weft::task_handle<void>> sending;
    for (const char* text : {"one", "two", "three", "four"}) {
      sending.push_back(weft::create_task(p.socket.send(std::string{text})));
    }
    const std::vector<std::string_view> batch{"five", "six"};
    sending.push_back(weft::create_task([&]() -> weft::task<> { co_await p.socket.send_batch(batch); }));
    co_await weft::sleep(1ms);
    sending[0].cancel();  // waits for room
    sending[2].cancel();  // waits for its turn
    co_await weft::sleep(1ms);
    EXPECT_TRUE(sending[0].cancelled());
    EXPECT_FALSE(sending[1].done());
    EXPECT_TRUE(sending[2].cancelled());
    for (int i = 0; i < filled; ++i) EXPECT_EQ(p.receive(), "filling");
    co_await weft::wait(sending);
    for (const char* text : {"two", "four", "five", "six", ""}) EXPECT_EQ(p.receive(), text);
  });
}

TEST(UdpSocket, WakesSendersWhenItIsClosed) {
  run_sockets([]() -> weft::task<> {
    narrow_pair p;
    co_await p.fill();
    auto first = weft::create_task(failure_of(p.socket.send(std::string{"one"})));
    auto second = weft::create_task(failure_of(p.socket.send(std::string{"two"})));
    co_await weft::sleep(1ms);
    p.socket.close();
    EXPECT_EQ((co_await first).code, std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await second).code, std::errc::bad_file_descriptor);
  });
}

TEST(UdpSocket, ToAPeerThatIsGoneRaisesNoSignal) {
  run_sockets([]() -> weft::task<> {
    narrow_pair p;
    p.peer.close();
    const auto seen = co_await failure_of(p.socket.send(std::string{"anybody?"}));
    EXPECT_EQ(seen.code, std::errc::connection_refused);
  });
}

// ---- stops ----------------------------------------------------------------------------------------------------------

TEST(UdpSocket, LosesNoDatagramToAStop) {
  run_sockets([]() -> weft::task<> {
    auto server = weft::udp_socket::bind(any_port_v4);
    auto client = weft::udp_socket::connect(server.local_address());
    std::string memory(10, '.');
    for (int turns = 0; turns < 6; ++turns) {
      for (int way = 0; way < 3; ++way) {
        std::string got;
        auto receiving = weft::create_task([&]() -> weft::task<> {
          if (way == 0) {
            got = (co_await server.receive()).data;
          } else if (way == 1) {
            got = (co_await server.receive_batch()).front().data;
          } else {
            const weft::received_datagram d = co_await server.receive(bytes_of(memory));
            got = memory.substr(0, d.size);
          }
        });
        co_await weft::sleep(0ms);
        co_await client.send("precious");
        for (int i = 0; i < turns && !receiving.done(); ++i) co_await weft::sleep(0ms);
        receiving.cancel();
        co_await weft::wait(std::vector(1, receiving));
        if (receiving.cancelled()) got = (co_await server.receive()).data;
        EXPECT_EQ(got, "precious") << turns << " turns, way " << way;
      }
    }
  });
}

/// A bit of everything that can wait.
weft::task<> converse(bool& finished) {
  auto server = weft::udp_socket::bind(any_port_v4);
  auto client = weft::udp_socket::connect(server.local_address());
  const std::vector<std::string_view> texts(10, "question");
  co_await weft::gather(
      [&]() -> weft::task<> {
        for (std::size_t served = 0; served < texts.size();) {
          for (const weft::datagram& d : co_await server.receive_batch(3)) {
            co_await server.send_to("answer", d.from);
            ++served;
          }
        }
      },
      [&]() -> weft::task<> {
        co_await client.send_batch(texts);
        for (std::size_t i = 0; i < texts.size(); ++i) co_await client.receive();
      });
  finished = true;
}

TEST(UdpSocket, LeavesNothingBehindWhereverAStopComes) {
  bool finished = false;
  int turns = 0;
  for (; !finished && turns < 1000; ++turns) {
    run_sockets([&]() -> weft::task<> {
      auto work = weft::create_task(converse(finished));
      for (int i = 0; i < turns && !work.done(); ++i) co_await weft::sleep(0ms);
      work.cancel();
      co_await weft::wait(std::vector(1, work));
    });
  }
  EXPECT_TRUE(finished);
  EXPECT_GT(turns, 3);
}

TEST(UdpSocket, HasATimeLimitLikeEverything) {
  run_sockets([]() -> weft::task<> {
    auto socket = weft::udp_socket::bind(any_port_v4);
    const auto nothing = co_await weft::move_on_after(1ms, socket.receive());
    EXPECT_FALSE(nothing);
    co_await socket.send_to("later", socket.local_address());
    EXPECT_EQ((co_await socket.receive()).data, "later");
  });
}

static_assert(!std::is_move_constructible_v<weft::detail::send_operation>,
              "what keeps views must be awaited where it is made");
static_assert(!std::is_move_constructible_v<weft::detail::receive_into_operation>);
static_assert(!std::is_copy_constructible_v<weft::udp_socket>);

}  // namespace
