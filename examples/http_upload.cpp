#include <chrono>
#include <cstdio>
#include <string>
#include <weft/files.hpp>
#include <weft/http.hpp>
#include <weft/patterns.hpp>
#include <weft/weft.hpp>

using namespace std::chrono_literals;
namespace http = weft::http;

int uploads = 0;

/// Counts what it is sent; too busy for the first one.
weft::task<http::server_response> take(http::server_request& request) {
  if (++uploads == 1) co_return http::server_response{503};
  std::size_t bytes = 0;
  while (auto piece = co_await request.next()) bytes += piece->size();
  co_return http::server_response::text(std::to_string(bytes) + " bytes as " +
                                        std::string{request.header("content-type")});
}

/// A body that is made while it is sent.
weft::task<> write_numbers(http::body_writer& to) {
  for (int i = 0; i < 1000; ++i) co_await to.write(std::to_string(i) + "\n");
}

weft::task<> send_all(http::server& site) {
  const weft::temporary_directory place = co_await weft::make_temporary_directory();
  const std::filesystem::path photo = place.path() / "beach.jpg";
  co_await weft::write_file(photo, std::string(100'000, 'x'));
  http::client client{{.base_url = site.url()}};

  const auto send_file = [&] { return client.put("/photo").body_file(photo, "image/jpeg").text(); };
  std::string said = co_await weft::retry({.max_attempts = 5, .retry_if = &http::is_transient}, send_file);
  std::printf("%s, at attempt %d\n", said.c_str(), uploads);

  said = co_await client.post("/numbers").body_from(write_numbers, {.content_type = "text/plain"}).text();
  std::printf("%s\n", said.c_str());

  http::multipart_form form{"a-boundary"};
  form.field("title", "Holidays").file("photo", photo, {.content_type = "image/jpeg"});
  said = co_await client.post("/form").multipart(std::move(form)).expect_continue().text();
  std::printf("%s\n", said.c_str());
}

weft::task<> serve_and_send() { co_await weft::with(http::server{take}, send_all); }

int main() { weft::run(serve_and_send()); }
