#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "net/loopback.hpp"
#include "net/sockets.hpp"

using namespace std::chrono_literals;
using weft::testing::failure_of;
using weft::testing::run_sockets;

namespace {

constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_aaaa = 28;

/// A socket whose port is free for a TCP listener too.
weft::udp_socket bind_twin_port() {
  for (;;) {
    weft::udp_socket bound = weft::udp_socket::bind(weft::testing::any_port_v4);
    try {
      const weft::tcp_listener probe{bound.local_address()};
      return bound;
    } catch (const std::system_error& e) {
      if (e.code() != std::errc::address_in_use) throw;
    }
  }
}

/// A DNS server on loopback (RFC 1035, as much as the tests need), which counts its questions.
class tiny_dns {
 public:
  tiny_dns()
      : datagrams_{bind_twin_port()},
        streams_{"127.0.0.1", datagrams_.local_address().port(),
                 [this](weft::tcp_stream s) { return answer_stream(*this, std::move(s)); }} {}

  std::string address() const { return datagrams_.local_address().to_string(); }
  weft::dns_options options() const { return {.servers = address_, .timeout = 200ms, .tries = 2}; }
  int asked(const std::string& name) const {
    int count = 0;
    for (const auto& [question, times] : asked_) count += question.first == name ? times : 0;
    return count;
  }
  int asked_by_stream() const noexcept { return by_stream_; }

  /// Serves, with this loop's names looked up here, for the time of `body`.
  template <class F>
  static weft::task<> serve(F body) {
    tiny_dns server;
    server.address_ = server.address();
    co_await weft::with(server.streams_, weft::task_group{},
                        [&](weft::tcp_server&, weft::task_group& tasks) -> weft::task<> {
                          auto answering = tasks.create_task(answer_datagrams(server));
                          weft::use_dns_resolver(server.options());
                          co_await body(server);
                          answering.cancel();
                        });
  }

 private:
  static void put(std::string& text, std::uint16_t number) {
    text.push_back(static_cast<char>(number >> 8));
    text.push_back(static_cast<char>(number & 0xff));
  }

  /// The answer to a message; nothing if it stays unanswered.
  std::optional<std::string> answer(const std::string& message, bool by_stream) {
    std::string name;
    std::size_t at = 12;
    while (message.at(at) != 0) {
      const auto length = std::size_t{static_cast<unsigned char>(message.at(at))};
      if (!name.empty()) name += '.';
      name += message.substr(at + 1, length);
      at += 1 + length;
    }
    const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(message.at(at + 2)));
    const std::string question = message.substr(12, at + 5 - 12);
    const int times = ++asked_[{name, type}];
    if (by_stream) ++by_stream_;

    if (name == "silent.test" || (name == "slow.test" && times == 1)) return std::nullopt;
    std::uint16_t flags = 0x8180;
    if (name == "nowhere.test") flags |= 3;
    if (name == "broken.test") flags |= 2;
    const bool truncated = name == "large.test" && !by_stream;
    if (truncated) flags |= 0x0200;
    std::string data;
    if ((flags & 0xf) == 0 && !truncated) {
      if (type == type_a) data = {'\xc0', '\x00', '\x02', '\x01'};
      if (type == type_aaaa && name != "v4.test")
        data = std::string{"\x20\x01\x0d\xb8", 4} + std::string(11, '\0') + "\x01";
    }
    std::string text = message.substr(0, 2);
    put(text, flags);
    put(text, 1);
    put(text, data.empty() ? 0 : 1);
    put(text, 0);
    put(text, 0);
    text += question;
    if (!data.empty()) {
      put(text, 0xc00c);  // the name of the question
      put(text, type);
      put(text, 1);
      put(text, 0);
      put(text, 60);
      put(text, static_cast<std::uint16_t>(data.size()));
      text += data;
    }
    return text;
  }

  static weft::task<> answer_datagrams(tiny_dns& self) {
    for (;;) {
      const weft::datagram came = co_await self.datagrams_.receive();
      const std::optional<std::string> text = self.answer(came.data, false);
      if (text) co_await self.datagrams_.send_to(*text, came.from);
    }
  }
  static weft::task<> answer_stream(tiny_dns& self, weft::tcp_stream s) {
    for (;;) {
      std::array<std::byte, 2> length{};
      co_await s.read_exactly(length);
      std::string message(std::to_integer<std::size_t>(length[0]) << 8 | std::to_integer<std::size_t>(length[1]), '\0');
      co_await s.read_exactly(std::as_writable_bytes(std::span{message}));
      std::optional<std::string> text = self.answer(message, true);
      std::string framed;
      put(framed, static_cast<std::uint16_t>(text->size()));
      framed += *text;
      // Byte by byte: c-ares must be told of each.
      for (const char& c : framed) {
        co_await s.write(std::string_view{&c, 1});
        co_await weft::sleep(100us);
      }
    }
  }

  std::string address_;
  std::map<std::pair<std::string, std::uint16_t>, int> asked_;
  int by_stream_ = 0;
  weft::udp_socket datagrams_;
  weft::tcp_server streams_;
};

weft::task<std::vector<std::string>> addresses_of(std::string host) {
  std::vector<std::string> texts;
  const std::vector<weft::endpoint> found = co_await weft::resolve(std::move(host), 80);
  for (const weft::endpoint& e : found) texts.push_back(e.to_string());
  std::sort(texts.begin(), texts.end());
  co_return texts;
}

const std::vector<std::string> both{"192.0.2.1:80", "[2001:db8::1]:80"};

TEST(DnsResolver, AsksTheServers) {
  run_sockets([]() -> weft::task<> {
    co_await tiny_dns::serve([](tiny_dns& server) -> weft::task<> {
      EXPECT_EQ(co_await addresses_of("a.test"), both);
      const std::vector<std::string> v4 = co_await addresses_of("v4.test");
      EXPECT_EQ(v4, std::vector<std::string>{"192.0.2.1:80"});
      EXPECT_EQ(server.asked("a.test"), 2) << "for both families";
      co_await weft::resolve("localhost", 80);  // is in /etc/hosts
      EXPECT_EQ(server.asked("localhost"), 0);
    });
  });
}

TEST(DnsResolver, KeepsAnswersAndAsksOnceForAllWhoAskAtTheSameTime) {
  run_sockets([]() -> weft::task<> {
    co_await tiny_dns::serve([](tiny_dns& server) -> weft::task<> {
      std::vector<weft::task<std::vector<std::string>>> asking;
      for (int i = 0; i < 10; ++i) asking.push_back(addresses_of("a.test"));
      for (const auto& answer : co_await weft::gather(std::move(asking))) EXPECT_EQ(answer, both);
      EXPECT_EQ(co_await addresses_of("a.test"), both);
      EXPECT_EQ(server.asked("a.test"), 2);
      weft::clear_resolve_cache();
      EXPECT_EQ(co_await addresses_of("a.test"), both);
      EXPECT_EQ(server.asked("a.test"), 4);
    });
  });
}

TEST(DnsResolver, AsksForManyNamesAtTheSameTime) {
  run_sockets([]() -> weft::task<> {
    co_await tiny_dns::serve([](tiny_dns&) -> weft::task<> {
      std::vector<weft::task<std::vector<std::string>>> asking;
      for (int i = 0; i < 200; ++i) asking.push_back(addresses_of("bulk-" + std::to_string(i) + ".test"));
      for (const auto& answer : co_await weft::gather(std::move(asking))) EXPECT_EQ(answer, both);
    });
  });
}

TEST(DnsResolver, SaysWhatCannotBeResolved) {
  run_sockets([]() -> weft::task<> {
    co_await tiny_dns::serve([](tiny_dns& server) -> weft::task<> {
      auto seen = co_await failure_of(weft::resolve("nowhere.test", 80));
      EXPECT_EQ(seen.code, (std::error_code{EAI_NONAME, weft::resolve_category()}));
      EXPECT_EQ(seen.text.find("resolve nowhere.test"), 0U) << seen.text;
      seen = co_await failure_of(weft::resolve("broken.test", 80));
      EXPECT_EQ(seen.code, std::errc::resource_unavailable_try_again);
      seen = co_await failure_of(weft::resolve("silent.test", 80));
      EXPECT_EQ(seen.code, std::errc::resource_unavailable_try_again);
      EXPECT_GT(server.asked("silent.test"), 2) << "it was asked again";
    });
  });
}

TEST(DnsResolver, AsksAgainWhenADatagramIsLost) {
  run_sockets([]() -> weft::task<> {
    co_await tiny_dns::serve([](tiny_dns& server) -> weft::task<> {
      EXPECT_EQ(co_await addresses_of("slow.test"), both);
      EXPECT_GT(server.asked("slow.test"), 2);
    });
  });
}

TEST(DnsResolver, TakesByStreamWhatIsTooLargeForADatagram) {
  run_sockets([]() -> weft::task<> {
    co_await tiny_dns::serve([](tiny_dns& server) -> weft::task<> {
      EXPECT_EQ(co_await addresses_of("large.test"), both);
      EXPECT_EQ(server.asked_by_stream(), 2);
    });
  });
}

TEST(DnsResolver, AStopLeavesAtOnceAndHarmsNobodyElse) {
  run_sockets([]() -> weft::task<> {
    co_await tiny_dns::serve([](tiny_dns& server) -> weft::task<> {
      const auto given_up = co_await weft::move_on_after(5ms, addresses_of("silent.test"));
      EXPECT_FALSE(given_up);
      EXPECT_LE(server.asked("silent.test"), 2) << "once for each family: it was not asked again";
      auto first = weft::create_task(addresses_of("slow.test"));
      auto second = weft::create_task(addresses_of("slow.test"));
      co_await weft::sleep(5ms);
      first.cancel();
      EXPECT_EQ(co_await second, both);
    });
    // Leaving the loop while a question is open leaves nothing behind either.
  });
}

TEST(DnsResolver, CanBeTakenBack) {
  run_sockets([]() -> weft::task<> {
    co_await tiny_dns::serve([](tiny_dns& server) -> weft::task<> {
      EXPECT_EQ(co_await addresses_of("a.test"), both);
      weft::use_system_resolver();
      weft::clear_resolve_cache();
      co_await weft::resolve("localhost", 80);
      EXPECT_EQ(server.asked("localhost"), 0);
      EXPECT_THROW(weft::use_dns_resolver({.servers = "no address"}), std::invalid_argument);
      EXPECT_THROW(weft::use_dns_resolver({.tries = 0}), std::invalid_argument);
      EXPECT_THROW(weft::use_dns_resolver({.timeout = 0ms}), std::invalid_argument);
    });
  });
  EXPECT_THROW(weft::use_dns_resolver(), std::logic_error);
}

}  // namespace
