#pragma once

// The parts of HTTP/1.1's message syntax that requests and responses share: lines, field sections and bodies.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <weft/http/headers.hpp>
#include <weft/http/parser_event.hpp>
#include <weft/http/parser_limits.hpp>

namespace weft::http::detail {

/// Reads a message in the order start_line(), fields(), begin_..._body(), body(). What is incomplete in one piece of
/// input goes on with the next; each function takes from the front of the input what it has dealt with, and all of it
/// if it needs more.
class message_reader {
 public:
  explicit message_reader(const parser_limits& limits) noexcept;

  const parser_limits& limits() const noexcept { return limits_; }

  /// Starts with a new head: another message, or the final response after an interim one.
  void reset() noexcept;

  /// The first line without its CR LF, once it is complete; valid until the next call of any function.
  std::optional<std::string_view> start_line(std::string_view& input);

  /// Nothing has come of a line.
  bool at_line_begin() const noexcept { return pending_.empty(); }

  /// What has come of an incomplete line.
  std::string_view pending() const noexcept { return pending_; }

  /// Adds the fields up to and including the empty line. @return true once the empty line has come.
  bool fields(std::string_view& input, headers& into);

  void begin_empty_body() noexcept { body_ = body_state::end; }
  void begin_sized_body(std::uint64_t size);
  void begin_chunked_body() noexcept { body_ = body_state::chunk_size; }
  void begin_body_until_close() noexcept { body_ = body_state::until_close; }

  /// The next event of the body, the last of which is `end`.
  std::optional<parser_event> body(std::string_view& input, headers& trailers);

  /// Bytes of the body that the message has announced and that have not come; 0 if it does not say.
  std::uint64_t announced() const noexcept {
    return body_ == body_state::sized || body_ == body_state::chunk ? left_ : 0;
  }

  /// The stream has ended inside the body; throws unless that is how this body ends.
  void finish_body();

 private:
  enum class body_state : unsigned char { sized, until_close, chunk_size, chunk, chunk_cr, chunk_lf, trailers, end };

  std::optional<std::string_view> raw_line(std::string_view& input);
  const char* field_lines(const char* at, const char* end, headers& into, bool& whole);
  void chunk_size_line(std::string_view line);
  parser_event take(std::string_view& input);
  void count_body(std::uint64_t size);
  void check_section_size(std::size_t incomplete) const;

  parser_limits limits_;
  std::string pending_;            // the incomplete line so far
  bool pending_is_whole_ = false;  // pending_ is a line that was handed out and can go
  bool in_trailers_ = false;
  body_state body_ = body_state::end;
  std::size_t section_bytes_ = 0;    // complete lines of the field section
  std::size_t extension_bytes_ = 0;  // of chunk extensions, in the whole message
  std::uint64_t left_ = 0;           // of the sized body or the chunk
  std::uint64_t body_bytes_ = 0;     // of the whole body, as far as announced or received
};

}  // namespace weft::http::detail
