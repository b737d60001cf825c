// Connections in trouble: every kind of stream, with a proxy in between that spoils them.

#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <support/fault_proxy.hpp>
#include <vector>

#include "net/transports.hpp"

using namespace std::chrono_literals;
using weft::byte_stream;
using weft::task;
using weft::with;
using weft::testing::fault;
using weft::testing::fault_proxy;
using weft::testing::faults;
using weft::testing::flow;
using weft::testing::run_sockets;

namespace {

template <class Transport>
class Fault : public ::testing::Test {
 public:
  /// Runs `body(proxy)`, a task, with a server whose connections `serve` has.
  template <class Serve, class Body>
  static void run(std::function<faults(std::size_t)> plan, Serve serve, Body body) {
    run_sockets([&]() -> task<> {
      auto managed = Transport::server([&serve](byte_stream s) -> task<> { co_await serve(s); });
      co_await with(managed, [&](auto& server) -> task<> {
        {
          fault_proxy proxy{*weft::endpoint::parse("127.0.0.1", server.port()), plan};
          co_await with(weft::timeout(10min), [&]() -> task<> { co_await body(proxy); });
        }
        while (server.connections() != 0) co_await weft::sleep(1ms);
      });
    });
  }
};
using both = ::testing::Types<weft::testing::tcp, weft::testing::tls>;
TYPED_TEST_SUITE(Fault, both);

// ---- what both ends see ---------------------------------------------------------------------------------------------

/// What one end of a connection got, and how that ended.
struct seen {
  std::string got;
  bool ended = false;  ///< orderly
  std::string error;
};

/// An error of a stream names the operation and the address.
void expect_named(const std::string& error) {
  const auto has = [&](const char* part) { return error.find(part) != std::string::npos; };
  EXPECT_TRUE(has("read from ") || has("write to ") || has("stream from ") || has("connect") || has("TLS ")) << error;
  EXPECT_TRUE(has("127.0.0.1:")) << error;
}

/// Does `work`, and notes how it ended.
template <class F>
task<> note(seen& end, F work) {
  try {
    co_await work();
    end.ended = true;
  } catch (const weft::incomplete_read_error& e) {
    end.got += e.partial();
    end.ended = e.partial().empty();
    end.error = e.what();
  } catch (const std::system_error& e) {
    end.error = e.what();
  }
  if (!end.error.empty()) expect_named(end.error);
}

const std::vector<std::string> lines{"first\n", "2\n", "\n", "the last one\n"};

std::string all_lines() {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

/// Sends lines and waits for the echo of each.
task<> talk(byte_stream& s, seen& end) {
  for (const std::string& line : lines) {
    co_await s.write(line);
    end.got += co_await s.read_until("\n");
  }
}

task<> echo(byte_stream& s, seen& end) {
  for (;;) {
    const std::string line = co_await s.read_until("\n");
    end.got += line;
    co_await s.write(line);
  }
}

bool is_prefix(const std::string& part, const std::string& all) { return all.starts_with(part); }

/// Where to cut: everywhere, if that does not take too long.
template <class Transport>
std::vector<std::size_t> places(std::size_t total) {
  const std::size_t step = std::getenv("WEFT_TEST_SOAK") != nullptr ? 1 : Transport::step;
  std::vector<std::size_t> found;
  for (std::size_t n = 0; n <= total + 1; n += step) found.push_back(n);
  return found;
}

// ---- cut connections ------------------------------------------------------------------------------------------------

/// Cuts connections at each place, one after the other, and looks at what both ends have seen.
template <class Transport>
void cut_everywhere(bool to_server, fault how) {
  const std::string all = all_lines();
  std::size_t total = 0;
  std::vector<std::size_t> cuts{std::numeric_limits<std::size_t>::max()};  // the first one is left alone
  seen client;
  const auto plan = [&](std::size_t n) {
    flow cut{.passes = cuts[n], .then = how};
    return to_server ? faults{.to_server = cut} : faults{.to_client = cut};
  };
  const auto serve = [&](byte_stream& s) -> task<> {
    seen end;
    co_await note(end, [&] { return echo(s, end); });
    EXPECT_TRUE(is_prefix(end.got, all)) << end.got;
    EXPECT_FALSE(end.error.empty());
  };
  const auto once = [&](fault_proxy& proxy) -> task<> {
    client = {};
    co_await note(client, [&]() -> task<> {
      byte_stream s = co_await Transport::connect(proxy.address());
      co_await talk(s, client);
    });
    EXPECT_TRUE(is_prefix(client.got, all)) << client.got;
    EXPECT_TRUE(client.ended || !client.error.empty());
  };
  Fault<Transport>::run(plan, serve, [&](fault_proxy& proxy) -> task<> {
    co_await once(proxy);
    EXPECT_EQ(client.got, all) << client.error;
    total = to_server ? proxy.passed_to_server() : proxy.passed_to_client();
    const std::vector<std::size_t> more = places<Transport>(total);
    cuts.insert(cuts.end(), more.begin(), more.end());
    for (const std::size_t n : more) {
      SCOPED_TRACE("cut after " + std::to_string(n) + " of " + std::to_string(total) + " bytes");
      co_await once(proxy);
      if (Transport::says_its_end) {
        EXPECT_TRUE(client.got == all || !client.ended) << "a cut looks like an end";
      } else if (how == fault::end && !to_server) {
        EXPECT_EQ(client.got, all.substr(0, n));
      }
    }
  });
}

TYPED_TEST(Fault, ConnectionsThatEndAnywhereOnTheWayToTheServer) { cut_everywhere<TypeParam>(true, fault::end); }
TYPED_TEST(Fault, ConnectionsThatEndAnywhereOnTheWayToTheClient) { cut_everywhere<TypeParam>(false, fault::end); }
TYPED_TEST(Fault, ConnectionsThatAreResetAnywhereOnTheWayToTheServer) { cut_everywhere<TypeParam>(true, fault::reset); }
TYPED_TEST(Fault, ConnectionsThatAreResetAnywhereOnTheWayToTheClient) {
  cut_everywhere<TypeParam>(false, fault::reset);
}

TYPED_TEST(Fault, AResetReachesWhoReadsAndWhoWrites) {
  const std::string much(std::size_t{32} << 20, 'x');
  const auto plan = [](std::size_t) { return faults{.to_server = {.passes = 1'000'000, .then = fault::reset}}; };
  const auto serve = [](byte_stream& s) -> task<> {
    seen end;
    co_await note(end, [&]() -> task<> {
      while (!s.at_end()) co_await s.read_some();
    });
    EXPECT_FALSE(end.error.empty());
  };
  TestFixture::run(plan, serve, [&](fault_proxy& proxy) -> task<> {
    byte_stream s = co_await TypeParam::connect(proxy.address());
    seen reading;
    seen writing;
    co_await weft::gather(note(reading, [&]() -> task<> { (void)co_await s.read_line(); }),
                          note(writing, [&]() -> task<> { co_await s.write(much); }));
    EXPECT_FALSE(reading.error.empty()) << "the kernel tells only one of the two of the reset";
    EXPECT_FALSE(writing.error.empty());
    seen again;
    co_await note(again, [&]() -> task<> { co_await s.write("more"); });
    EXPECT_NE(again.error.find("an earlier write"), std::string::npos) << again.error;
  });
}

// ---- half-closed peers ----------------------------------------------------------------------------------------------

TYPED_TEST(Fault, AClientThatHasSaidAllGetsItsAnswer) {
  const std::string question(200'000, 'q');
  const std::string answer(300'000, 'a');
  const auto serve = [&](byte_stream& s) -> task<> {
    const std::string asked = co_await s.read_all();
    EXPECT_EQ(asked.size(), question.size());
    co_await s.write(answer);
  };
  TestFixture::run([](std::size_t) { return faults{}; }, serve,
                   [&](fault_proxy& proxy) -> task<> {
                     byte_stream s = co_await TypeParam::connect(proxy.address());
                     co_await s.write(question);
                     s.shutdown_write();
                     const std::string got = co_await s.read_all();
                     EXPECT_EQ(got, answer);
                   });
}

TYPED_TEST(Fault, AServerThatHasSaidAllGoesOnListening) {
  const std::string much(300'000, 'x');
  std::string got;
  const auto serve = [&](byte_stream& s) -> task<> {
    co_await s.write("welcome\n");
    s.shutdown_write();
    got = co_await s.read_all();
  };
  TestFixture::run([](std::size_t) { return faults{}; }, serve,
                   [&](fault_proxy& proxy) -> task<> {
                     byte_stream s = co_await TypeParam::connect(proxy.address());
                     const std::string greeting = co_await s.read_all();
                     EXPECT_EQ(greeting, "welcome\n");
                     EXPECT_TRUE(s.at_end());
                     co_await s.write(much);
                     s.shutdown_write();
                     while (got.size() < much.size()) co_await weft::sleep(1ms);
                   });
  EXPECT_EQ(got, much);
}

TYPED_TEST(Fault, OneDirectionThatIsCutLeavesTheOther) {
  const auto plan = [](std::size_t) { return faults{.to_client = {.passes = 5000, .then = fault::half_close}}; };
  std::string heard;
  const auto serve = [&](byte_stream& s) -> task<> {
    seen end;
    co_await note(end, [&]() -> task<> { co_await s.write(std::string(100'000, 'a')); });
    co_await note(end, [&]() -> task<> { heard = co_await s.read_all(); });
  };
  TestFixture::run(plan, serve, [&](fault_proxy& proxy) -> task<> {
    byte_stream s = co_await TypeParam::connect(proxy.address());
    seen end;
    co_await note(end, [&]() -> task<> { end.got = co_await s.read_all(); });
    EXPECT_EQ(end.ended, !TypeParam::says_its_end) << end.error;
    if (TypeParam::says_its_end) co_return;  // such an end breaks it
    co_await s.write("still here");
    s.shutdown_write();
    while (heard.empty()) co_await weft::sleep(1ms);
    EXPECT_EQ(heard, "still here");
  });
}

// ---- slow peers -----------------------------------------------------------------------------------------------------

TYPED_TEST(Fault, BytesThatComeOneByOne) {
  const auto plan = [](std::size_t) { return faults{.to_server = {.piece = 1}, .to_client = {.piece = 1}}; };
  const auto serve = [](byte_stream& s) -> task<> {
    seen end;
    co_await note(end, [&] { return echo(s, end); });
    EXPECT_TRUE(end.ended) << end.error;
  };
  TestFixture::run(plan, serve, [&](fault_proxy& proxy) -> task<> {
    byte_stream s = co_await TypeParam::connect(proxy.address());
    for (std::size_t size = 0; size < 2000; size = size * 3 + 1) {
      const std::string line = std::string(size, 'x') + "\n";
      std::string exactly(line.size(), '\0');
      co_await s.write(line);
      EXPECT_EQ(co_await s.read_line(), std::string(size, 'x'));
      co_await s.write(line);
      co_await s.read_exactly(std::as_writable_bytes(std::span{exactly}));
      EXPECT_EQ(exactly, line);
      co_await s.write(line);
      EXPECT_EQ(co_await s.read_until("\n"), line);
      co_await s.write(line);
      std::string some;
      while (some.size() < line.size()) some += co_await s.read_some();
      EXPECT_EQ(some, line);
    }
    s.shutdown_write();
    EXPECT_EQ(co_await s.read_line(), std::nullopt);
  });
}

TYPED_TEST(Fault, APeerThatFallsSilentIsGivenUp) {
  const auto plan = [](std::size_t) {
    return faults{.to_server = {.passes = 100'000, .then = fault::silence}, .to_client = {.passes = 20'000}};
  };
  const auto serve = [](byte_stream& s) -> task<> {
    seen end;
    co_await note(end, [&]() -> task<> {
      while (!s.at_end()) co_await s.read_some();
    });
  };
  TestFixture::run(plan, serve, [&](fault_proxy& proxy) -> task<> {
    const std::string much(std::size_t{64} << 20, 'x');
    byte_stream s = co_await TypeParam::connect(proxy.address());
    bool late = false;
    try {
      co_await weft::wait_for(s.read_line(), 10ms);
    } catch (const weft::timeout_error&) {
      late = true;
    }
    EXPECT_TRUE(late);
    const bool written = co_await weft::move_on_after(50ms, [&]() -> task<> { co_await s.write(much); });
    EXPECT_FALSE(written);
    seen again;
    co_await note(again, [&]() -> task<> { co_await s.write("more"); });
    EXPECT_NE(again.error.find("an earlier write was stopped"), std::string::npos) << again.error;
  });
}

}  // namespace
