#include <net/if.h>

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

TEST(UdpOptions, SharesItsAddressWhenAskedTo) {
  run_sockets([]() -> weft::task<> {
    const auto one = weft::udp_socket::bind(any_port_v4, {.reuse_port = true});
    const auto two = weft::udp_socket::bind(one.local_address(), {.reuse_port = true});
    EXPECT_EQ(one.local_address(), two.local_address());
    auto peer = weft::udp_socket::bind(any_port_v4);
    const auto from_there = weft::udp_socket::connect(peer.local_address(), any_port_v4);
    EXPECT_EQ(from_there.remote_address(), peer.local_address());
    co_return;
  });
}

std::vector<std::string> interfaces() {
  std::vector<std::string> names;
  struct if_nameindex* const all = ::if_nameindex();
  for (const struct if_nameindex* i = all; i != nullptr && i->if_index != 0; ++i) names.emplace_back(i->if_name);
  ::if_freenameindex(all);
  return names;
}

TEST(UdpOptions, ReceivesWhatIsSentToItsGroup) {
  const std::string loopback = "lo";
  if (::if_nametoindex("lo") == 0) GTEST_SKIP() << "no loopback interface";
  run_sockets([loopback]() -> weft::task<> {
    auto member = weft::udp_socket::bind(*weft::endpoint::parse("0.0.0.0", 0), {.reuse_address = true});
    const std::uint16_t port = member.local_address().port();
    const weft::endpoint group = *weft::endpoint::parse("239.255.77.7", port);
    member.join_group(group, loopback);
    auto sender = weft::udp_socket::bind(any_port_v4);
    sender.set_multicast_interface(loopback);
    sender.set_multicast_hops(1);
    sender.set_multicast_loop(true);
    co_await sender.send_to("to all", group);
    const auto got = co_await weft::move_on_after(5s, member.receive());
    EXPECT_EQ(got ? got->data : "nothing", "to all");
    member.leave_group(group, loopback);
    co_await sender.send_to("to those who stayed", group);
    EXPECT_FALSE(co_await weft::move_on_after(5ms, member.receive()));

    std::string text;
    try {
      member.leave_group(group, loopback);
    } catch (const std::system_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "leave group 239.255.77.7 of " + member.local_address().to_string() +
                        ": Cannot assign requested address");
  });
}

// Not every interface has a route for groups, or lets them in.
TEST(UdpOptions, ReceivesWhatIsSentToItsGroupOverIpv6) {
  if (loopbacks().size() < 2) GTEST_SKIP() << "no IPv6";
  bool received = false;
  run_sockets([&]() -> weft::task<> {
    for (const std::string& interface : interfaces()) {
      auto member = weft::udp_socket::bind(*weft::endpoint::parse("::", 0));
      const weft::endpoint group = *weft::endpoint::parse("ff01::7777%" + interface, member.local_address().port());
      member.join_group(group);
      auto sender = weft::udp_socket::bind(*weft::endpoint::parse("::", 0));
      sender.set_multicast_interface(interface);
      sender.set_multicast_hops(1);
      sender.set_multicast_loop(true);
      const auto failure = co_await failure_of(sender.send_to(std::string{"to all"}, group));
      if (failure.code) continue;
      const auto got = co_await weft::move_on_after(200ms, member.receive());
      if (got && got->data == "to all") received = true;
    }
  });
  if (!received) GTEST_SKIP() << "no interface takes groups";
}

TEST(UdpOptions, MaySendToAllOnlyWhenAllowedTo) {
  run_sockets([]() -> weft::task<> {
    auto socket = weft::udp_socket::bind(any_port_v4);
    const weft::endpoint all = *weft::endpoint::parse("127.255.255.255", 9);
    const auto refused = co_await failure_of(socket.send_to(std::string{"x"}, all));
    EXPECT_EQ(refused.code, std::errc::permission_denied);
    socket.set_broadcast(true);
    co_await socket.send_to("x", all);
  });
}

}  // namespace
