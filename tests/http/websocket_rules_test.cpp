// What RFC 6455 says that frames must and must not be, section by section, at both ends: what the application is given,
// and what the peer hears.

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "websocket_ends.hpp"
#include "websocket_transcript.hpp"

using namespace std::string_literals;
using weft::task;
using weft::http::message;
using weft::http::websocket_error;
using weft::http::websocket_role;
using namespace weft::http::testing;

namespace {

constexpr unsigned text = 0x81;
constexpr unsigned binary = 0x82;
constexpr unsigned close = 0x88;
constexpr unsigned ping = 0x89;
constexpr unsigned pong = 0x8a;
constexpr unsigned more = 0x00;
constexpr unsigned last = 0x80;
constexpr unsigned open_end = 0x80;  // what the first frame of several lacks

/// Makes the frames of a peer that has to mask them, or must not.
struct frames {
  bool masks;

  /// @param length_bytes how many say the length: 0 as few as possible, else 1, 2 or 8.
  std::string operator()(unsigned first, std::string_view payload = {}, int length_bytes = 0) const {
    const std::size_t size = payload.size();
    if (length_bytes == 0) length_bytes = size < 126 ? 1 : size < 65536 ? 2 : 8;
    const std::size_t small = length_bytes == 1 ? size : length_bytes == 2 ? 126 : 127;
    std::string out{static_cast<char>(first), static_cast<char>((masks ? 0x80 : 0) | small)};
    for (int i = length_bytes == 1 ? 0 : length_bytes; i-- > 0;) out += static_cast<char>(size >> (8 * i) & 0xff);
    constexpr std::array<char, 4> key{'\x12', '\xf4', '\x56', '\x78'};
    if (masks) out.append(key.data(), key.size());
    for (std::size_t i = 0; i < size; ++i) out += masks ? static_cast<char>(payload[i] ^ key[i % 4]) : payload[i];
    return out;
  }
  std::string with_code(unsigned number, std::string_view reason = {}) const {
    return (*this)(close, std::string{static_cast<char>(number >> 8), static_cast<char>(number & 0xff)}.append(reason));
  }
};

struct rule {
  const char* section;
  std::function<std::string(const frames&)> sent;
  /// What receive() gives: "text:hello", and "!1002" for an error with that code.
  std::string given;
  /// What the peer hears before the end of the connection; of an error the code is enough.
  std::string heard;
};

/// Frames that are refused with a code.
rule refused(const char* section, int code, std::function<std::string(const frames&)> sent) {
  return {section, std::move(sent), "!" + std::to_string(code), "close:" + std::to_string(code)};
}

std::vector<rule> rules() {
  std::vector<rule> all{
      refused("5.1 masks", 1002, [](frames f) { return frames{!f.masks}(text, "a"); }),
      refused("5.1 masks, of control frames", 1002, [](frames f) { return frames{!f.masks}(ping); }),
      refused("5.2 reserved bit 1", 1002, [](frames f) { return f(text | 0x40, "a"); }),
      refused("5.2 reserved bit 2", 1002, [](frames f) { return f(binary | 0x20, "a"); }),
      refused("5.2 reserved bit 3", 1002, [](frames f) { return f(text | 0x10, "a"); }),
      refused("5.2 a reserved bit of a control frame", 1002, [](frames f) { return f(ping | 0x40); }),
      refused("5.2 a reserved bit of a close frame", 1002, [](frames f) { return f(close | 0x20); }),
      refused("5.2 a reserved bit of a continuation", 1002,
              [](frames f) { return f(text ^ open_end, "a") + f(last | 0x40, "b"); }),
      refused("5.2 the length in 2 bytes that fits into 1", 1002, [](frames f) { return f(text, "hello", 2); }),
      refused("5.2 the length in 2 bytes, the largest that fits into 1", 1002,
              [](frames f) { return f(text, std::string(125, 'x'), 2); }),
      refused("5.2 the length in 8 bytes that fits into 1", 1002, [](frames f) { return f(text, "hello", 8); }),
      refused("5.2 the length in 8 bytes that fits into 2", 1002,
              [](frames f) { return f(text, std::string(65535, 'x'), 8); }),
      refused("5.2 the highest bit of the length", 1002,
              [](frames f) { return "\x82"s + (f.masks ? "\xff" : "\x7f") + "\x80\0\0\0\0\x01\0\0"s; }),
      {"5.2 the largest in 1 byte, the least in 2, and the least in 8",
       [](frames f) {
         return f(binary, std::string(125, 'a')) + f(binary, std::string(126, 'b')) +
                f(binary, std::string(65536, 'c')) + f.with_code(1000);
       },
       "bytes:" + std::string(125, 'a') + " bytes:" + std::string(126, 'b') + " bytes:" + std::string(65536, 'c') +
           " closed",
       "close:1000"},
      refused("5.4 a continuation of nothing", 1002, [](frames f) { return f(last, "a"); }),
      refused("5.4 a continuation of nothing, not the last", 1002, [](frames f) { return f(more, "a"); }),
      {"5.4 a continuation behind the end", [](frames f) { return f(text, "a") + f(last, "b"); }, "text:a !1002",
       "close:1002"},
      refused("5.4 a message within another", 1002, [](frames f) { return f(text ^ open_end, "a") + f(text, "b"); }),
      refused("5.4 a message in pieces within another", 1002,
              [](frames f) { return f(text ^ open_end, "a") + f(binary ^ open_end, "b"); }),
      {"5.4 control frames between the pieces, and pieces of no bytes",
       [](frames f) {
         return f(text ^ open_end) + f(ping, "1") + f(more, "a") + f(pong, "2") + f(more) + f(last, "b") +
                f.with_code(1000);
       },
       "text:ab closed", "pong:1 close:1000"},
      refused("5.5 a ping of 126 bytes", 1002, [](frames f) { return f(ping, std::string(126, 'x')); }),
      refused("5.5 a pong of 126 bytes", 1002, [](frames f) { return f(pong, std::string(126, 'x')); }),
      refused("5.5 a close of 126 bytes", 1002, [](frames f) { return f.with_code(1000, std::string(124, 'x')); }),
      refused("5.5 the length of a ping in 2 bytes", 1002, [](frames f) { return f(ping, "a", 2); }),
      refused("5.5 a ping in pieces", 1002, [](frames f) { return f(ping ^ last, "a"); }),
      refused("5.5 a pong in pieces", 1002, [](frames f) { return f(pong ^ last, "a"); }),
      refused("5.5 a close in pieces", 1002, [](frames f) { return f(close ^ last); }),
      {"5.5.1 a close is answered with its code; what follows it is not read",
       [](frames f) { return f.with_code(4321, "why") + f(text, "more") + f(0x83); }, "closed", "close:4321"},
      {"5.5.1 a close without a code", [](frames f) { return f(close); }, "closed", "close:1005"},
      {"5.5.1 a close with the longest reason", [](frames f) { return f.with_code(1001, std::string(123, 'x')); },
       "closed", "close:1001"},
      refused("5.5.1 a close of 1 byte", 1002, [](frames f) { return f(close, "\x03"); }),
      refused("5.5.1 a reason that is not UTF-8", 1007, [](frames f) { return f.with_code(1000, "\xff"); }),
      refused("5.5.1 a reason that ends within a character", 1007, [](frames f) { return f.with_code(1000, "\xe2"); }),
      {"5.5.2 a ping is answered with what it says",
       [](frames f) { return f(ping) + f(ping, std::string(125, '\0')) + f.with_code(1000); }, "closed",
       "pong: pong:" + std::string(125, '\0') + " close:1000"},
      {"5.5.3 a pong that nobody asked for", [](frames f) { return f(pong, "hello") + f.with_code(1000); }, "closed",
       "close:1000"},
      {"5.6 bytes of any kind", [](frames f) { return f(binary, "\xff\xc0") + f.with_code(1000); },
       "bytes:\xff\xc0 closed", "close:1000"},
      refused("8.1 not UTF-8", 1007, [](frames f) { return f(text, "abc\xff"); }),
      refused("8.1 an overlong form", 1007, [](frames f) { return f(text, "\xc0\x80"); }),
      refused("8.1 a surrogate", 1007, [](frames f) { return f(text, "\xed\xa0\x80"); }),
      refused("8.1 above the last character", 1007, [](frames f) { return f(text, "\xf4\x90\x80\x80"); }),
      refused("8.1 a continuation byte alone", 1007, [](frames f) { return f(text, "\x80"); }),
      refused("8.1 the end within a character", 1007, [](frames f) { return f(text, "\xe2\x98"); }),
      refused("8.1 told at the byte that shows it, not at the end", 1007,
              [](frames f) { return f(text ^ open_end, "\xf4\x90"); }),
      refused("8.1 in pieces", 1007, [](frames f) { return f(text ^ open_end, "\xe2") + f(last, "\x41"); }),
      {"8.1 a character in pieces",
       [](frames f) { return f(text ^ open_end, "\xe2") + f(more, "\x98") + f(last, "\x83") + f.with_code(1000); },
       "text:\xe2\x98\x83 closed", "close:1000"},
  };
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    all.push_back(refused("5.2 unknown opcodes", 1002, [=](frames f) { return f(0x80 | opcode); }));
  }
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U}) {
    all.push_back(refused("7.4 codes that must not be sent", 1002, [=](frames f) { return f.with_code(code); }));
  }
  for (const unsigned code : {1000U, 1003U, 1007U, 1014U, 3000U, 4999U}) {
    all.push_back({"7.4 codes that may be sent", [=](frames f) { return f.with_code(code); }, "closed",
                   "close:" + std::to_string(code)});
  }
  return all;
}

/// What the application is given, up to the end.
task<std::string> given_by(weft::http::websocket& ws) {
  std::string given;
  for (bool open = true; open;) {
    try {
      const std::optional<message> m = co_await ws.receive();
      open = m.has_value();
      given += !m ? "closed" : (m->is_text() ? "text:" : "bytes:") + std::string{m->bytes()} + " ";
    } catch (const websocket_error& e) {
      given += "!" + std::to_string(static_cast<int>(e.code()));
      open = false;
    }
  }
  co_return given;
}

class WebsocketRules : public ::testing::TestWithParam<websocket_role> {};

TEST_P(WebsocketRules, AreHeldHoweverTheBytesAreCut) {
  const websocket_role role = GetParam();
  const websocket_role peers = role == websocket_role::client ? websocket_role::server : websocket_role::client;
  const frames peer_frames{peers == websocket_role::client};
  for (const rule& one : rules()) {
    const std::string sent = peer_frames(text, "fine") + one.sent(peer_frames);
    for (const std::size_t piece : {sent.size(), std::size_t{1}}) {
      if (piece == 1 && sent.size() > 1000) continue;
      weft::testing::run([&]() -> task<> {
        raw end{role};
        end.peer.split({piece});
        std::string heard;
        co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> task<> {
          tg.create_task([&]() -> task<> {
            const std::string given = co_await given_by(end.ws);
            EXPECT_EQ(given, "text:fine " + one.given) << one.section;
            EXPECT_FALSE(end.ws.is_open()) << one.section;
            co_await end.ws.close();
          });
          co_await end.peer.write(sent);
          heard = co_await end.peer.read_all();
        });
        const std::string told = read_websocket(heard, [&](std::size_t) { return heard.size(); }, {.role = peers});
        const bool failed = one.given.find('!') != std::string::npos;
        EXPECT_EQ(failed ? told.substr(0, told.rfind(':')) : told, one.heard) << one.section;
      });
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Both, WebsocketRules, ::testing::Values(websocket_role::client, websocket_role::server),
                         [](const auto& about) {
                           return about.param == websocket_role::client ? "ClientsEnd" : "ServersEnd";
                         });

}  // namespace
