#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <weft/http/error.hpp>
#include <weft/http/headers.hpp>

namespace weft::http {

/// What a multipart_parser takes.
struct multipart_limits {
  std::size_t parts = 1000;
  std::size_t header_bytes = 8192;  ///< of one part, line breaks included
  std::size_t header_count = 16;    ///< of one part
  std::uint64_t part_bytes = 0;     ///< content of one part; 0 for no limit but the body's own
};
static_assert(std::is_trivially_destructible_v<multipart_limits>);

/// What a multipart_parser has found.
enum class multipart_event_kind : unsigned char {
  part,         ///< a part begins: its headers(), name() and file_name() are there
  data,         ///< a piece of its content
  end_of_part,  ///< its content is complete
  end,          ///< the form is complete
};

struct multipart_event {
  multipart_event_kind kind;
  std::string_view bytes{};  ///< of data; never empty. As long-lived as the input and the parser are unchanged.
};

/// Reads a multipart/form-data body: eats bytes as they come, in pieces of any size, and gives events. RFC 7578.
///
///     multipart_parser parser{multipart_boundary(content_type)};
///     while (a piece of the body)
///       while (auto event = parser.next(piece)) use(*event);
///     parser.finish();
///
/// Strict, as browsers and this library's forms are: nothing before the first boundary or behind the last but a line
/// break, CR LF everywhere, no folded header lines, each part with a name. Keeps a part's head and nothing of its
/// content.
class multipart_parser {
 public:
  /// @param boundary as multipart_boundary() gives it. @throws std::invalid_argument if it is none.
  explicit multipart_parser(std::string_view boundary, const multipart_limits& limits = {});

  /// The next event in the input, which is taken from its front. nullopt: all of it is taken, more is needed.
  /// @throws protocol_error with the status to answer with: 413 above the limits of content and parts, 431 above those
  /// of header fields, 400 otherwise. The parser is of no use then.
  std::optional<multipart_event> next(std::string_view& input);

  /// Tells that the body has ended. @throws protocol_error if the form has not.
  void finish() const;

  [[nodiscard]] bool done() const noexcept { return state_ == state::epilogue; }

  /// The header fields of the part, since its event.
  [[nodiscard]] const http::headers& headers() const noexcept { return headers_; }

  /// The name of its field, as it was sent: browsers percent-encode quotes and line breaks in it, and nothing else.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// The name of the file, if it is one: as the client says, any bytes and perhaps a path. Never to be used as the name
  /// of a file without being looked at.
  [[nodiscard]] const std::optional<std::string>& file_name() const noexcept { return file_name_; }

 private:
  enum class state : unsigned char { boundary, boundary_end, fields, data, epilogue };

  bool match_boundary(std::string_view& input);
  std::optional<multipart_event> end_boundary(std::string_view& input);
  bool read_fields(std::string_view& input);
  void read_field(std::string_view line);
  void begin_part();
  std::optional<multipart_event> read_data(std::string_view& input);
  multipart_event data(std::string_view bytes);
  void read_epilogue(std::string_view& input);

  std::string delimiter_;  // CR LF "--" boundary
  multipart_limits limits_;
  state state_ = state::boundary;
  std::size_t matched_ = 2;  // bytes of the delimiter (or of the epilogue); the first one has no line break before it
  std::string line_;         // what has come of a header line, or of what follows a boundary
  std::size_t header_bytes_ = 0;
  std::size_t parts_ = 0;
  std::uint64_t part_bytes_ = 0;
  http::headers headers_;
  std::string name_;
  std::optional<std::string> file_name_;
};

/// The boundary in the value of a Content-Type field. RFC 2046, section 5.1.1.
/// @throws protocol_error: 415 if it is not multipart/form-data, 400 if there is no boundary or it is none.
[[nodiscard]] std::string multipart_boundary(std::string_view content_type);

}  // namespace weft::http
