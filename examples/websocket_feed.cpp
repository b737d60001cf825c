#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <vector>
#include <weft/http.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;
using weft::http::message;
using weft::http::prepared_message;
using weft::http::websocket;

/// News for everybody who listens. Each has a queue, so that a slow one holds up nobody.
class feed {
 public:
  weft::task<> serve(websocket& ws) {
    reader self{*this};
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      tg.create_task(send_all(self.news, ws));
      while (std::optional<message> m = co_await ws.receive()) continue;  // so that pings are answered
      tg.cancel();
    });
  }

  void publish(const std::string& text) {
    const prepared_message news = prepared_message::of_text(text);  // checked, framed and compressed once for all
    for (reader* each : readers_) {
      if (!each->news.full()) each->news.put_nowait(news);
    }
  }

  std::size_t readers() const { return readers_.size(); }

 private:
  struct reader {
    explicit reader(feed& of) : readers{of.readers_} { readers.insert(this); }
    ~reader() { readers.erase(this); }
    std::set<reader*>& readers;
    weft::queue<prepared_message> news{100};
  };

  static weft::task<> send_all(weft::queue<prepared_message>& news, websocket& ws) {
    for (;;) {
      const prepared_message next = co_await news.get();
      co_await ws.send(next);
    }
  }

  std::set<reader*> readers_;
};

weft::task<std::string> read_two(std::string url) {
  std::string heard;
  co_await weft::with(weft::http::websocket_connection(url, {.compression = true}), [&](websocket& ws) -> weft::task<> {
    for (int i = 0; i < 2; ++i) {
      std::optional<message> m = co_await ws.receive();
      if (m) heard += m->text();
    }
  });
  co_return heard;
}

weft::task<> publish_and_read() {
  feed weather;
  auto listen = [&](websocket& ws) -> weft::task<> { co_await weather.serve(ws); };
  auto handle = [&](weft::http::server_request& request) -> weft::task<weft::http::server_response> {
    co_return weft::http::accept_websocket(request, listen, {.compression = true, .keep_compression_context = false});
  };
  co_await weft::with(weft::http::server{handle}, [&](weft::http::server& server) -> weft::task<> {
    const std::string url = "ws://127.0.0.1:" + std::to_string(server.port());
    co_await weft::with(weft::task_group{}, [&](weft::task_group& tg) -> weft::task<> {
      std::vector<weft::task_handle<std::string>> readers;
      for (int i = 0; i < 3; ++i) readers.push_back(tg.create_task(read_two(url)));
      while (weather.readers() < 3) co_await weft::sleep(1ms);
      weather.publish("rain, then ");
      weather.publish("sun");
      for (auto& each : readers) {
        std::string heard = co_await each;
        std::printf("%s\n", heard.c_str());
      }
    });
  });
}

int main() { weft::run(publish_and_read()); }
