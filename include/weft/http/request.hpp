#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/core/task.hpp>
#include <weft/describe/json.hpp>
#include <weft/http/body_writer.hpp>
#include <weft/http/headers.hpp>
#include <weft/http/multipart_form.hpp>
#include <weft/http/response.hpp>
#include <weft/http/url.hpp>
#include <weft/http/url_query.hpp>

namespace weft::http {

namespace detail {

class upload_source;
class client_state;

/// Everything that is known of a request.
struct request_spec {
  std::string method;
  http::url url;
  http::headers headers;
  std::string body;
  std::shared_ptr<const upload_source> source = {};  ///< a body that is fetched while it is sent, instead of that
  bool has_body = false;
  bool expects_continue = false;
  std::chrono::nanoseconds timeout;
  int redirects;           ///< how many may be followed
  bool wants_ok = false;   ///< a status of 400 or above is an error
  bool in_pieces = false;  ///< the body is not kept in memory
  std::size_t body_limit;
};

task<response> send(std::shared_ptr<client_state> client, request_spec spec);
task<std::string> send_for_text(std::shared_ptr<client_state> client, request_spec spec);
task<streaming_response> send_for_stream(std::shared_ptr<client_state> client, request_spec spec);
task<response> save(std::shared_ptr<client_state> client, request_spec spec, std::filesystem::path file);

template <class T>
task<T> read_json_of(task<response> answer) {
  const response r = co_await std::move(answer);
  co_return r.json<T>();
}

}  // namespace detail

/// A body that is made while it is sent; see request::body_from.
struct body_options {
  /// Copied where it is given.
  std::string_view content_type = "application/octet-stream";
  /// How many bytes it will be. Without it, the body goes in chunks (RFC 9112, section 7.1).
  std::optional<std::uint64_t> length = std::nullopt;
};
static_assert(std::is_trivially_destructible_v<body_options>);

/// A request in the making; awaiting it sends it and gives the response. From client::get() and its kin.
///
///     auto r = co_await client.get("https://example.org/search").query("q", "café").timeout(5s);
///     std::string page = co_await client.get("/").text();
///
/// It owns all that it was given, and is awaited once; a copy may be awaited too. What is wrong with it is found where
/// it is given. Errors of sending are request_error, timeout_error and limit_error. A stop breaks the request off; the
/// connection it was on is closed.
class request {
 public:
  /// Adds a header field, beside those of the same name. Throws std::invalid_argument for one that cannot be sent, and
  /// for Content-Length and Transfer-Encoding, which the client writes itself.
  request& header(std::string_view name, std::string_view value);
  /// Adds to the URL's query.
  request& query(std::string_view name, std::string_view value);
  template <class Number>
    requires(std::integral<Number> && !std::same_as<Number, bool>)
  request& query(std::string_view name, Number value) {
    return query(name, std::string_view{std::to_string(value)});
  }
  /// The body, and what it is.
  request& body(std::string bytes, std::string_view content_type = "application/octet-stream");
  /// A body that is the JSON text of a value: of a described type, for one. Throws as to_json() does.
  template <class T>
  request& json(const T& value) {
    return body(to_json(value), "application/json");
  }
  /// A body that is JSON already.
  request& json_text(std::string text) { return body(std::move(text), "application/json"); }
  /// Adds a field to a form (application/x-www-form-urlencoded), which becomes the body.
  request& form(std::string_view name, std::string_view value);
  /// A body that is a file's content, read while it is sent. What is wrong with the file is found then.
  request& body_file(std::filesystem::path file, std::string_view content_type = "application/octet-stream");
  /// A form with files, which are read while they are sent.
  request& multipart(multipart_form form);
  /// A body that `make` writes while it is sent, at the pace at which the server takes it:
  ///
  ///     co_await client.post("/log").body_from([&](http::body_writer& to) -> task<> {
  ///       while (auto line = co_await lines.next()) co_await to.write(*line);
  ///     });
  ///
  /// Called again when a redirect or a connection that had died makes the request be sent again; a copy of this request
  /// calls a copy of it. What it throws comes out of the request. It is stopped when the server answers with 300 or
  /// above before it has all of it. The response is read once the body has been sent.
  request& body_from(std::function<task<>(body_writer&)> make, const body_options& how = {});
  /// Asks the server whether it wants the body before sending it (Expect: 100-continue; RFC 9110, section 10.1.1); for
  /// large ones that may be refused. A server that says nothing gets it after a second.
  request& expect_continue();
  /// Who is asking. Throws std::invalid_argument for a user with a colon in its name. RFC 7617.
  request& basic_auth(std::string_view user, std::string_view password);
  /// RFC 6750.
  request& bearer_auth(std::string_view token);
  /// How long it may take from beginning to end, redirects and body included; of stream(), up to the body. 0 or less:
  /// without limit. The client's otherwise.
  request& timeout(std::chrono::nanoseconds limit);
  /// How many redirects are followed: 0 for none, too_many_redirects for more. The client's otherwise.
  request& follow_redirects(int most);
  /// A status of 400 or above throws status_error.
  request& expect_status();
  /// How much of a body is taken; more throws limit_error. The client's otherwise.
  request& body_limit(std::size_t bytes);

  /// The response, with the whole body.
  auto operator co_await() { return detail::send(take_client(), std::move(spec_)).operator co_await(); }
  /// The body. A status of 400 or above throws status_error.
  [[nodiscard]] task<std::string> text() { return detail::send_for_text(take_client(), std::move(spec_)); }
  [[nodiscard]] task<std::string> bytes() { return text(); }
  /// The value that the body describes. Throws json_error that names the request and tells all that is wrong. A status
  /// of 400 or above throws status_error.
  template <class T>
  [[nodiscard]] task<T> json() {
    spec_.wants_ok = true;
    return detail::read_json_of<T>(detail::send(take_client(), std::move(spec_)));
  }
  /// The response, whose body is to be read piece by piece.
  [[nodiscard]] task<streaming_response> stream() { return detail::send_for_stream(take_client(), std::move(spec_)); }

  /// Writes the body to a file, which is replaced when all of it has come, and left as it was otherwise; gives the
  /// response without it. A status of 400 or above throws status_error. No body_limit; std::system_error that names the
  /// file if that cannot be written.
  [[nodiscard]] task<response> save(std::filesystem::path file) {
    return detail::save(take_client(), std::move(spec_), std::move(file));
  }

  /// For the library's own use.
  request(std::shared_ptr<detail::client_state> client, detail::request_spec spec) noexcept
      : client_{std::move(client)}, spec_{std::move(spec)} {}

 private:
  /// Throws std::logic_error if it was awaited before.
  std::shared_ptr<detail::client_state> take_client();
  void set_source(std::shared_ptr<const detail::upload_source> source, std::string_view content_type);

  std::shared_ptr<detail::client_state> client_;
  detail::request_spec spec_;
};

}  // namespace weft::http
