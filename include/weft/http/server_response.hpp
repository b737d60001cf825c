#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/detail/frame_pool.hpp>
#include <weft/core/task.hpp>
#include <weft/describe/json.hpp>
#include <weft/http/cookie_options.hpp>
#include <weft/http/detail/owned_text.hpp>
#include <weft/http/headers.hpp>
#include <weft/http/response_writer.hpp>
#include <weft/net/byte_stream.hpp>
#include <weft/net/owned_descriptor.hpp>
#include <weft/sync/event.hpp>

namespace weft::http {

/// Text that lives as long as the program: a string literal.
class literal {
 public:
  consteval literal(const char* text) : text_{text} {}
  constexpr std::string_view view() const noexcept { return text_; }

 private:
  std::string_view text_;
};

namespace detail {

class server_connection;

/// What writes a streamed body.
class body_source {
 public:
  virtual ~body_source() = default;
  virtual task<> send(response_writer& to) = 0;
};

template <class F>
class body_source_of final : public body_source {
 public:
  explicit body_source_of(F function) : function_(std::move(function)) {}
  task<> send(response_writer& to) override { return function_(to); }

 private:
  F function_;
};

/// Changes a body on its way out.
class body_filter {
 public:
  virtual ~body_filter() = default;
  /// Adds to `out` what is to be sent in the place of a piece, all of which the client must be able to see.
  /// @param last nothing follows this piece, which may be empty.
  virtual void pass(std::string_view piece, bool last, std::string& out) = 0;
};

/// What speaks another protocol on the connection.
class successor {
 public:
  virtual ~successor() = default;
  virtual task<> serve(byte_stream connection, event& draining) = 0;
};

template <class F>
class successor_of final : public successor {
 public:
  explicit successor_of(F function) : function_(std::move(function)) {}
  task<> serve(byte_stream connection, event& draining) override {
    if constexpr (std::invocable<F&, byte_stream, event&>) {
      return function_(std::move(connection), draining);
    } else {
      return function_(std::move(connection));
    }
  }

 private:
  F function_;
};

template <class F>
concept writes_body = std::same_as<std::invoke_result_t<std::decay_t<F>&, response_writer&>, task<>>;

template <class F>
concept serves_upgraded = requires(std::decay_t<F>& f, byte_stream stream, event& draining) {
  { f(std::move(stream), draining) } -> std::same_as<task<>>;
} || requires(std::decay_t<F>& f, byte_stream stream) {
  { f(std::move(stream)) } -> std::same_as<task<>>;
};

}  // namespace detail

/// What a server's handler answers: a status, header fields and a body. Move-only.
///
///     co_return server_response::text("hello");
///     co_return server_response::json(user).status(201).header("location", "/users/7");
///
/// The server itself sends Date, Connection, Content-Length and Transfer-Encoding; those set here are left out, but for
/// a Date, "Connection: close", and the Content-Length of an answer to HEAD. Bodies of answers to HEAD, and of 1xx, 204
/// and 304, are not sent.
class server_response {
 public:
  /// Without a body.
  explicit server_response(int status) { this->status(status); }
  server_response() noexcept = default;
  server_response(server_response&& other) noexcept = default;
  server_response& operator=(server_response&& other) noexcept = default;
  ~server_response() = default;

  // ---- the body: a std::string, or any text, which is copied ----

  /// In plain text, UTF-8.
  [[nodiscard]] static server_response text(detail::owned_text body) {
    return bytes(std::move(body), "text/plain; charset=utf-8");
  }
  [[nodiscard]] static server_response html(detail::owned_text body) {
    return bytes(std::move(body), "text/html; charset=utf-8");
  }
  /// The JSON text of a value; see to_json. Throws as that does.
  template <class T>
  [[nodiscard]] static server_response json(const T& value) {
    return json_text(to_json(value));
  }
  /// A JSON text that is there already.
  [[nodiscard]] static server_response json_text(detail::owned_text body) {
    return bytes(std::move(body), "application/json");
  }
  /// Of any media type. Another type than a literal: set it by header().
  [[nodiscard]] static server_response bytes(detail::owned_text body, literal type = "application/octet-stream") {
    return server_response{std::move(body), type};
  }
  /// The same without a copy: `body` must live until it has been sent, as what is static does.
  [[nodiscard]] static server_response static_bytes(std::string_view body, literal type = "application/octet-stream");
  /// The same for what others use too: it lives until it has been sent.
  [[nodiscard]] static server_response shared_bytes(std::shared_ptr<const std::string> body,
                                                    literal type = "application/octet-stream");
  /// A file, from its beginning to its end as it is now; see response_writer::write_file. Throws std::system_error if
  /// it is no regular file. static_files does more: media types, ranges, conditions.
  [[nodiscard]] static server_response file(owned_descriptor opened, literal type = "application/octet-stream");
  /// A piece of a file. If the file ends before, the connection is cut off.
  [[nodiscard]] static server_response file(std::shared_ptr<const owned_descriptor> opened, std::uint64_t offset,
                                            std::uint64_t size, literal type = "application/octet-stream");
  /// Written while it is being sent: `function` gives a task<> when it is called with a response_writer&, and the body
  /// ends when that does. If it throws, the connection is cut off, so that the client does not take the part for the
  /// whole. It may use the server_request, and read its body meanwhile if the status is below 300 (a client that waits
  /// to be asked for the body is asked then).
  /// @param length of the whole body, if that is known: more is refused, less cuts the connection off. Otherwise the
  /// body is chunked; for HTTP/1.0, the end of the connection ends it.
  template <class F>
    requires detail::writes_body<F>
  [[nodiscard]] static server_response stream(F&& function, literal type = "application/octet-stream",
                                              std::optional<std::uint64_t> length = std::nullopt) {
    return streamed(std::make_unique<detail::body_source_of<std::decay_t<F>>>(std::forward<F>(function)), type, length);
  }
  /// Sends the client elsewhere: 302, 303, 307, 308 or 301. Throws as header() does.
  [[nodiscard]] static server_response redirect(std::string_view location, int status = 302);
  /// Agrees to the other protocol that the request asked for (Upgrade, RFC 9110, section 7.8; CONNECT): 101, and then
  /// `function(byte_stream)` or `function(byte_stream, event& draining)` has the connection, with what the client has
  /// sent already, for as long as it runs. The event is set when the server drains.
  /// @param protocol for the Upgrade field; "" answers 200 to a CONNECT.
  template <class F>
    requires detail::serves_upgraded<F>
  [[nodiscard]] static server_response upgrade(std::string_view protocol, F&& function) {
    return upgrade(protocol, std::unique_ptr<detail::successor>{
                                 std::make_unique<detail::successor_of<std::decay_t<F>>>(std::forward<F>(function))});
  }
  /// For the library's own use.
  [[nodiscard]] static server_response upgrade(std::string_view protocol, std::unique_ptr<detail::successor> next);

  // ---- the head ----

  /// @throws std::invalid_argument unless it is one of 200 to 599; 101 is for upgrade().
  server_response& status(int status) &;
  server_response&& status(int status) && { return std::move(this->status(status)); }
  /// Adds a field, beside others of that name; Content-Type replaces the body's. Throws as headers::add does.
  server_response& header(std::string_view name, std::string_view value) &;
  server_response&& header(std::string_view name, std::string_view value) && { return std::move(header(name, value)); }

  /// Gives the client a cookie (Set-Cookie), with "" and a max_age of 0 takes it back. starlette's set_cookie.
  /// @throws std::invalid_argument for a name that is no token, for a value with spaces, quotes, commas, semicolons,
  /// backslashes, controls, or anything else but ASCII (encode it), and for same_site::none without `secure`.
  server_response& cookie(std::string_view name, std::string_view value, const cookie_options& options = {}) &;
  server_response&& cookie(std::string_view name, std::string_view value, const cookie_options& options = {}) && {
    return std::move(cookie(name, value, options));
  }

  /// Keeps an object until the kernel has all of the response, or the connection has ended before: its destructor runs
  /// then, in the connection's task. For what is to follow the response. May be called more than once.
  server_response& keep(std::shared_ptr<void> what) &;
  server_response&& keep(std::shared_ptr<void> what) && { return std::move(keep(std::move(what))); }

  [[nodiscard]] int status() const noexcept { return status_; }
  /// Throws std::bad_alloc.
  [[nodiscard]] http::headers& headers() { return more().headers; }
  [[nodiscard]] const http::headers& headers() const noexcept { return extras_ ? extras_->headers : no_headers(); }
  /// The body, if it is there already; empty for one that is streamed.
  [[nodiscard]] std::string_view body() const noexcept { return kind_ == kind::fixed ? fixed_ : owned_.view(); }
  /// The media type of the body; empty if none was said.
  [[nodiscard]] std::string_view content_type() const noexcept {
    return extras_ ? extras_->headers.get("content-type").value_or(type_) : type_;
  }
  /// The body is written while it is being sent; see stream().
  [[nodiscard]] bool is_streamed() const noexcept { return kind_ == kind::stream; }
  /// How long the body is; nullopt for one that is streamed and of which nobody has said.
  [[nodiscard]] std::optional<std::uint64_t> body_size() const noexcept {
    return is_streamed() ? extras_->length : std::optional<std::uint64_t>{body().size()};
  }

  /// For the library's own use: sends what the filter makes of the body.
  void filter_body(std::unique_ptr<detail::body_filter> with);

 private:
  friend class detail::server_connection;
  enum class kind : unsigned char { empty, owned, fixed, stream, upgrade };

  server_response(detail::owned_text body, literal type) noexcept
      : type_{type.view()}, owned_{std::move(body)}, kind_{kind::owned} {}
  static server_response streamed(std::unique_ptr<detail::body_source> source, literal type,
                                  std::optional<std::uint64_t> length);

  /// What the simplest responses do not have: so they are moved for less.
  struct extras : weft::detail::pooled {
    http::headers headers;
    std::shared_ptr<const std::string> shared;
    std::unique_ptr<detail::body_source> source;
    std::unique_ptr<detail::successor> successor;
    std::vector<std::shared_ptr<void>> kept;
    std::optional<std::uint64_t> length;  // of what is streamed
  };
  struct extras_deleter {
    void operator()(extras* made) const noexcept;
  };
  extras& more() {
    if (!extras_) make_extras();
    return *extras_;
  }
  void make_extras();
  static const http::headers& no_headers() noexcept;

  std::string_view type_;   // of the body; static
  std::string_view fixed_;  // static, or shared
  detail::owned_text owned_;
  std::unique_ptr<extras, extras_deleter> extras_;
  int status_ = 200;
  kind kind_ = kind::empty;
};

}  // namespace weft::http
