#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/describe/json.hpp>
#include <weft/http/headers.hpp>
#include <weft/http/message.hpp>
#include <weft/http/url.hpp>

namespace weft::http {

namespace detail {
class exchange;
}

/// What a server has answered, with the whole body. httpx.Response.
class response {
 public:
  [[nodiscard]] int status() const noexcept { return head_.status; }
  /// The status is below 400.
  [[nodiscard]] bool ok() const noexcept { return head_.status < 400; }
  /// What the server calls the status; often empty.
  [[nodiscard]] const std::string& reason() const noexcept { return head_.reason; }
  [[nodiscard]] const http::headers& headers() const noexcept { return head_.headers; }
  /// The value of the first header field of that name; empty if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
    return head_.headers.get(name).value_or(std::string_view{});
  }
  /// How long the server asks to be left alone (Retry-After; RFC 9110, section 10.2.3), from now; at most a year.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> retry_after() const;
  /// The body, as it came.
  [[nodiscard]] const std::string& text() const& noexcept { return body_; }
  [[nodiscard]] std::string text() && noexcept { return std::move(body_); }
  /// The value that the body describes, for a described type, for one. Throws json_error that names the
  /// request and tells all that is wrong.
  template <class T>
  [[nodiscard]] T json() const {
    T value{};
    if (json_problems problems = read_json(body_, value); !problems.none()) refuse(std::move(problems));
    return value;
  }
  /// The body as a JSON value of any shape. Throws json_error that names the request if it is not JSON.
  [[nodiscard]] boost::json::value json() const;
  /// Where the response came from: the request's URL, or where redirects have led.
  [[nodiscard]] const http::url& url() const noexcept { return url_; }
  /// How many redirects were followed.
  [[nodiscard]] int redirects() const noexcept { return redirects_; }

  /// For the library's own use.
  response(response_head head, std::string body, std::string method, http::url from, int redirects) noexcept
      : head_{std::move(head)},
        body_{std::move(body)},
        method_{std::move(method)},
        url_{std::move(from)},
        redirects_{redirects} {}

 private:
  [[noreturn]] void refuse(json_problems problems) const;

  response_head head_;
  std::string body_;
  std::string method_;
  http::url url_;
  int redirects_;
};

/// What a server has answered, with the body still to come. Move-only; must not outlive its loop. Destroying it before
/// the end closes the connection.
class streaming_response {
 public:
  streaming_response(streaming_response&& other) noexcept;
  streaming_response& operator=(streaming_response&& other) noexcept;
  ~streaming_response();

  [[nodiscard]] int status() const noexcept { return head_.status; }
  [[nodiscard]] bool ok() const noexcept { return head_.status < 400; }
  [[nodiscard]] const http::headers& headers() const noexcept { return head_.headers; }
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
    return head_.headers.get(name).value_or(std::string_view{});
  }
  [[nodiscard]] const http::url& url() const noexcept { return url_; }
  [[nodiscard]] int redirects() const noexcept { return redirects_; }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> retry_after() const;

  /// The next piece of the body, never empty; nullopt at its end. The server is kept waiting meanwhile. Throws
  /// request_error if the connection breaks or the body ends too early, timeout_error if nothing comes for the client's
  /// read_timeout. A stop breaks the connection off. This must live until it is done.
  [[nodiscard]] task<std::optional<std::string>> next();
  /// All that is left of it. Throws limit_error above `limit` bytes, and as next() does.
  [[nodiscard]] task<std::string> read_all(std::size_t limit);

  /// For the library's own use.
  streaming_response(response_head head, http::url from, int redirects,
                     std::unique_ptr<detail::exchange> rest) noexcept;

 private:
  response_head head_;
  http::url url_;
  int redirects_;
  std::unique_ptr<detail::exchange> rest_;
};

}  // namespace weft::http
