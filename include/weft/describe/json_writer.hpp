#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <weft/describe/issue.hpp>

namespace weft {

/// How a JSON document is written.
struct json_write_options {
  /// Spaces per level; 0 writes everything on one line without any.
  unsigned indent = 0;
  /// Leaves members out that are null.
  bool omit_null = false;
};
static_assert(std::is_trivially_destructible_v<json_write_options>);

/// Writes a JSON text, value by value. What json_codec is written with; to_json() is for everybody else.
///
/// What JSON cannot express ends it with a validation_error that names the path: numbers that are not finite, text that
/// is not UTF-8.
class json_writer {
 public:
  explicit json_writer(const json_write_options& options = {}) noexcept : options_{options} {}
  json_writer(const json_writer&) = delete;
  json_writer& operator=(const json_writer&) = delete;
  ~json_writer();

  void write_null();
  void write(bool value);
  void write(std::int64_t value);
  void write(std::uint64_t value);
  /// The shortest digits that read as the same number again.
  void write(double value);
  void write(float value);
  void write(std::string_view value);
  /// What is JSON already.
  void write_raw(std::string_view json);

  void begin_array();
  /// Before each element.
  void element();
  void end_array();

  void begin_object();
  /// Before each member's value.
  void key(std::string_view name);
  /// The same for a name that is known to need no escapes, given with its quotes and the colon.
  void quoted_key(std::string_view quoted);
  void end_object();

  [[nodiscard]] const json_write_options& options() const noexcept { return options_; }
  /// The path, for errors.
  [[nodiscard]] detail::issue_log& log() noexcept { return log_; }

  /// What has been written; begins anew.
  [[nodiscard]] std::string take();
  void append_to(std::string& out) const { out.append(begin_, size()); }

 private:
  friend struct json_writer_access;

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  void reserve(std::size_t wanted);
  void put(char c) noexcept { *at_++ = c; }
  void put(std::string_view text) noexcept;
  void new_line();
  void separate();
  void close(char bracket);
  void quote(std::string_view text);
  template <class Number>
  void number(Number value);
  template <class Real>
  void real(Real value);
  [[noreturn]] void fail(std::string_view expected, std::string got);

  // Most documents fit here, and then the string that is given away is all that is allocated.
  char first_[2048];
  char* begin_ = first_;
  char* at_ = first_;
  char* end_ = first_ + sizeof first_;
  bool begun_ = false;  // something stands before in this array or object
  unsigned depth_ = 0;
  json_write_options options_;
  detail::issue_log log_{1};
};

}  // namespace weft
