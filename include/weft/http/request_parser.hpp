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

/// Reads requests: eats bytes as they come from the connection, in pieces of any size, and gives events. Knows no
/// socket. RFC 9112; everything that proxies and servers are known to read differently is refused.
///
///     request_parser parser;
///     while (!parser.done()) {
///       std::string_view input = read();  // nothing at the end of the stream
///       if (input.empty()) parser.finish();
///       while (auto event = parser.next(input)) use(*event);
///     }
///     if (parser.keep_alive()) parser.reset();  // for the next request
///
/// Bytes that are left in the input after the end belong to the next request, which the client need not wait with; or,
/// if the server agrees to change the protocol (after CONNECT, or where wants_upgrade()), to that protocol.
///
/// A head that lies in one piece of input is parsed where it is and copied once, into the head; of one in many pieces
/// only the line that is incomplete is kept. The body is never copied. reset() keeps the memory, unless it is
/// uncommonly much: a parser that has seen a request like this one allocates nothing.
class request_parser {
 public:
  explicit request_parser(const parser_limits& limits = {});

  /// Forgets everything and starts with the next request on the connection, or on another connection.
  void reset() noexcept {
    if (!plain_) forget();
    body_size_ = 0;
    state_ = state::request_line;
    plain_ = true;
    started_ = persistent_ = wants_upgrade_ = expects_continue_ = false;
  }

  /// The next event in the input, which is taken from its front: a head, the body, trailers, the end; never an
  /// interim_head.
  ///
  /// nullopt: all of the input has been taken and more bytes are needed, or the request is complete (done()) and what
  /// is left of the input is not part of it. The bytes of a body event live as long as the caller's buffer.
  /// @throws protocol_error with the status to answer with if this is not HTTP, or not what it allows, or more than the
  /// limits allow. The connection must be closed after the answer; next() and finish() throw again until reset().
  std::optional<parser_event> next(std::string_view& input);

  /// After the head of a request without a body: the request is complete, and there is no event of it. Does nothing at
  /// any other time.
  void skip_empty_body() noexcept {
    if (state_ == state::body && body_size_ == 0) state_ = state::done;
  }

  /// Tells that the stream has ended: no byte will follow those given to next(). Does nothing if the request was
  /// complete, or none had begun (see started()).
  /// @throws protocol_error if the stream ended in the middle of the request.
  void finish();

  /// True once a byte of the request has come; an empty line before it, which old clients send after a body, is none.
  [[nodiscard]] bool started() const noexcept { return started_; }

  /// True if the request is complete.
  [[nodiscard]] bool done() const noexcept { return state_ == state::done; }

  /// True if the request is complete and another one may follow on the connection, as far as the client is concerned.
  /// RFC 9112, section 9.3. False after CONNECT: what follows is for somebody else.
  [[nodiscard]] bool keep_alive() const noexcept { return done() && persistent_; }

  /// What the head says of the connection: another request may follow this one, once it is complete.
  [[nodiscard]] bool persistent() const noexcept { return persistent_; }

  /// The head announces a body. RFC 9112, section 6.3.
  [[nodiscard]] bool has_body() const noexcept { return !body_size_ || *body_size_ != 0; }

  /// The size of the body as the head announces it: 0 if there is none, nullopt for a chunked one.
  [[nodiscard]] std::optional<std::uint64_t> body_size() const noexcept { return body_size_; }

  /// True if the head asks for another protocol (Upgrade, RFC 9110, section 7.8). A server that agrees answers with 101
  /// once the request is complete, and reads what follows it as that protocol.
  [[nodiscard]] bool wants_upgrade() const noexcept { return wants_upgrade_; }

  /// True if the client waits for a 100 (Continue) before it sends the body. RFC 9110, section 10.1.1.
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }

  /// The head, since its event.
  [[nodiscard]] const request_head& head() const noexcept { return head_; }

  /// The target of the head up to its question mark; all of it if it has none. The path, where it begins with a slash.
  [[nodiscard]] std::string_view path() const noexcept { return {head_.target.data(), path_size_}; }

  /// Moves the head out; the next request allocates anew.
  [[nodiscard]] request_head take_head() noexcept;

  /// The fields after a chunked body, since their event; empty if there are none. Do not treat them as part of the
  /// head (RFC 9110, section 6.5).
  [[nodiscard]] const headers& trailers() const noexcept { return trailers_; }

 private:
  enum class state : unsigned char { request_line, fields, body, done, failed };

  void forget() noexcept;
  std::optional<parser_event> advance(std::string_view& input);
  bool take_common_line(std::string_view& input);
  void judge_beginning(std::string_view line, bool whole) const;
  void read_request_line(std::string_view line);
  void set_target(std::string_view target);
  bool take_same_fields(std::string_view& input) noexcept;
  std::optional<parser_event> advance_to_fields(std::string_view& input);
  std::optional<parser_event> read_fields(std::string_view& input);
  void judge_fields();
  parser_event end_of_head();

  /// What the header fields say, for one version of the protocol.
  struct judgement {
    std::optional<std::uint64_t> content_length;
    http_version version = http_version::http_1_1;
    bool made = false;
    bool plain = false;  // nothing about a body
    bool chunked = false;
    bool persistent = false;
    bool upgrade = false;
    bool expects_continue = false;
  };

  detail::message_reader reader_;
  request_head head_;
  headers trailers_;
  std::size_t path_size_ = 1;  // of the target in head_
  std::optional<std::uint64_t> body_size_ = 0;
  state state_ = state::request_line;
  bool plain_ = false;  // since reset() there was nothing that the reader had to remember
  bool started_ = false;
  bool skipped_line_ = false;  // the empty one that may come before a request
  bool persistent_ = false;
  bool wants_upgrade_ = false;
  bool expects_continue_ = false;
  judgement judged_;  // of the fields in head_: this request's, or the one's before, which may come again
};

}  // namespace weft::http
