#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/http/response_parser.hpp>
#include <weft/net/byte_stream.hpp>

namespace weft::http {

/// A client's end of an HTTP/1.1 connection: one request and its response, then the next. RFC 9112.
///
///     client_connection connection{co_await open_connection("example.org", 80)};
///     co_await connection.send("GET", request);          // as write_request_head() wrote it
///     int status = connection.head().status;
///     for (;;) {
///       std::string_view piece = co_await connection.read_body();
///       if (piece.empty()) break;
///       ...
///     }
///     if (connection.reusable()) ...                     // the connection may carry another request
///
/// Belongs to one loop; movable while nothing is awaited on it. After an error, and after a stop of send() or
/// read_body(), it is not reusable(): destroy it, which closes the connection.
class client_connection {
 public:
  /// @param stream a connection on which nothing has been sent yet: a tcp_stream, a tls_stream, ...
  explicit client_connection(byte_stream stream, const parser_limits& limits = {});

  /// Sends a request, and waits for the head of its response; interim (1xx) responses are passed over.
  /// @param method  of the request: whether its response has a body depends on it.
  /// @param request the whole request as it goes over the wire. Both must live until this is done.
  /// @throws std::system_error if the connection fails, protocol_error if what comes is not HTTP or ends too early;
  /// see answered(). std::logic_error if the response before it was not read to its end.
  [[nodiscard]] task<> send(std::string_view method, std::string_view request);

  /// The two halves of send().
  [[nodiscard]] task<> write(std::string_view method, std::string_view request);
  [[nodiscard]] task<> read_head();

  /// Waits for the next head, which may be that of an interim response (1xx). @return true if it is the final one.
  [[nodiscard]] task<bool> read_any_head();

  /// The head of the response, valid until the next send().
  [[nodiscard]] const response_head& head() const noexcept { return parser_.head(); }

  /// Moves the head out; head() is empty then.
  [[nodiscard]] response_head take_head() noexcept { return parser_.take_head(); }

  /// The next piece of the body, as it lies in the connection's buffer; empty at its end. Valid until the next call of
  /// send() or read_body(). @throws as send() does.
  [[nodiscard]] task<std::string_view> read_body();

  /// How many bytes of the body the server has announced that have not come; 0 where it has not said how many.
  [[nodiscard]] std::uint64_t announced() const noexcept { return parser_.announced(); }

  /// The fields that came after a chunked body, once read_body() has given its end.
  [[nodiscard]] const headers& trailers() const noexcept { return parser_.trailers(); }

  /// True once a byte of the response to the present request has come. A request that failed before that may be sent
  /// again on another connection if its method allows: a connection that was kept for reuse is often closed by the
  /// server just when it is used again. RFC 9110, section 9.2.2.
  [[nodiscard]] bool answered() const noexcept { return parser_.started(); }

  /// True if the peer has ended the stream: a protocol_error then tells that it ended too early.
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// True if the response has been read to its end and another request may be sent. RFC 9112, section 9.3.
  [[nodiscard]] bool reusable() const noexcept {
    return !ended_ && parser_.keep_alive() && stream_.buffered().size() == taken_;
  }

  /// For a reusable connection: the server has neither closed it nor said anything that nobody has asked for, as far as
  /// is known here.
  [[nodiscard]] bool quiet();

  /// In the middle of a request or its response: makes the close that follows a reset, so that the server knows at once
  /// that nobody waits for the rest. Otherwise does nothing.
  void break_off() noexcept;

  /// Where more of the request may be written, after write() and before the response has been read.
  [[nodiscard]] byte_stream& stream() noexcept { return stream_; }

  /// Gives up the stream, with what was read ahead from it: after a response to CONNECT.
  [[nodiscard]] byte_stream take_stream();

 private:
  std::optional<parser_event> next_event();
  void give_back_taken();
  void end_of_stream();

  byte_stream stream_;
  response_parser parser_;
  std::size_t taken_ = 0;  // of what is buffered, by the parser; its last event may be a view of it
  bool used_ = false;
  bool ended_ = false;
};

}  // namespace weft::http
