// Connects, cuts, timeouts and cancellations at random, for as long as WEFT_TEST_SOAK says in seconds, or else some
// rounds. WEFT_TEST_SEED is the seed of the first round; each next one has the next.

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <support/at_end.hpp>
#include <support/fault_proxy.hpp>
#include <vector>

#include "net/transports.hpp"
#include "testing/random.hpp"

using namespace std::chrono_literals;
using weft::byte_stream;
using weft::task;
using weft::task_group;
using weft::with;
using weft::testing::fault;
using weft::testing::fault_proxy;
using weft::testing::faults;
using weft::testing::run_sockets;
using weft::testing::detail::random_source;

namespace {

constexpr std::uint64_t clients = 16;
constexpr std::uint64_t connections_each = 4;
/// How long clients wait for a connection that has fallen silent. The server waits longer.
constexpr std::chrono::microseconds patience = 100ms;

/// Bytes of a connection's text, from `offset` on.
std::string text_of(std::uint64_t connection, std::size_t offset, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    text[i] = static_cast<char>(((offset + i) * 2'654'435'761U + connection * 97) >> 7);
  }
  return text;
}

/// How connections went.
struct tally {
  std::size_t begun = 0;
  std::size_t whole = 0;  ///< all that was sent came back
  std::size_t failed = 0;
  std::size_t late = 0;
  std::size_t stopped = 0;
};

/// Clients that do as they please, a server that echoes, and a proxy that spoils connections.
template <class Transport>
class trouble {
 public:
  trouble(std::uint64_t seed, tally& counts) : seed_{seed}, counts_{&counts} {}

  task<> run() {
    auto managed = Transport::server([](byte_stream s) -> task<> { co_await echo(s); });
    co_await with(managed, [this](auto& server) -> task<> {
      const auto at = *weft::endpoint::parse("127.0.0.1", server.port());
      {
        const fault_proxy proxy{at, [seed = seed_](std::size_t n) { return faults_of(seed, n); }};
        co_await with(task_group{}, [&](task_group& group) -> task<> {
          for (std::uint64_t i = 0; i < clients; ++i) {
            auto client = group.create_task(connect_again(i, at, proxy.address()));
            group.create_task(perhaps_cancel(i, client));
          }
          co_return;
        });
      }
      co_await becomes_true([&] { return server.connections() == 0; });
    });
    co_await becomes_true([] { return weft::all_tasks().size() == 1; });  // TLS may still be sending its farewells
  }

 private:
  template <class F>
  static task<> becomes_true(F condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < end) co_await weft::sleep(1ms);
    EXPECT_TRUE(condition()) << weft::format_task_tree();
  }

  static faults faults_of(std::uint64_t seed, std::size_t n) {
    random_source random{seed * 1'000'003 + n};
    faults what;
    for (weft::testing::flow* each : {&what.to_server, &what.to_client}) {
      if (random.below(3) == 0) {
        each->passes = random.below(random.below(2) == 0 ? 5000 : 200'000);
        each->then = static_cast<fault>(1 + random.below(4));
      }
      if (random.below(4) == 0) each->piece = 1 + random.below(random.below(2) == 0 ? 4 : 4000);
    }
    return what;
  }

  task<> perhaps_cancel(std::uint64_t client, weft::any_task_handle handle) {
    random_source random{seed_ * 7'368'787 + client};
    if (random.below(3) != 0) co_return;
    co_await weft::sleep(random.below(30'000) * 1us);
    handle.cancel();
  }

  task<> connect_again(std::uint64_t client, weft::endpoint server, weft::endpoint proxy) {
    for (std::uint64_t i = 0; i < connections_each; ++i) {
      const std::uint64_t number = client * connections_each + i;
      random_source random{seed_ * 15'485'863 + number};
      const bool direct = random.below(4) == 0;
      bool ended = false;
      ++counts_->begun;
      const weft::testing::at_end counted{[&] {
        if (!ended) ++counts_->stopped;
      }};
      try {
        co_await talk(number, random, direct ? server : proxy);
        ++counts_->whole;
      } catch (const weft::timeout_error&) {
        ++counts_->late;
      } catch (const weft::incomplete_read_error& e) {
        EXPECT_FALSE(direct) << e.what();
        ++counts_->failed;
      } catch (const std::system_error& e) {
        EXPECT_FALSE(direct) << e.what();
        EXPECT_NE(std::string_view{e.what()}.find("127.0.0.1:"), std::string_view::npos) << e.what();
        ++counts_->failed;
      }
      ended = true;
    }
  }

  static task<> talk(std::uint64_t number, random_source random, weft::endpoint at) {
    byte_stream s = co_await weft::wait_for(Transport::connect(at), patience);
    std::size_t sent = 0;
    std::size_t got = 0;
    for (auto exchanges = random.below(6); exchanges != 0; --exchanges) {
      const std::size_t size = random.below(random.below(4) == 0 ? 300'000 : 3000);
      const std::string text = text_of(number, sent, size);
      sent += size;
      const std::chrono::microseconds limit{random.below(8) == 0 ? static_cast<std::int64_t>(random.below(3000))
                                                                 : patience.count()};
      co_await weft::wait_for(
          weft::gather([&]() -> task<> { co_await s.write(text); }, [&] { return expect(s, number, got, sent); }),
          limit);
    }
    if (random.below(3) == 0) co_return;  // leaves as it is
    s.shutdown_write();
    const std::string rest = co_await weft::wait_for(s.read_all(), patience);
    EXPECT_EQ(rest, "");
  }

  /// Reads up to `end`. What comes is what was sent.
  static task<> expect(byte_stream& s, std::uint64_t number, std::size_t& got, std::size_t end) {
    while (got < end) {
      const std::string some = co_await s.read_some();
      if (some.empty()) throw weft::incomplete_read_error{"", end - got};
      EXPECT_LE(got + some.size(), end);
      EXPECT_TRUE(some == text_of(number, got, some.size())) << "connection " << number << " from byte " << got;
      got += some.size();
    }
  }

  static task<> echo(byte_stream& s) {
    try {
      for (;;) {
        std::string some = co_await weft::wait_for(s.read_some(), 10s);
        if (some.empty()) break;
        co_await weft::wait_for(s.write(std::move(some)), 10s);
      }
      s.shutdown_write();
    } catch (const weft::timeout_error&) {  // NOLINT(bugprone-empty-catch): clients come and go
    } catch (const std::system_error&) {    // NOLINT(bugprone-empty-catch)
    }
  }

  std::uint64_t seed_;
  tally* counts_;
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// How much memory is in use; 0 where that is not known.
std::size_t memory_in_use() {
  const struct mallinfo2 about = ::mallinfo2();  // the sanitizers give nothing
  return about.uordblks + about.hblkhd;
}

TEST(Soak, NothingIsLostLeftOrMixedUp) {
  const auto seconds = number_from("WEFT_TEST_SOAK", 0);
  const std::uint64_t first = number_from("WEFT_TEST_SEED", seconds == 0 ? 1 : std::random_device{}());
  const std::uint64_t rounds = 8;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
  tally counts;
  std::size_t memory = 0;
  std::uint64_t round = 0;
  for (; !HasFailure() && (round < rounds || std::chrono::steady_clock::now() < end); ++round) {
    SCOPED_TRACE("WEFT_TEST_SEED=" + std::to_string(first + round) + " repeats this round");
    run_sockets([&]() -> task<> {
      if (round % 4 == 3) {
        trouble<weft::testing::tls> here{first + round, counts};
        co_await here.run();
      } else {
        trouble<weft::testing::tcp> here{first + round, counts};
        co_await here.run();
      }
    });
    if (round == rounds / 2) memory = memory_in_use();
  }
  EXPECT_LT(memory_in_use(), memory + (std::size_t{8} << 20)) << "memory is lost";
  EXPECT_EQ(counts.whole + counts.failed + counts.late + counts.stopped, counts.begun);
  EXPECT_GT(counts.whole, 0U);
  EXPECT_GT(counts.failed, 0U);
  EXPECT_GT(counts.stopped, 0U);
  const auto record = [](const char* what, std::uint64_t n) { RecordProperty(what, static_cast<int>(n)); };
  record("rounds", round);
  record("whole", counts.whole);
  record("failed", counts.failed);
  record("late", counts.late);
  record("stopped", counts.stopped);
}

}  // namespace
