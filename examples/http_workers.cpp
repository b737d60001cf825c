// A server on several cores: a loop on each, all of them at one port.

#include <cstdint>
#include <cstdio>
#include <string>
#include <weft/http.hpp>
#include <weft/weft.hpp>

/// What counts requests belongs to one loop: nothing here is shared, and nothing is locked.
class counting_site {
 public:
  weft::task<weft::http::server_response> answer(weft::http::server_request&) {
    ++answered_;
    co_return weft::http::server_response::text("hello\n");
  }
  int answered() const { return answered_; }

 private:
  int answered_ = 0;
};

weft::task<> ask_three_times(std::string url) {
  for (int i = 0; i < 3; ++i) {
    weft::http::client client{
        {.base_url = url}};  // a connection of its own, which the kernel gives to one of the loops
    std::printf("%s", (co_await client.get("/").text()).c_str());
  }
}

weft::task<> serve_on_this_core(weft::worker& self, std::uint16_t port) {
  counting_site site;
  const auto answer = [&site](weft::http::server_request& request) { return site.answer(request); };
  co_await weft::with(weft::http::server{answer, {.port = port, .reuse_port = true}},
                      [&](weft::http::server& server) -> weft::task<> {
                        if (self.index() == 0) {
                          co_await ask_three_times(server.url());
                          self.stop_all();  // a service leaves that to SIGTERM
                        }
                        weft::event never;
                        co_await never.wait();
                      });
}

void serve_on_two_cores(std::uint16_t port) {
  weft::run_workers(2, [port](weft::worker& self) { return serve_on_this_core(self, port); });
}

int main() { serve_on_two_cores(8080); }
