#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <weft/http/detail/message_reader.hpp>
#include <weft/http/error.hpp>
#include <weft/http/message.hpp>
#include <weft/http/parser_event.hpp>
#include <weft/http/parser_limits.hpp>

namespace weft::http {

/// Reads the response to one request: eats bytes as they come from the connection, in pieces of any size, and gives
/// events. Knows no socket. RFC 9112; everything that proxies and servers are known to read differently is refused.
///
///     response_parser parser{"GET"};
///     while (!parser.done()) {
///       std::string_view input = read();  // nothing at the end of the stream
///       if (input.empty()) parser.finish();
///       while (auto event = parser.next(input)) use(*event);
///     }
///     if (parser.keep_alive()) parser.reset("GET");  // the connection may serve another request
///
/// Bytes that are left in the input after the end belong to the response to a further request, if one has been sent;
/// otherwise nobody has asked for them and the connection is not to be used again.
///
/// A head that lies in one piece of input is parsed where it is and copied once, into the head; of one in many pieces
/// only the line that is incomplete is kept. The body is never copied. reset() keeps all memory: a parser that has seen
/// a response like this one allocates nothing.
class response_parser {
 public:
  /// @param request_method the method of the request: the responses to HEAD and CONNECT have no body.
  explicit response_parser(std::string_view request_method, const parser_limits& limits = {});

  /// Forgets everything and starts with the next response on the connection, or on another connection.
  void reset(std::string_view request_method) noexcept;

  /// The next event in the input, which is taken from its front.
  ///
  /// nullopt: all of the input has been taken and more bytes are needed, or the response is complete (done()) and what
  /// is left of the input is not part of it. The bytes of a body event live as long as the caller's buffer.
  /// @throws protocol_error if this is not HTTP, or not what it allows, or more than the limits allow. After that, only
  /// reset() for another connection makes sense; next() and finish() throw again.
  std::optional<parser_event> next(std::string_view& input);

  /// Tells that the stream has ended: no byte will follow those given to next(). Completes a body that the end of the
  /// connection ends; no further event comes, but done() is true. Does nothing if the response was complete already.
  /// @throws protocol_error if the stream ended in the middle of the response, or before it began (see started()).
  void finish();

  /// True once a byte of the response has come. A connection that ends before that has said nothing: the request may be
  /// sent again on another one if its method allows.
  [[nodiscard]] bool started() const noexcept { return started_; }

  /// True if the response is complete.
  [[nodiscard]] bool done() const noexcept { return state_ == state::done; }

  /// True if the response is complete and the connection can be used for another request. RFC 9112, section 9.3.
  /// False for every connection that carries something else from here on; see upgraded().
  [[nodiscard]] bool keep_alive() const noexcept { return done() && persistent_ && !upgraded_; }

  /// True if the response is complete and the bytes after it are not HTTP/1.1: status 101, or 2xx to a CONNECT.
  /// Whether the client has asked for that is for the caller to check.
  [[nodiscard]] bool upgraded() const noexcept { return done() && upgraded_; }

  /// The head, since its event; after an interim_head event that one, until the following call of next().
  [[nodiscard]] const response_head& head() const noexcept { return head_; }

  /// Moves the head out; the next response allocates anew.
  [[nodiscard]] response_head take_head() noexcept;

  /// How many bytes of the body the server has announced that have not come; 0 where it has not said how many.
  [[nodiscard]] std::uint64_t announced() const noexcept { return reader_.announced(); }

  /// The fields after a chunked body, since their event; empty if there are none. They come from whoever wrote the
  /// body: do not treat them as part of the head (RFC 9110, section 6.5).
  [[nodiscard]] const headers& trailers() const noexcept { return trailers_; }

 private:
  enum class state : unsigned char { status_line, fields, body, done, failed };

  std::optional<parser_event> advance(std::string_view& input);
  void read_status_line(std::string_view line);
  parser_event end_of_head();

  detail::message_reader reader_;
  response_head head_;
  headers trailers_;
  std::size_t interim_heads_ = 0;
  state state_ = state::status_line;
  bool to_head_ = false;     // the request was HEAD
  bool to_connect_ = false;  // the request was CONNECT
  bool started_ = false;
  bool persistent_ = false;
  bool upgraded_ = false;
};

}  // namespace weft::http
