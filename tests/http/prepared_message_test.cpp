#include <weft/http/prepared_message.hpp>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "http/prepared_frames.hpp"
#include "http/websocket_core.hpp"
#include "websocket_ends.hpp"

using namespace std::string_literals;
using weft::task;
using weft::http::message;
using weft::http::prepared_message;
using weft::http::websocket;
using weft::http::websocket_options;
using weft::http::detail::deflate_agreement;
using weft::http::detail::prepared_frames;
using namespace weft::http::testing;

namespace {

/// Both ends with compression.
struct compressing {
  explicit compressing(const deflate_agreement& agreed) {
    ends.client.shared_core()->agree(agreed, {});
    ends.server.shared_core()->agree(agreed, {});
  }
  both ends{websocket_options{.ping_interval = std::chrono::seconds{0}, .compression_threshold = 10}};
};

std::string sentence(int number) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "sentence " + std::to_string(i * number) + " of many; ";
  return text;
}

std::string noise(std::size_t size) {
  std::minstd_rand random{7};
  std::string bytes(size, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  return bytes;
}

task<message> next_of(websocket& ws) {
  std::optional<message> m = co_await ws.receive();
  if (!m) throw std::runtime_error{"closed"};
  co_return std::move(*m);
}

TEST(PreparedMessage, KnowsWhatItSays) {
  const prepared_message text = prepared_message::of_text("snow\xe2\x98\x83");
  EXPECT_TRUE(text.is_text());
  EXPECT_EQ(text.bytes(), "snow\xe2\x98\x83");
  const prepared_message bytes = prepared_message::of_bytes("\xff\x00"s);
  EXPECT_FALSE(bytes.is_text());
  EXPECT_EQ(bytes.bytes(), "\xff\x00"s);
  EXPECT_THROW(static_cast<void>(prepared_message::of_text("\xff")), std::invalid_argument);
}

TEST(PreparedMessage, IsMadeOnceForEachWindow) {
  const prepared_frames frames{weft::http::detail::message_kind::text, sentence(1)};
  const auto& small = frames.compressed(9);
  EXPECT_TRUE(small.compressed);
  EXPECT_LT(small.bytes.size(), frames.plain().bytes.size());
  EXPECT_EQ(&frames.compressed(9), &small);
  EXPECT_NE(&frames.compressed(15), &small);
  const prepared_frames hopeless{weft::http::detail::message_kind::binary, noise(1000)};
  EXPECT_EQ(&hopeless.compressed(15), &hopeless.plain()) << "compressed it would be longer";
}

TEST(PreparedMessage, GoesToManyAsAnyOther) {
  weft::testing::run([]() -> task<> {
    std::vector<both> rooms(5);
    const std::string large(300'000, 'L');
    const std::vector<prepared_message> all{prepared_message::of_text(""), prepared_message::of_text("hello"),
                                            prepared_message::of_bytes("\x00\xff"s), prepared_message::of_text(large)};
    for (both& ends : rooms) {
      for (const bool from_client : {true, false}) {
        websocket& from = from_client ? ends.client : ends.server;
        websocket& to = from_client ? ends.server : ends.client;
        for (const prepared_message& one : all) {
          co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
            tg.create_task([&]() -> task<> { co_await from.send(one); });
            const message got = co_await next_of(to);
            EXPECT_EQ(got.is_text(), one.is_text());
            EXPECT_TRUE(got.bytes() == one.bytes());
          });
        }
      }
    }
  });
}

/// Messages that refer to those before them, and prepared ones between them.
TEST(PreparedMessage, LeavesTheCompressionOfOthersRight) {
  for (const int bits : {8, 9, 15}) {
    for (const bool keeps : {true, false}) {
      weft::testing::run([&]() -> task<> {
        compressing both_ends{{bits, bits, keeps, keeps}};
        both& ends = both_ends.ends;
        const std::vector<prepared_message> prepared{
            prepared_message::of_text(sentence(3)), prepared_message::of_text("short"),
            prepared_message::of_bytes(noise(500)), prepared_message::of_text(sentence(7) + sentence(8))};
        for (int i = 0; i < 40; ++i) {
          for (const bool from_client : {true, false}) {
            websocket& from = from_client ? ends.client : ends.server;
            websocket& to = from_client ? ends.server : ends.client;
            const prepared_message& one = prepared[static_cast<std::size_t>(i) % prepared.size()];
            const std::string own = sentence(i % 5);
            co_await from.send(std::string_view{own});
            co_await from.send(one);
            if (i % 3 == 0) co_await from.send(one);
            co_await from.send(std::string_view{own});
            std::vector<std::string> wanted{own, std::string{one.bytes()}};
            if (i % 3 == 0) wanted.emplace_back(one.bytes());
            wanted.push_back(own);
            for (const std::string& text : wanted) {
              const message got = co_await next_of(to);
              EXPECT_TRUE(got.bytes() == text) << bits << keeps << i;
            }
          }
        }
      });
    }
  }
}

TEST(PreparedMessage, WaitsItsTurnAndForRoom) {
  weft::testing::run([]() -> task<> {
    both ends{websocket_options{.send_buffer = 1000, .ping_interval = std::chrono::seconds{0}}};
    const prepared_message one = prepared_message::of_text(std::string(600, 'x'));
    std::string heard;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
      tg.create_task([&]() -> task<> {
        weft::http::message_writer out = co_await ends.client.begin_text();
        co_await out.write("in ");
        co_await weft::sleep(std::chrono::seconds{1});
        co_await out.finish("pieces");
      });
      tg.create_task([&]() -> task<> {
        co_await weft::sleep(std::chrono::milliseconds{1});
        for (int i = 0; i < 500; ++i) co_await ends.client.send(one);
      });
      co_await weft::sleep(std::chrono::seconds{2});
      for (int i = 0; i < 501; ++i) {
        const message got = co_await next_of(ends.server);
        heard += std::to_string(got.bytes().size()) + " ";
      }
    });
    EXPECT_TRUE(heard.starts_with("9 600 600 "));
  });
}

TEST(PreparedMessage, MayBeSharedByThreads) {
  const prepared_message one = prepared_message::of_text(sentence(5));
  const auto use = [&] {
    weft::testing::run([&]() -> task<> {
      for (const int bits : {9, 12, 15}) {
        compressing both_ends{{bits, bits, true, true}};
        co_await both_ends.ends.server.send(one);
        const message got = co_await next_of(both_ends.ends.client);
        EXPECT_TRUE(got.text() == one.bytes());
      }
    });
  };
  std::thread other{use};
  use();
  other.join();
}

}  // namespace
