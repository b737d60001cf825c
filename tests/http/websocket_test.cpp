#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "websocket_ends.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;
using weft::http::message;
using weft::http::websocket;
using weft::http::websocket_code;
using weft::http::websocket_error;
using weft::http::websocket_options;
using weft::http::websocket_role;
using namespace weft::http::testing;

namespace {

TEST(Websocket, CarriesMessagesBothWays) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task(echo(ends.server));
      co_await ends.client.send("hello");
      const std::optional<message> text = co_await ends.client.receive();
      EXPECT_EQ(text->text(), "hello");
      EXPECT_TRUE(text->is_text());
      co_await ends.client.send_bytes("\x00\xff"s);
      const std::optional<message> bytes = co_await ends.client.receive();
      EXPECT_EQ(bytes->bytes(), "\x00\xff"s);
      EXPECT_TRUE(bytes->is_binary());
      co_await ends.client.send(std::string(1'000'000, 'x'));
      const std::string large = co_await receive_text(ends.client);
      EXPECT_EQ(large, std::string(1'000'000, 'x'));
      co_await ends.client.close();
    });
    EXPECT_FALSE(ends.client.is_open());
    EXPECT_EQ(ends.client.close_code(), websocket_code::normal);
    EXPECT_EQ(ends.server.close_code(), websocket_code::normal);
  });
}

TEST(Websocket, TellsCodeAndReasonOfTheClosing) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    EXPECT_EQ(ends.server.close_code(), websocket_code::abnormal);
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task(echo(ends.server));
      co_await ends.client.close(websocket_code{4321}, "enough");
    });
    EXPECT_EQ(ends.server.close_code(), websocket_code{4321});
    EXPECT_EQ(ends.server.close_reason(), "enough");
    EXPECT_EQ(ends.client.close_code(), websocket_code{4321});
    const std::string after = co_await receive_text(ends.server);
    EXPECT_EQ(after, "closed");
    bool refused = false;
    try {
      co_await ends.server.send("too late");
    } catch (const websocket_error& e) {
      refused = true;
      EXPECT_EQ(e.code(), websocket_code{4321});
    }
    EXPECT_TRUE(refused);
  });
}

TEST(Websocket, BothEndsMayCloseAtTheSameTime) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    co_await weft::gather(ends.client.close(websocket_code{4001}), ends.server.close(websocket_code{4002}));
    EXPECT_EQ(ends.client.close_code(), websocket_code{4002});
    EXPECT_EQ(ends.server.close_code(), websocket_code{4001});
  });
}

TEST(Websocket, DoesNotWaitForeverForTheClosingOfThePeer) {
  weft::testing::run([]() -> weft::task<> {
    raw end{websocket_role::server};
    const auto begin = weft::now();
    co_await end.ws.close();
    EXPECT_EQ(weft::now() - begin, 10s);
    const std::string heard = co_await end.peer.read_all();
    EXPECT_EQ(heard, "\x88\x02\x03\xe8"s);
  });
}

TEST(Websocket, SendsWhatOneTurnProducesInOneWrite) {
  weft::testing::run([]() -> weft::task<> {
    raw end{websocket_role::server};
    const std::string three = masked(opcode::text, "a") + masked(opcode::text, "b") + masked(opcode::ping, "p");
    co_await end.peer.write(three);
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      auto echoes = tg.create_task(echo(end.ws));
      const std::string heard = co_await end.peer.read_some(100);
      EXPECT_EQ(heard,
                "\x81\x01"
                "a\x81\x01"
                "b\x8a\x01p");
      tg.cancel();
    });
  });
}

TEST(Websocket, SendsFromManyTasksWholeMessages) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    std::vector<std::string> heard;
    const std::string large(200'000, 'L');
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      for (int i = 0; i < 5; ++i) {
        tg.create_task([](websocket& ws, int number, const std::string& much) -> weft::task<> {
          for (int k = 0; k < 10; ++k) {
            if (number == 0) {
              co_await ws.send(much);
            } else {
              co_await ws.send(std::to_string(number) + ":" + std::to_string(k));
            }
            if (k % 3 == 0) co_await weft::checkpoint();
          }
        }(ends.client, i, large));
      }
      for (int i = 0; i < 50; ++i) heard.push_back(co_await receive_text(ends.server));
    });
    EXPECT_EQ(std::ranges::count(heard, large), 10);
    for (int number = 1; number < 5; ++number) {
      std::vector<std::string> of_one;
      for (const std::string& one : heard) {
        if (one.starts_with(std::to_string(number))) of_one.push_back(one);
      }
      EXPECT_EQ(of_one.size(), 10U);
      EXPECT_TRUE(std::ranges::is_sorted(of_one));
    }
  });
}

TEST(Websocket, WaitsForAPeerThatDoesNotRead) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    int sent = 0;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task([&]() -> weft::task<> {
        for (; sent < 1000; ++sent) co_await ends.client.send(std::string(1000, 'x'));
      });
      co_await weft::sleep(1s);
      EXPECT_LT(sent, 300);
      for (int i = 0; i < 1000; ++i) co_await ends.server.receive();
    });
    EXPECT_EQ(sent, 1000);
  });
}

TEST(Websocket, SendsMoreThanItCollectsToAPeerThatTakesItAtOnce) {
  weft::testing::run([]() -> weft::task<> {
    both ends{websocket_options{.send_buffer = 1000, .ping_interval = 0s}};
    for (int i = 0; i < 20; ++i)
      co_await ends.client.send("a text, one of many that make more than fits" + std::string(300, 'x'));
    for (int i = 0; i < 20; ++i) {
      const std::string text = co_await receive_text(ends.server);
      EXPECT_EQ(text.size(), 344U);
    }
  });
}

TEST(Websocket, AMessageInPiecesIsOneMessage) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task([&]() -> weft::task<> {
        weft::http::message_writer out = co_await ends.client.begin_text();
        co_await out.write("snow\xe2");
        co_await weft::sleep(1s);
        co_await out.write("\x98");
        co_await out.finish("\x83man");
      });
      tg.create_task([&]() -> weft::task<> {
        co_await weft::sleep(500ms);
        co_await ends.client.send("another");
      });
      const std::string first = co_await receive_text(ends.server);
      EXPECT_EQ(first, "snow\xe2\x98\x83man");
      const std::string second = co_await receive_text(ends.server);
      EXPECT_EQ(second, "another");
    });
  });
}

TEST(Websocket, AnUnfinishedMessageBreaksTheConnection) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    {
      weft::http::message_writer out = co_await ends.client.begin_bytes();
      co_await out.write("half");
    }
    EXPECT_FALSE(ends.client.is_open());
    bool lost = false;
    try {
      co_await ends.server.receive();
    } catch (const websocket_error& e) {
      lost = e.code() == websocket_code::abnormal;
    }
    EXPECT_TRUE(lost);
  });
}

TEST(Websocket, GivesALargeMessagePieceByPiece) {
  weft::testing::run([]() -> weft::task<> {
    both ends{{.max_message = 100'000, .ping_interval = 0s}};
    std::size_t size = 0;
    int pieces = 0;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task([&]() -> weft::task<> {
        co_await ends.client.send_bytes(std::string(3'000'000, 'x'));
        co_await ends.client.send("next");
      });
      for (;;) {
        const std::optional<weft::http::message_piece> piece = co_await ends.server.receive_piece();
        size += piece->part.bytes().size();
        ++pieces;
        if (piece->last) break;
      }
      const std::string next = co_await receive_text(ends.server);
      EXPECT_EQ(next, "next");
    });
    EXPECT_EQ(size, 3'000'000U);
    EXPECT_GT(pieces, 10);
  });
}

TEST(Websocket, TellsThePeerWhatItDidWrong) {
  struct wrong {
    std::string sent;
    websocket_code code;
  };
  const std::vector<wrong> cases{
      {"\x81\x05hello", websocket_code::protocol_error},
      {"\xc1\x80\x01\x02\x03\x04", websocket_code::protocol_error},
      {masked(opcode::text, "\xff"), websocket_code::invalid_data},
      {masked(opcode::binary, std::string(2000, 'x')), websocket_code::message_too_big},
      {masked(opcode::continuation, "x"), websocket_code::protocol_error},
      {masked(opcode::close, "\x03\xed"), websocket_code::protocol_error},
  };
  for (const wrong& one : cases) {
    weft::testing::run([&]() -> weft::task<> {
      raw end{websocket_role::server, {.max_message = 1000, .ping_interval = 0s}};
      co_await end.peer.write(masked(opcode::text, "fine") + one.sent);
      const std::string fine = co_await receive_text(end.ws);
      EXPECT_EQ(fine, "fine");
      websocket_code seen = websocket_code::normal;
      try {
        co_await end.ws.receive();
      } catch (const websocket_error& e) {
        seen = e.code();
      }
      EXPECT_EQ(seen, one.code);
      const std::string heard = co_await end.peer.read_some(200);
      EXPECT_TRUE(heard.size() > 4 && heard[0] == '\x88') << heard;
      const int told = static_cast<unsigned char>(heard[2]) << 8 | static_cast<unsigned char>(heard[3]);
      EXPECT_EQ(told, static_cast<int>(one.code));
    });
  }
}

TEST(Websocket, AnswersPingsAndMeasuresItsOwn) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task(echo(ends.server));
      tg.create_task(echo(ends.client));
      const auto took = co_await ends.client.ping();
      EXPECT_GE(took.count(), 0);
      co_await weft::gather(ends.client.ping(), ends.client.ping(), ends.server.ping());
      co_await ends.client.close();
    });
  });
}

TEST(Websocket, StaysOpenAsLongAsThePeerAnswers) {
  weft::testing::run([]() -> weft::task<> {
    both ends{websocket_options{}};
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task(echo(ends.server));
      const std::optional<std::optional<message>> nothing = co_await weft::move_on_after(1h, ends.client.receive());
      EXPECT_FALSE(nothing);
      EXPECT_TRUE(ends.client.is_open());
      EXPECT_TRUE(ends.server.is_open());
      co_await ends.client.close();
    });
  });
}

TEST(Websocket, GivesUpAPeerThatGivesNoSignOfLife) {
  weft::testing::run([]() -> weft::task<> {
    raw end{websocket_role::server, {.ping_interval = 20s, .ping_timeout = 5s}};
    const auto begin = weft::now();
    std::string error;
    try {
      co_await end.ws.receive();
    } catch (const websocket_error& e) {
      error = e.what();
      EXPECT_EQ(e.code(), websocket_code::abnormal);
    }
    EXPECT_EQ(error, "the peer gave no sign of life");
    EXPECT_EQ(weft::now() - begin, 25s);
    const std::string heard = co_await end.peer.read_all();
    EXPECT_EQ(heard.substr(0, 6), "\x89\x04\x00\x00\x00\x01"s);
    EXPECT_EQ(heard.substr(6, 1), "\x88");
    EXPECT_EQ(heard.substr(8, 2), "\x03\xf3");
  });
}

TEST(Websocket, SaysThatTheConnectionWasLost) {
  weft::testing::run([]() -> weft::task<> {
    for (const weft::testing::cut how : {weft::testing::cut::end, weft::testing::cut::reset}) {
      raw end{websocket_role::client};
      end.peer.cut_after_sending(3, how);
      co_await end.peer.write("\x81\x05hello");
      bool lost = false;
      try {
        co_await end.ws.receive();
      } catch (const websocket_error& e) {
        lost = e.code() == websocket_code::abnormal;
      }
      EXPECT_TRUE(lost);
      EXPECT_FALSE(end.ws.is_open());
    }
  });
}

TEST(Websocket, RefusesWhatCannotBeSent) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    int refused = 0;
    try {
      co_await ends.client.send("\xff");
    } catch (const std::invalid_argument&) {
      ++refused;
    }
    try {
      co_await ends.client.close(websocket_code::abnormal);
    } catch (const std::invalid_argument&) {
      ++refused;
    }
    try {
      co_await ends.client.close(websocket_code::normal, std::string(124, 'x'));
    } catch (const std::invalid_argument&) {
      ++refused;
    }
    EXPECT_EQ(refused, 3);
    EXPECT_TRUE(ends.client.is_open());
  });
}

TEST(Websocket, AStopOfReceiveLosesNothing) {
  weft::testing::run([]() -> weft::task<> {
    raw end{websocket_role::client};
    const std::string frame = "\x81\x05hello";
    std::string got;
    for (const char c : frame) {
      co_await end.peer.write(std::string_view{&c, 1});
      const std::optional<std::string> text = co_await weft::move_on_after(1ms, receive_text(end.ws));
      if (text) got = *text;
    }
    EXPECT_EQ(got, "hello");
  });
}

TEST(Websocket, AStopInTheMiddleOfALargeMessageBreaksTheConnection) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    const std::string large(1'000'000, 'x');
    const bool sent = co_await weft::move_on_after(1s, [&]() -> weft::task<> { co_await ends.client.send(large); });
    EXPECT_FALSE(sent);
    EXPECT_FALSE(ends.client.is_open());
    bool lost = false;
    try {
      co_await ends.server.receive();
    } catch (const websocket_error&) {
      lost = true;
    }
    EXPECT_TRUE(lost);
  });
}

/// What an operation throws: a code, or none.
template <class F>
weft::task<std::optional<websocket_code>> refusal_of(F operation) {
  std::optional<websocket_code> code;
  try {
    co_await operation();
  } catch (const websocket_error& e) {
    code = e.code();
  }
  co_return code;
}

/// Each way to send, on a WebSocket that is closed.
weft::task<> expect_closed(websocket& ws, websocket_code code) {
  const auto prepared = weft::http::prepared_message::of_text("prepared");
  const std::string large(100'000, 'x');
  std::vector<std::optional<websocket_code>> seen;
  seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await ws.send("text"); }));
  seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await ws.send(std::string{"owned"}); }));
  seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await ws.send_bytes("bytes"); }));
  seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await ws.send(std::string_view{large}); }));
  seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await ws.send(prepared); }));
  seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await ws.begin_text(); }));
  seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await ws.begin_bytes(); }));
  seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await ws.ping(); }));
  for (const std::optional<websocket_code>& one : seen) EXPECT_EQ(one, code) << &one - seen.data();
  EXPECT_FALSE(ws.is_open());
  co_await ws.close();
}

TEST(Websocket, NothingCanBeSentOnceThePeerHasClosed) {
  weft::testing::run([]() -> weft::task<> {
    raw end{websocket_role::server};
    co_await end.peer.write(masked(opcode::close, "\x10\xe1"));
    const std::string closed = co_await receive_text(end.ws);
    EXPECT_EQ(closed, "closed");
    co_await expect_closed(end.ws, websocket_code{4321});
    const std::string heard = co_await end.peer.read_all();
    EXPECT_EQ(heard, "\x88\x02\x10\xe1") << "its closing is answered, and that is all";
  });
}

TEST(Websocket, NothingCanBeSentOnceItIsClosed) {
  weft::testing::run([]() -> weft::task<> {
    both ends;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task(echo(ends.server));
      co_await ends.client.close(websocket_code{4001});
    });
    co_await expect_closed(ends.client, websocket_code{4001});
    co_await expect_closed(ends.server, websocket_code{4001});
  });
}

TEST(Websocket, NothingCanBeSentOnceTheConnectionIsLost) {
  weft::testing::run([]() -> weft::task<> {
    raw end{websocket_role::client};
    end.peer.cut_after_sending(0, weft::testing::cut::reset);
    co_await end.peer.write("x");
    const std::optional<websocket_code> lost =
        co_await refusal_of([&]() -> weft::task<> { co_await end.ws.receive(); });
    EXPECT_EQ(lost, websocket_code::abnormal);
    co_await expect_closed(end.ws, websocket_code::abnormal);
  });
}

TEST(Websocket, WhatWaitsToBeSentFailsWhenThePeerCloses) {
  weft::testing::run([]() -> weft::task<> {
    raw end{websocket_role::server, {.send_buffer = 100, .ping_interval = 0s}};
    end.peer.set_room(100);
    std::vector<std::optional<websocket_code>> seen;
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task([&]() -> weft::task<> {
        for (;;) {
          seen.push_back(co_await refusal_of([&]() -> weft::task<> { co_await end.ws.send("some text to wait"); }));
          if (seen.back()) co_return;
        }
      });
      co_await weft::sleep(1s);
      co_await end.peer.write(masked(opcode::close, "\x10\xe1"));
      const std::string closed = co_await receive_text(end.ws);
      EXPECT_EQ(closed, "closed");
      co_await end.peer.read_some(50);
    });
    EXPECT_EQ(seen.back(), websocket_code{4321});
  });
}

TEST(Websocket, APeerThatTakesNothingIsGivenUpThoughNobodyReceives) {
  weft::testing::run([]() -> weft::task<> {
    raw end{websocket_role::server, {.send_buffer = 1000, .ping_interval = 20s, .ping_timeout = 5s}};
    end.peer.set_room(3000);
    const auto begin = weft::now();
    const std::string text(500, 'x');
    std::optional<websocket_code> code;
    while (!code) code = co_await refusal_of([&]() -> weft::task<> { co_await end.ws.send(std::string_view{text}); });
    EXPECT_EQ(code, websocket_code::abnormal);
    EXPECT_EQ(weft::now() - begin, 25s);
  });
}

}  // namespace
