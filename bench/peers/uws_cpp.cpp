// WebSocket echo, GET /plaintext and GET /json with uWebSockets in C++: version 0.14, the newest that can be had as
// C++.
//
// usage: peer_uws_cpp PORT

#include <uWS.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

// It sends what it is given: the fields that the others send are made here, the date once a second.
const char* date() {
  static char text[64];
  static std::time_t made = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    made = now;
    std::tm parts{};
    std::strftime(text, sizeof text, "date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&now, &parts));
  }
  return text;
}

void answer(uWS::HttpResponse* response, uWS::HttpRequest request, char*, std::size_t, std::size_t) {
  static std::string text;
  const uWS::Header url = request.getUrl();
  text.assign("HTTP/1.1 200 OK\r\n").append(date());
  if (url.valueLength == 5 && url.value[1] == 'j') {
    text += "content-type: application/json\r\ncontent-length: 27\r\n\r\n{\"message\":\"Hello, World!\"}";
  } else {
    text += "content-type: text/plain; charset=utf-8\r\ncontent-length: 13\r\n\r\nHello, World!";
  }
  response->hasHead = true;
  response->end(text.data(), text.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  uWS::Hub hub;
  hub.onHttpRequest(answer);
  hub.onMessage([](uWS::WebSocket<uWS::SERVER>* ws, char* text, std::size_t size, uWS::OpCode kind) {
    ws->send(text, size, kind);
  });
  if (!hub.listen("127.0.0.1", std::atoi(argv[1]))) return 1;
  hub.run();
}
